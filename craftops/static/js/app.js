// Everything a page does beyond links and forms. Without it every page works; with it pages move by themselves.
import "../vendor/turbo.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startMending } from "./mend.js";
import { startMessages } from "./messages.js";
import { startPrice } from "./price.js";
import { startSchedule } from "./schedule.js";
import { startSigning } from "./sign.js";
import { startTimes } from "./times.js";
import { startUploads } from "./upload.js";

document.documentElement.classList.add("scripted");
startLive();
startTimes();
startUploads();
startKeys();
startMending();
startMessages();
startPrice();
startSchedule();
startSigning();

document.addEventListener("turbo:load", () => {
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
document.addEventListener("turbo:before-morph-element", (event) => {
  const { target } = event;
  // What is shown only once stays until the reader leaves the page.
  if (target.dataset?.stays !== undefined && !event.detail.newElement) event.preventDefault();
  if (target.matches?.("input, textarea, select") && target === document.activeElement) event.preventDefault();
});
