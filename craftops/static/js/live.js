// The page's stream: each message is a Turbo Stream. The address stands in <meta name="live">.
import { renderStreamMessage } from "../vendor/turbo.js";

const OFFLINE_AFTER_MS = 8000;
let source = null;
let address = "";
let offlineTimer = 0;

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
  source.onmessage = (event) => renderStreamMessage(event.data);
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
  window.addEventListener("pagehide", close);
  window.addEventListener("offline", () => tell(true));
  window.addEventListener("online", () => {
    tell(false);
    if (address) open(address);
  });
  window.addEventListener("pageshow", (event) => event.persisted && follow());
  follow();
}
