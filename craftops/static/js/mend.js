// Fixes by one click on the new-order form: the copy takes the file's place without the form being sent.
// Without a script the same button sends the form, and the page comes back with the copy in it.
import { words } from "./words.js";

function tell(fixes, sentence) {
  const said = document.createElement("p");
  said.className = "form-error";
  said.setAttribute("role", "alert");
  said.textContent = sentence;
  fixes.replaceChildren(said);
}

async function mend(button, line) {
  const fixes = button.closest("[data-mend]");
  const card = button.closest(".file");
  fixes.querySelectorAll("button").forEach((one) => (one.disabled = true));
  const answer = await fetch(fixes.dataset.mend, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content },
    body: new URLSearchParams({ action: button.value }),
  }).catch(() => null);
  const said = await answer?.json().catch(() => null);
  if (!answer?.ok || !said?.html) return tell(fixes, said?.detail ?? words("That did not work. Try again."));
  const template = document.createElement("template");
  template.innerHTML = said.html;
  const fresh = template.content.querySelector(".file");
  card.replaceWith(fresh);
  line.querySelector('input[name^="file-"]').value = said.id;
  line.dispatchEvent(new CustomEvent("craftops:file", { bubbles: true }));
}

export function startMending() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-mend] button");
    const line = button?.closest(".new-line");
    if (!line) return;
    event.preventDefault();
    mend(button, line);
  });
}
