// Everything a page does beyond links and forms. Without it every page works; with it pages move by themselves.
import "../vendor/turbo.js";
import { startBars } from "./bars.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startLook } from "./look.js";
import { startMending } from "./mend.js";
import { startMessages } from "./messages.js";
import { startPasskeys } from "./passkeys.js";
import { startPrice } from "./price.js";
import { startSchedule } from "./schedule.js";
import { startSigning } from "./sign.js";
import { startTimes } from "./times.js";
import { startUploads } from "./upload.js";

document.documentElement.classList.add("scripted");
startLive();
startTimes();
startBars();
startUploads();
startKeys();
startLook();
startMending();
startMessages();
startPasskeys();
startPrice();
startSchedule();
startSigning();

// What is read by a person is told once it stands before them: programs that open links in mails do not count.
const READ_AFTER_MS = 1000;
function tellRead(page) {
  if (!page.isConnected) return;
  if (document.visibilityState !== "visible") {
    document.addEventListener("visibilitychange", () => tellRead(page), { once: true });
    return;
  }
  const token = document.querySelector("meta[name=csrf-token]")?.content ?? "";
  fetch(page.dataset.seen, { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => {});
}

document.addEventListener("turbo:load", () => {
  const read = document.querySelector("[data-seen]");
  if (read) setTimeout(() => tellRead(read), READ_AFTER_MS);
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.onclick = () => window.print();
  }
});

// A fragment that came over the stream was rendered for many readers, so its forms carry no token of this one.
document.addEventListener("submit", (event) => {
  const field = event.target.querySelector("input[name=csrf_token]");
  const token = document.querySelector("meta[name=csrf-token]")?.content;
  if (field && token) field.value = token;
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);

// What the reader has opened stays open when the page is brought up to date.
document.addEventListener("turbo:before-morph-attribute", (event) => {
  if (event.detail.attributeName === "open" && (event.target instanceof HTMLDetailsElement || event.target instanceof HTMLDialogElement)) event.preventDefault();
});
// What was typed or chosen stays when the page is brought up to date, unless its form was sent.
const sent = new WeakSet();
document.addEventListener("turbo:submit-start", (event) => sent.add(event.target));
for (const name of ["input", "change"]) document.addEventListener(name, (event) => event.target.form && sent.delete(event.target.form));
function isChanged(control) {
  if (control.form && sent.has(control.form)) return false;
  if (control.matches("select")) return [...control.options].some((one) => one.selected !== one.defaultSelected) && control.dataset.touched === "1";
  if (control.matches("[type=checkbox], [type=radio]")) return control.checked !== control.defaultChecked;
  return control.matches("input:not([type=hidden]), textarea") && control.value !== control.defaultValue;
}
document.addEventListener("change", ({ target }) => target.matches?.("select") && (target.dataset.touched = "1"));
document.addEventListener("turbo:before-morph-element", (event) => {
  const { target } = event;
  // What is shown only once stays until the reader leaves the page.
  if (target.dataset?.stays !== undefined && !event.detail.newElement) event.preventDefault();
  if (target.matches?.("input, textarea, select") && (target === document.activeElement || isChanged(target))) event.preventDefault();
});
