// Ages that grow while one looks. All other times stand in the shop's zone, as the server wrote them: windows and opening
// hours are the shop's, and one page has one zone. Where that is not the reader's, a line says which it is.
import { words } from "./words.js";

const DAY = 86400;

function age(seconds) {
  if (seconds < 2) return words("just now");
  if (seconds < 60) return words("%(n)s s ago", { n: seconds });
  if (seconds < 3600) return words("%(n)s min ago", { n: Math.floor(seconds / 60) });
  if (seconds < DAY) return words("%(n)s h ago", { n: Math.floor(seconds / 3600) });
  const days = Math.floor(seconds / DAY);
  return days === 1 ? words("1 day ago") : words("%(n)s days ago", { n: days });
}

function left(seconds) {
  const minutes = Math.round(seconds / 60);
  if (seconds < 60) return words("under a minute");
  if (minutes < 60) return words("%(n)s min", { n: minutes });
  const hours = Math.floor(minutes / 60);
  if (minutes >= 600) return words("%(h)s h", { h: Math.round(minutes / 60) });
  return minutes % 60 ? words("%(h)s h %(m)s min", { h: hours, m: minutes % 60 }) : words("%(h)s h", { h: hours });
}

const AGES = "time[data-form=age], time[data-form=left]";

function show(element) {
  const gone = Math.floor((Date.now() - new Date(element.dateTime)) / 1000);
  const text = element.dataset.form === "left" ? left(Math.max(0, -gone)) : age(Math.max(0, gone));
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  document.querySelectorAll(AGES).forEach(show);
}

function sameClock(zone) {
  const shops = new Intl.DateTimeFormat("en-GB", { dateStyle: "short", timeStyle: "short", timeZone: zone });
  const mine = new Intl.DateTimeFormat("en-GB", { dateStyle: "short", timeStyle: "short" });
  return [0, 91, 182, 273].every((days) => {
    const at = Date.now() + days * DAY * 1000;
    return shops.format(at) === mine.format(at);
  });
}

function showAll() {
  tick();
  document.querySelectorAll("[data-zone]").forEach((note) => (note.hidden = sameClock(note.dataset.zone)));
}

export function startTimes() {
  showAll();
  setInterval(tick, 1000);
  for (const name of ["turbo:load", "turbo:render", "turbo:morph"]) document.addEventListener(name, showAll);
  new MutationObserver((changes) => {
    for (const change of changes) {
      const within = change.target.parentElement?.closest(AGES);
      if (within) show(within);
      for (const node of change.addedNodes) {
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        if (node.matches(AGES)) show(node);
        node.querySelectorAll(AGES).forEach(show);
      }
    }
  }).observe(document.documentElement, { childList: true, subtree: true, characterData: true, attributeFilter: ["datetime"] });
}
