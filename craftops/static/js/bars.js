// Bars and percents of running jobs go on by the clock until more is heard: by the pace that the server told with them, for as long as
// it would go on itself, and never back. Without it they move with each message.
const LOOK_MS = 1000;
const still = matchMedia("(prefers-reduced-motion: reduce)");
const begun = new WeakMap();

function where(bar, now) {
  const told = bar.dataset.moving;
  const [shown, line, rate, seconds] = told.split(" ").map(Number);
  if (begun.get(bar)?.told !== told) begun.set(bar, { told, since: now });
  const passed = Math.min(seconds, (now - begun.get(bar).since) / 1000);
  return Math.max(shown, line + rate * passed);
}

function show(bar, now) {
  const exact = where(bar, now);
  const whole = Math.floor(exact + 1e-6);
  const share = still.matches ? whole : exact;
  if (bar instanceof SVGElement) return bar.setAttribute("width", `${share}%`);
  const said = bar instanceof HTMLProgressElement ? bar.nextElementSibling : bar;
  if (said !== bar) bar.value = share;
  const text = `${whole} %`;
  if (said && said.textContent !== text) said.textContent = text;
}

function tick() {
  const now = performance.now();
  document.querySelectorAll("[data-moving]").forEach((bar) => show(bar, now));
}

export function startBars() {
  tick();
  setInterval(tick, LOOK_MS);
  for (const name of ["turbo:load", "turbo:render", "turbo:morph"]) document.addEventListener(name, tick);
  // A bar that came over the stream is there at once, and not a second later.
  new MutationObserver(tick).observe(document.documentElement, { childList: true, subtree: true, attributeFilter: ["data-moving"] });
}
