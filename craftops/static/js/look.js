// The theme studio: what is chosen is shown at once in the frames below, before it is kept.
const PAUSE_MS = 350;
let timer = 0;

function query(form) {
  const found = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && value && !["csrf_token", "do", "remove_logo"].includes(name)) found.set(name, value);
  }
  if (form.elements.remove_logo?.checked) found.delete("logo_sha");
  return found;
}

function show(form) {
  const draft = query(form);
  for (const frame of document.querySelectorAll("iframe[data-page]")) {
    const wanted = new URLSearchParams(draft);
    if (frame.dataset.scheme) wanted.set("scheme", frame.dataset.scheme);
    const address = `${form.dataset.look}/preview/${frame.dataset.page}?${wanted}`;
    // A frame keeps no history of what was tried, so that "back" leaves the page.
    if (frame.contentWindow && frame.contentWindow.location.href !== "about:blank") frame.contentWindow.location.replace(address);
    else frame.src = address;
  }
  for (const paper of document.querySelectorAll("img[data-paper]")) paper.src = `${form.dataset.look}/paper.png?${draft}`;
  for (const kept of document.querySelectorAll("form[data-package]")) {
    for (const old of kept.querySelectorAll("input[type=hidden]")) old.remove();
    for (const [name, value] of draft) kept.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
}

export function startLook() {
  document.addEventListener("turbo:load", () => {
    const form = document.querySelector("form[data-look]");
    if (!form) return;
    const paper = form.elements.ground;
    paper.addEventListener("input", () => { form.elements.own_ground.checked = true; });
    for (const kind of ["input", "change"]) {
      form.addEventListener(kind, () => {
        clearTimeout(timer);
        timer = setTimeout(() => show(form), PAUSE_MS);
      });
    }
  });
}
