// The page's stream: each message is a Turbo Stream. The address stands in <meta name="live">.
import { renderStreamMessage, visit } from "../vendor/turbo.js";
import { words } from "./words.js";

const OFFLINE_AFTER_MS = 8000;
const FLASH_STAYS_MS = 8000;
const BUSY_AT_MOST_MS = 4000;
const GATHER_MS = 150;
const REFRESH = '<turbo-stream action="refresh"></turbo-stream>';
let source = null;
let address = "";
let offlineTimer = 0;
let busyTimer = 0;
let held = [];
let sending = false;
let refreshing = 0;
let newest = null;
let flash = { text: "", at: 0 };

function tell(offline) {
  document.getElementById("offline")?.remove();
  if (!offline) return;
  const note = document.createElement("p");
  note.id = "offline";
  note.className = "flash warn offline";
  note.setAttribute("role", "status");
  note.textContent = words("The connection is gone. This page goes on by itself when it is back.");
  document.body.append(note);
}

function close() {
  source?.close();
  source = null;
  address = "";
  clearTimeout(offlineTimer);
}

function page(url) {
  return new URL(url, location.href).searchParams.get("page");
}

// The newest event that the page shows: it was rendered with it.
function seen() {
  const url = document.querySelector("meta[name=live]")?.content ?? "";
  return Number(new URL(url || "/", location.href).searchParams.get("seen") ?? 0);
}

// A page that is on its way already shows what it was rendered after; the rest waits until it is here. Otherwise the
// refresh that one's own click has caused would race the answer to that click, and take its message away.
function take(message) {
  if (busyTimer) held.push(message);
  else if (Number(message.lastEventId) > seen()) show(message);
}

// Many refreshes at once are one. Turbo would gather them too, but then fetch the page although a form was sent meanwhile,
// which drops the form and its answer: so we look again whether the page is at rest, and visit it at once.
function show(message) {
  const rest = message.data.replace(REFRESH, "");
  if (rest) renderStreamMessage(rest);
  if (rest === message.data) return;
  newest = message;
  refreshing ||= setTimeout(refresh, GATHER_MS);
}

function refresh() {
  refreshing = 0;
  if (busyTimer) held.push(newest);
  else if (Number(newest.lastEventId) > seen())
    visit(document.baseURI, { action: "replace", shouldCacheSnapshot: false, refresh: {} });
}

function busy() {
  clearTimeout(busyTimer);
  busyTimer = setTimeout(free, BUSY_AT_MOST_MS);
}

function free() {
  clearTimeout(busyTimer);
  busyTimer = 0;
  const waiting = held;
  held = [];
  waiting.forEach(take);
}

// What was just said stays long enough to be read, whatever else moves the page meanwhile.
function noteFlash() {
  const text = document.getElementById("flashes")?.textContent ?? "";
  if (text !== flash.text) flash = { text, at: Date.now() };
}

function keepFlash(event) {
  if (event.target.id !== "flashes" || event.detail.newElement) return;
  if (Date.now() - flash.at < FLASH_STAYS_MS) event.preventDefault();
}

function open(url) {
  close();
  address = url;
  source = new EventSource(url);
  source.onopen = () => {
    clearTimeout(offlineTimer);
    offlineTimer = 0;
    tell(false);
    document.documentElement.dataset.live = "on";
  };
  source.onmessage = take;
  source.onerror = () => {
    delete document.documentElement.dataset.live;
    if (!offlineTimer) offlineTimer = setTimeout(() => tell(true), OFFLINE_AFTER_MS);
    // A browser gives up for good when the answer was an error (signed out, restarted): ask again later.
    if (source?.readyState === EventSource.CLOSED) setTimeout(() => address === url && open(url), 4000);
  };
}

function follow() {
  const url = document.querySelector("meta[name=live]")?.content ?? "";
  if (!url) return close();
  if (source && address && page(address) === page(url)) return;
  open(url);
}

export function startLive() {
  document.addEventListener("turbo:load", follow);
  // The page may still be drawn that was on its way when a form was sent: the form is not answered by that.
  document.addEventListener("turbo:load", () => sending || free());
  document.addEventListener("turbo:visit", busy);
  document.addEventListener("turbo:submit-start", () => {
    sending = true;
    busy();
  });
  document.addEventListener("turbo:submit-end", (event) => {
    sending = false;
    if (!event.detail.fetchResponse?.redirected) free();
  });
  for (const name of ["turbo:load", "turbo:render"]) document.addEventListener(name, noteFlash);
  document.addEventListener("turbo:before-morph-element", keepFlash);
  // A page that was not waited for any more is no error, wherever Turbo was in reading it.
  window.addEventListener("unhandledrejection", (event) => event.reason?.name === "AbortError" && event.preventDefault());
  window.addEventListener("pagehide", close);
  window.addEventListener("offline", () => tell(true));
  window.addEventListener("online", () => {
    tell(false);
    if (address) open(address);
  });
  window.addEventListener("pageshow", (event) => event.persisted && follow());
  follow();
}
