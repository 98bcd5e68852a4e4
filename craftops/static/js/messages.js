// The thread of an order: drafts are kept while one writes, files go up as they are chosen, what is seen is read.
import { Sending } from "./sending.js";
import { words } from "./words.js";

const KEEP_AFTER_MS = 1200;
const SEEN_AFTER_MS = 800;
let keeping = 0;
let watcher = null;
let seeing = 0;
let told = 0;

const token = () => document.querySelector("meta[name=csrf-token]").content;

function post(url, form) {
  return fetch(url, { method: "POST", body: form, headers: { "X-CSRFToken": token() }, redirect: "error" });
}

function say(composer, text) {
  composer.querySelector("[data-kept]").textContent = text;
}

function draftOf(composer) {
  const form = new FormData();
  form.set("text", composer.querySelector("textarea").value);
  for (const file of composer.querySelectorAll("input[name=file]")) form.append("file", file.value);
  return form;
}

async function keep(composer) {
  clearTimeout(keeping);
  keeping = 0;
  try {
    const answer = await post(composer.dataset.draft, draftOf(composer));
    say(composer, answer.ok ? words("Draft kept.") : "");
  } catch {
    say(composer, words("Offline: the draft is not kept yet."));
  }
}

function keepLater(composer) {
  clearTimeout(keeping);
  say(composer, "");
  keeping = setTimeout(() => keep(composer), KEEP_AFTER_MS);
}

function row(name) {
  const item = document.createElement("li");
  const label = document.createElement("span");
  label.className = "clip";
  label.textContent = name;
  const share = document.createElement("span");
  share.className = "muted small";
  share.setAttribute("role", "status");
  const out = document.createElement("button");
  out.type = "button";
  out.className = "button plain tiny";
  out.setAttribute("aria-label", words("Leave out %(name)s", { name }));
  out.textContent = "×";
  item.append(label, share, out);
  return { item, share, out };
}

function take(composer, files) {
  const list = composer.querySelector("[data-files]");
  for (const file of files) {
    const { item, share, out } = row(file.name);
    list.append(item);
    const sending = new Sending(file, composer.dataset.upload, {
      progress: (part) => (share.textContent = `${Math.floor(100 * part)} %`),
      waiting: (sentence) => (share.textContent = sentence),
      done: (_html, id) => {
        share.textContent = words("here");
        const hidden = document.createElement("input");
        hidden.type = "hidden";
        hidden.name = "file";
        hidden.value = id;
        item.append(hidden);
        delete item.dataset.going;
        keep(composer);
      },
      failed: (sentence) => {
        share.textContent = sentence;
        share.className = "small said bad";
        delete item.dataset.going;
      },
    });
    item.dataset.going = "yes";
    out.addEventListener("click", () => {
      if (item.dataset.going) sending.cancel();
      item.remove();
      keepLater(composer);
    });
    sending.start();
  }
}

// Whoever looks at the newest message has read it: after a moment, and only on a page that is in front.
function look() {
  const thread = document.querySelector("[data-thread]");
  watcher?.disconnect();
  watcher = null;
  if (!thread || !Number(thread.dataset.new)) return;
  const last = thread.querySelector(".talk > li:last-child");
  if (!last) return;
  watcher = new IntersectionObserver((entries) => {
    clearTimeout(seeing);
    if (entries.some((entry) => entry.isIntersecting)) seeing = setTimeout(() => read(thread), SEEN_AFTER_MS);
  });
  watcher.observe(last);
}

async function read(thread) {
  const upto = Number(thread.dataset.newest);
  if (document.visibilityState !== "visible" || upto <= told) return;
  told = upto;
  const form = new FormData();
  form.set("upto", String(upto));
  form.set("quiet", "1");
  try {
    const answer = await post(thread.dataset.read, form);
    if (!answer.ok) told = 0;
  } catch {
    told = 0;
  }
}

// An answer that is given often goes into the text where the cursor is; what has no value yet is marked by its braces.
async function putIn(form) {
  const composer = form.closest("[data-thread]").querySelector("[data-composer]");
  const area = composer.querySelector("textarea");
  const name = form.querySelector("select").value;
  if (!name) return;
  const answer = await fetch(`${form.action}?canned=${encodeURIComponent(name)}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) return say(composer, words("That did not work. Try again."));
  const { text, missing } = await answer.json();
  const apart = area.value.trim() ? "\n\n" : "";
  area.setRangeText(apart + text, area.selectionEnd, area.selectionEnd, "end");
  fit(area);
  area.focus();
  keepLater(composer);
  if (missing.length) {
    const first = area.value.indexOf(`{${missing[0]}`);
    area.setSelectionRange(first, first + missing[0].length + 2);
    say(composer, words("Nothing is known yet for %(name)s: write what should stand there.", { name: `{${missing[0]}}` }));
  }
  form.querySelector("select").value = "";
}

// A textarea grows with what is written.
function fit(area) {
  area.rows = Math.min(14, Math.max(3, area.value.split("\n").length + 1));
}

function prepare() {
  look();
  document.querySelectorAll("[data-composer] textarea").forEach(fit);
}

export function startMessages() {
  for (const name of ["turbo:load", "turbo:render"]) document.addEventListener(name, prepare);
  document.addEventListener("visibilitychange", look);
  document.addEventListener("input", (event) => {
    const composer = event.target.closest?.("[data-composer]");
    if (!composer || event.target.name !== "text") return;
    fit(event.target);
    keepLater(composer);
  });
  document.addEventListener("change", (event) => {
    if (event.target.dataset?.pick === undefined) return;
    take(event.target.closest("[data-composer]"), [...event.target.files]);
    event.target.value = "";
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest?.("[data-canned]");
    if (!form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    putIn(form);
  }, true);
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("[data-canned]");
    if (form) putIn(form);
  });
  // What is being sent must not come back as a draft; files that are still on their way are asked about.
  document.addEventListener("submit", (event) => {
    const composer = event.target.closest?.("[data-composer]");
    if (!composer) return;
    clearTimeout(keeping);
    const going = composer.querySelector("[data-going=yes]");
    if (going && !window.confirm(words("Some files are still on their way. Send the message without them?"))) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);
  document.addEventListener("keydown", (event) => {
    const composer = event.target.closest?.("[data-composer]");
    if (composer && event.key === "Enter" && (event.ctrlKey || event.metaKey)) composer.requestSubmit();
  });
  for (const name of ["dragover", "drop"]) {
    document.addEventListener(name, (event) => {
      const composer = event.target.closest?.("[data-composer]");
      if (!composer || ![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
      event.preventDefault();
      if (name === "drop") take(composer, [...event.dataTransfer.files]);
    });
  }
  prepare();
}
