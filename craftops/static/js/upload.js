// The new-order form: files go up as they are dropped, each comes back as a line of the form.
import { Sending } from "./sending.js";
import { words } from "./words.js";

const PARALLEL = 2;
const waiting = [];
const sending = new Set();
const groupsOf = new WeakMap();

const form = () => document.getElementById("new-order");

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function button(text, label, act) {
  const made = element("button", "button plain tiny", text);
  made.type = "button";
  made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}

// The box of a file that is on its way: what is going on, how far it is, and a way out.
function card(file) {
  const box = element("div", "card sending");
  const label = element("span", "", words("Waiting to send %(name)s", { name: file.name }));
  label.setAttribute("role", "status");
  const share = element("span", "share muted");
  const bar = document.createElement("progress");
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute("aria-label", words("Sending %(name)s", { name: file.name }));
  const row = element("div", "row between");
  row.append(label, share);
  box.append(row, bar);
  document.getElementById("lines").append(box);
  const say = (text) => label.textContent === text || (label.textContent = text);
  return { file, box, bar, label, share, row, say };
}

function problem(one, sentence) {
  const text = element("p", "form-error", `${one.file.name}: ${sentence}`);
  text.setAttribute("role", "alert");
  const dismiss = element("button", "button tiny", words("Dismiss"));
  dismiss.type = "button";
  dismiss.addEventListener("click", () => one.box.remove());
  one.box.replaceChildren(text, dismiss);
}

function arrived(one, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const line = template.content.querySelector("section");
  one.box.replaceWith(line);
  fit(line);
  inherit(line);
  watch(line);
}

function send(one) {
  const over = (then) => (word) => {
    sending.delete(one);
    then(one, word);
    next();
  };
  one.going = new Sending(one.file, form().dataset.upload, {
    progress: (share) => {
      one.bar.value = 100 * share;
      one.share.textContent = `${Math.floor(100 * share)} %`;
      one.say(share < 1 ? words("Sending %(name)s", one.file) : words("Storing %(name)s", one.file));
    },
    waiting: (sentence) => one.say(`${one.file.name}: ${sentence}`),
    done: over(arrived),
    failed: over(problem),
  });
  sending.add(one);
  one.say(words("Sending %(name)s", one.file));
  one.going.start();
}

function next() {
  while (form() && sending.size < PARALLEL && waiting.length) send(waiting.shift());
  // Asked by app.js when the form is sent.
  if (!form()) return;
  if (sending.size) form().dataset.confirm = words("Some files are still on their way. Send the order without them?");
  else delete form().dataset.confirm;
}

function cancel(one) {
  if (waiting.includes(one)) waiting.splice(waiting.indexOf(one), 1);
  if (sending.delete(one)) one.going.cancel();
  one.box.remove();
  document.getElementById("pick")?.focus();
  next();
}

function take(files) {
  for (const file of files) {
    const one = card(file);
    one.row.append(button(words("Cancel"), words("Cancel %(name)s", { name: file.name }), () => cancel(one)));
    waiting.push(one);
  }
  next();
}

// Another page has come, without the boxes of this one.
function leave() {
  waiting.length = 0;
  sending.forEach((one) => one.going.leave());
  sending.clear();
}

// A card whose verdict the stream has not brought yet is asked for.
function watch(line) {
  const card = line.querySelector(".file");
  if (!card) return; // it rides along: there is no verdict to wait for
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
  document.querySelectorAll(".new-line").forEach(fit);
  if (!form()) return leave();
  const lost = [...sending, ...waiting].filter((one) => !one.box.isConnected);
  document.getElementById("lines").append(...lost.map((one) => one.box));
  document.querySelectorAll("#lines > .without-script").forEach((blank) => blank.remove());
  document.querySelectorAll(".new-line").forEach((line) => {
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
