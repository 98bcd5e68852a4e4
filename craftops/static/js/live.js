// The page's stream: each message is a Turbo Stream. The address stands in <meta name="live">.
import { renderStreamMessage, session } from "../vendor/turbo.js";

const OFFLINE_AFTER_MS = 8000;
const FLASH_STAYS_MS = 8000;
const BUSY_AT_MOST_MS = 4000;
const GATHER_MS = 150;
let source = null;
let address = "";
let offlineTimer = 0;
let busyTimer = 0;
let held = [];
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
  note.textContent = "The connection is gone. This page goes on by itself when it is back.";
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

// Many refreshes at once are one. Turbo gathers them too, but then fetches the page although a form was sent meanwhile,
// and the answer to that form is lost: so it is not left to wait, and we look again whether the page is at rest.
function show(message) {
  if (!message.data.includes('action="refresh"')) return renderStreamMessage(message.data);
  newest = message;
  refreshing ||= setTimeout(() => {
    refreshing = 0;
    if (busyTimer) held.push(newest);
    else if (Number(newest.lastEventId) > seen()) renderStreamMessage(newest.data);
  }, GATHER_MS);
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
  session.pageRefreshDebouncePeriod = 0;
  document.addEventListener("turbo:load", follow);
  document.addEventListener("turbo:load", free);
  document.addEventListener("turbo:visit", busy);
  document.addEventListener("turbo:submit-start", busy);
  document.addEventListener("turbo:submit-end", (event) => event.detail.fetchResponse?.redirected || free());
  for (const name of ["turbo:load", "turbo:render"]) document.addEventListener(name, noteFlash);
  document.addEventListener("turbo:before-morph-element", keepFlash);
  window.addEventListener("pagehide", close);
  window.addEventListener("offline", () => tell(true));
  window.addEventListener("online", () => {
    tell(false);
    if (address) open(address);
  });
  window.addEventListener("pageshow", (event) => event.persisted && follow());
  follow();
}
