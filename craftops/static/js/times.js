// Moments in the reader's own zone, and ages that grow while one looks.
const DAY = 86400;

function age(seconds) {
  if (seconds < 2) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < DAY) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / DAY);
  return days === 1 ? "1 day ago" : `${days} days ago`;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

function show(element) {
  const at = new Date(element.dateTime);
  const form = element.dataset.form;
  let text;
  if (form === "age") text = age(Math.max(0, Math.floor((Date.now() - at) / 1000)));
  else if (form === "clock") text = clock.format(at);
  else text = `${day.format(at).replace(",", "")}, ${clock.format(at)}`;
  if (element.textContent !== text) element.textContent = text;
}

function showAll() {
  document.querySelectorAll("time[datetime]").forEach(show);
}

function tick() {
  document.querySelectorAll("time[data-form=age]").forEach(show);
}

export function startTimes() {
  showAll();
  setInterval(tick, 1000);
  for (const name of ["turbo:load", "turbo:render", "turbo:morph"]) document.addEventListener(name, showAll);
  new MutationObserver((changes) => {
    for (const change of changes) {
      const within = change.target.parentElement?.closest("time[datetime]");
      if (within) show(within);
      for (const node of change.addedNodes) {
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        if (node.matches("time[datetime]")) show(node);
        node.querySelectorAll("time[datetime]").forEach(show);
      }
    }
  }).observe(document.documentElement, { childList: true, subtree: true, characterData: true, attributeFilter: ["datetime"] });
}
