// The new-order form: files go up as they are dropped, each comes back as a line of the form.
const PARALLEL = 2;
const waiting = [];
const groupsOf = new WeakMap();
let running = 0;

const form = () => document.getElementById("new-order");

function progress(file) {
  const box = document.createElement("div");
  box.className = "card sending";
  const label = document.createElement("span");
  label.textContent = `Sending ${file.name}`;
  const bar = document.createElement("progress");
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute("aria-label", label.textContent);
  box.append(label, bar);
  document.getElementById("lines").append(box);
  return { box, bar, label };
}

function problem(box, file, sentence) {
  box.replaceChildren();
  box.className = "card sending";
  const text = document.createElement("p");
  text.className = "form-error";
  text.setAttribute("role", "alert");
  text.textContent = `${file.name}: ${sentence}`;
  const again = document.createElement("button");
  again.type = "button";
  again.className = "button tiny";
  again.textContent = "Dismiss";
  again.addEventListener("click", () => box.remove());
  box.append(text, again);
}

function send({ file, box, bar, label }) {
  running += 1;
  const request = new XMLHttpRequest();
  request.open("POST", form().dataset.upload);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
  request.setRequestHeader("X-CSRFToken", document.querySelector("meta[name=csrf-token]").content);
  request.upload.onprogress = (event) => {
    if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
    if (event.loaded === event.total) label.textContent = `Storing ${file.name}`;
  };
  request.onerror = () => problem(box, file, "The connection broke. Choose the file again.");
  request.onload = () => {
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      answer = { detail: "That did not work. Try again." };
    }
    if (request.status !== 200) return problem(box, file, answer.detail);
    const template = document.createElement("template");
    template.innerHTML = answer.html;
    const line = template.content.querySelector("section");
    box.replaceWith(line);
    fit(line);
    inherit(line);
    watch(line);
  };
  request.onloadend = () => {
    running -= 1;
    next();
  };
  request.send(file);
}

function next() {
  while (running < PARALLEL && waiting.length) send(waiting.shift());
}

function take(files) {
  for (const file of files) waiting.push({ file, ...progress(file) });
  next();
}

// A card whose verdict the stream has not brought yet is asked for.
function watch(line) {
  const card = line.querySelector(".file");
  let tries = 0;
  const timer = setInterval(async () => {
    const now = document.getElementById(card.id);
    if (!now || now.dataset.verdict !== "waiting" || (tries += 1) > 60) return clearInterval(timer);
    const answer = await fetch(now.dataset.card);
    if (!answer.ok) return;
    const template = document.createElement("template");
    template.innerHTML = await answer.text();
    const fresh = template.content.querySelector(".file");
    if (fresh.dataset.verdict !== "waiting") now.replaceWith(fresh);
  }, 1500);
}

// Colours and finishes of the chosen material only; one choice is no choice.
function fit(line) {
  const select = line.querySelector("select[data-material]");
  if (!select) return;
  const key = select.dataset.material;
  const note = line.querySelector(`[data-note-of="${key}"]`);
  if (note) note.textContent = select.selectedOptions[0]?.dataset.note ?? "";
  for (const name of ["colour", "finish"]) {
    const field = line.querySelector(`#${name}-${CSS.escape(key)}`);
    if (!groupsOf.has(field)) groupsOf.set(field, [...field.querySelectorAll("optgroup")]);
    const group = groupsOf.get(field).find((one) => one.dataset.of === select.value);
    field.closest(".field").hidden = select.value !== "" && !group;
    const wanted = field.value;
    const choices = group ? [...group.querySelectorAll("option")] : [];
    field.replaceChildren(...(group ? choices.map((one) => one.cloneNode(true)) : [new Option("Choose …", "")]));
    if (choices.some((one) => one.value === wanted)) field.value = wanted;
    else field.selectedIndex = 0;
  }
}

// The next file is mostly wanted like the one before.
function inherit(line) {
  const all = [...document.querySelectorAll(".new-line")];
  const before = all[all.indexOf(line) - 1]?.querySelector("select[data-material]");
  const mine = line.querySelector("select[data-material]");
  if (!before || !mine || !before.value || mine.value) return;
  mine.value = before.value;
  fit(line);
  for (const name of ["colour", "finish"]) {
    const from = document.getElementById(`${name}-${before.dataset.material}`);
    const to = document.getElementById(`${name}-${mine.dataset.material}`);
    if ([...to.options].some((one) => one.value === from.value)) to.value = from.value;
  }
}

function prepare() {
  if (!form()) return;
  document.querySelectorAll("#lines > .without-script").forEach((blank) => blank.remove());
  document.querySelectorAll(".new-line").forEach((line) => {
    fit(line);
    if (line.querySelector('.file[data-verdict="waiting"]')) watch(line);
  });
}

export function startUploads() {
  document.addEventListener("turbo:load", prepare);
  document.addEventListener("turbo:render", prepare);
  prepare();
  document.addEventListener("change", (event) => {
    if (event.target.id === "pick") {
      take(event.target.files);
      event.target.value = "";
    }
    if (event.target.dataset?.material) fit(event.target.closest(".new-line"));
  });
  document.addEventListener("craftops:file", (event) => watch(event.target));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove]");
    if (!button) return;
    event.preventDefault();
    document.getElementById(button.dataset.remove)?.remove();
  });
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      if (!form() || ![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
      event.preventDefault();
      document.getElementById("drop").classList.add("over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.getElementById("drop")?.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!form() || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    document.getElementById("drop").classList.remove("over");
    take(event.dataTransfer.files);
  });
}
