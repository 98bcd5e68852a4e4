// The schedule by hand: drag a job (mouse, pen, finger), or focus it and press m. Nothing is moved here: a drop asks the
// server what it would do, in a dialog, and a person says yes there. Without this script the same is a form.
import { visit } from "../vendor/turbo.js";
import { words } from "./words.js";

const SLACK_PX = 6;
const LONG_PRESS_MS = 350;
const REFRESH_MS = 60_000;
let held = null; // { bar, place, keys, pointer, ghost, places }
let pressed = null;
let missed = false;
let lastKey = "";

const plan = () => document.querySelector("[data-plan]");
const lanes = () => [...document.querySelectorAll(".timeline [data-lane]"), document.getElementById("tray")];
const busy = () => Boolean(held || pressed || document.getElementById("move-dialog")?.open);
const nameOf = (lane) => lane.dataset.name;

function say(text) {
  const said = document.getElementById("plan-said");
  if (said) said.textContent = text;
}

// The jobs that wait on a lane, in their order, without the one that is being carried.
function waiting(lane) {
  const bars = [...lane.querySelectorAll("[data-job][data-movable]")].filter((bar) => bar !== held?.bar);
  return bars.sort((a, b) => a.dataset.place - b.dataset.place);
}

function problem(lane) {
  return held?.places?.[lane.dataset.lane] ?? { why: "", warning: "" };
}

async function askPlaces() {
  const { bar } = held;
  const address = plan().dataset.places.replace("/0", `/${bar.dataset.job}/places`);
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const places = await answer.json();
    if (held?.bar !== bar) return;
    held.places = places;
  } catch {
    return; // the server says it once more when the job is dropped
  }
  for (const lane of document.querySelectorAll(".timeline [data-lane]")) {
    const { why, warning } = problem(lane);
    lane.classList.toggle("cannot", Boolean(why));
    const note = lane.querySelector(".why-not");
    note.textContent = why || warning;
    note.hidden = !(why || warning);
  }
  if (held.pointer) return;
  show();
  const { why, warning } = problem(held.place.lane);
  if (why || warning) tell(); // whoever was quicker than the answer has heard this place as one that is free
}

function lift(bar) {
  const lane = bar.closest("[data-lane]");
  held = { bar, place: { lane, index: 0 }, places: null };
  held.place.index = lane.dataset.lane ? [...lane.querySelectorAll("[data-job][data-movable]")].indexOf(bar) : 0;
  bar.classList.add("lifted");
  plan().classList.add("busy");
  document.body.classList.add("carrying");
  askPlaces();
}

function letGo() {
  if (!held) return;
  held.bar.classList.remove("lifted");
  held.ghost?.remove();
  plan()?.classList.remove("busy");
  document.body.classList.remove("carrying");
  document.querySelectorAll(".target, .cannot").forEach((lane) => lane.classList.remove("target", "cannot"));
  document.querySelectorAll(".why-not").forEach((note) => { note.hidden = true; });
  document.querySelector(".drop-mark")?.remove();
  held = null;
  if (missed) refresh();
}

function refresh() {
  if (!plan() || busy()) return;
  missed = false;
  visit(location.href, { action: "replace" });
}

// Show where it would land: the lane, and a mark before the job that it would come before.
function show() {
  document.querySelectorAll(".target").forEach((lane) => lane.classList.remove("target"));
  document.querySelector(".drop-mark")?.remove();
  const { lane, index } = held.place;
  lane.classList.add("target");
  const time = lane.querySelector(".lane-time");
  if (!time || problem(lane).why) return;
  const others = waiting(lane);
  const box = time.getBoundingClientRect();
  const edge = (bar, side) => bar.querySelector(".body").getBoundingClientRect()[side] - box.left;
  let x = 0;
  if (index < others.length) x = edge(others[index], "left");
  else if (others.length) x = edge(others.at(-1), "right");
  else {
    const running = [...lane.querySelectorAll("[data-job]")].at(-1);
    const now = document.getElementById("now");
    if (running && running !== held.bar) x = edge(running, "right");
    else if (now) x = now.getBoundingClientRect().left - box.left;
  }
  const mark = document.createElement("span");
  mark.className = "drop-mark";
  mark.style.left = `${Math.max(2, Math.min(box.width - 2, x))}px`;
  time.append(mark);
}

function tell() {
  const { lane, index } = held.place;
  const { why, warning } = problem(lane);
  const code = held.bar.dataset.code;
  if (!lane.dataset.lane) return say(words("%(code)s: off its machine. Enter to see what that moves.", { code }));
  if (why) return say(`${nameOf(lane)}: ${why}`);
  const others = waiting(lane);
  const place = { code, machine: nameOf(lane), place: Math.min(index, others.length) + 1, places: others.length + 1, next: others[index]?.dataset.code };
  const where = place.next
    ? words("%(code)s to %(machine)s, place %(place)s of %(places)s, before %(next)s.", place)
    : words("%(code)s to %(machine)s, place %(place)s of %(places)s.", place);
  say(`${where} ${warning} ${words("Enter to see what it moves, Escape to leave it.")}`);
}

// Ask what the move would do. The answer comes into the dialog, and is where yes is said.
function drop() {
  const { bar, place } = held;
  const others = waiting(place.lane);
  const before = place.lane.dataset.lane ? others[place.index]?.dataset.job ?? "" : "";
  const here = plan().dataset.here;
  const address = new URL(bar.getAttribute("href"), location.href);
  address.searchParams.set("to", `${place.lane.dataset.lane}/${before}`);
  address.searchParams.set("back", here);
  const dialog = document.getElementById("move-dialog");
  dialog.querySelector("turbo-frame").src = address.href;
  dialog.dataset.from = bar.id;
  if (!dialog.open) dialog.showModal();
  letGo();
}

function close() {
  const dialog = document.getElementById("move-dialog");
  if (!dialog?.open) return;
  dialog.close();
}

function emptied(dialog) {
  const frame = dialog.querySelector("turbo-frame");
  frame.removeAttribute("src");
  frame.replaceChildren();
  document.getElementById(dialog.dataset.from)?.focus();
  if (missed) refresh();
}

// Pointer: a mouse lifts when it has moved a little, a finger when it has rested.
function under(x, y) {
  const lane = document.elementFromPoint(x, y)?.closest("[data-lane]");
  if (!lane) return null;
  const index = waiting(lane).filter((bar) => {
    const body = bar.querySelector(".body");
    if (!body) return false;
    const box = body.getBoundingClientRect();
    return x > box.left + box.width / 2;
  }).length;
  return { lane, index: lane.dataset.lane ? index : 0 };
}

function carry(event) {
  if (!held.ghost) {
    held.ghost = document.createElement("div");
    held.ghost.className = "drag-ghost";
    held.ghost.textContent = held.bar.dataset.code;
    document.body.append(held.ghost);
  }
  held.ghost.style.transform = `translate(${event.clientX + 12}px, ${event.clientY + 14}px)`;
  const place = under(event.clientX, event.clientY);
  held.over = place !== null;
  if (!place) return;
  held.place = place;
  show();
}

function onDown(event) {
  const bar = event.target.closest?.("[data-plan] [data-movable]");
  if (!bar || event.button !== 0 || held) return;
  pressed = { bar, x: event.clientX, y: event.clientY, id: event.pointerId, finger: event.pointerType === "touch" };
  if (pressed.finger) pressed.timer = setTimeout(() => begin(event), LONG_PRESS_MS);
}

function begin(event) {
  const bar = pressed && document.getElementById(pressed.bar.id); // the page may have been brought up to date since
  if (!bar) return forget();
  lift(bar);
  held.pointer = pressed.id;
  if (pressed.finger) navigator.vibrate?.(20);
  carry(event);
}

function onMove(event) {
  if (pressed && !held) {
    const far = Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > SLACK_PX;
    if (far && pressed.finger) forget();
    else if (far) begin(event);
  }
  if (held?.pointer === event.pointerId) carry(event);
}

function forget() {
  clearTimeout(pressed?.timer);
  pressed = null;
  if (missed) refresh();
}

function onUp(event) {
  forget();
  if (held?.pointer !== event.pointerId) return;
  const swallow = (click) => {
    click.preventDefault(); // the click that ends a drag follows no link
    click.stopPropagation();
  };
  window.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => window.removeEventListener("click", swallow, { capture: true }), 50);
  if (held.over && event.type === "pointerup") drop();
  else letGo();
}

// Keyboard.
function step(key) {
  const { place } = held;
  if (key === "ArrowLeft") place.index = Math.max(0, place.index - 1);
  else if (key === "ArrowRight") place.index = Math.min(waiting(place.lane).length, place.index + 1);
  else {
    const all = lanes();
    const next = all.indexOf(place.lane) + (key === "ArrowDown" ? 1 : -1);
    place.lane = all[Math.max(0, Math.min(all.length - 1, next))];
    place.index = place.lane.dataset.lane ? waiting(place.lane).length : 0;
  }
  place.lane.scrollIntoView({ block: "nearest" });
  show();
  tell();
}

function walk(bar, key) {
  const lane = bar.closest("[data-lane]");
  const bars = (one) => [...one.querySelectorAll("[data-job]")];
  let to = null;
  if (key === "ArrowLeft" || key === "ArrowRight") {
    to = bars(lane)[bars(lane).indexOf(bar) + (key === "ArrowRight" ? 1 : -1)];
  } else {
    const all = lanes().filter((one) => bars(one).length);
    to = bars(all[all.indexOf(lane) + (key === "ArrowDown" ? 1 : -1)] ?? lane)[0];
  }
  to?.focus();
}

function onKey(event) {
  const key = event.key;
  const before = lastKey;
  lastKey = key;
  if (event.ctrlKey || event.metaKey || event.altKey || !plan()) return;
  if (held && !held.pointer) {
    if (key === "Escape") {
      say(words("%(code)s stays where it is.", held.bar.dataset));
      letGo();
    } else if (key === "Enter" || key === " ") drop();
    else if (key.startsWith("Arrow")) step(key);
    else return;
  } else if (held && key === "Escape") {
    letGo();
  } else {
    const bar = document.activeElement?.closest?.("[data-plan] [data-job]");
    if (!bar) return;
    if (key === "m" && before !== "g" && bar.hasAttribute("data-movable")) {
      lift(bar);
      show();
      tell();
    } else if (key === "m" && before !== "g") say(words("%(code)s has begun, and cannot be moved.", bar.dataset));
    else if (key.startsWith("Arrow")) walk(bar, key);
    else return;
  }
  event.preventDefault();
  event.stopPropagation();
}

export function startSchedule() {
  document.addEventListener("pointerdown", onDown);
  document.addEventListener("pointermove", onMove);
  document.addEventListener("pointerup", onUp);
  document.addEventListener("pointercancel", onUp);
  document.addEventListener("touchmove", (event) => held?.pointer && event.preventDefault(), { passive: false });
  document.addEventListener("contextmenu", (event) => (held || pressed?.finger) && event.preventDefault());
  document.addEventListener("dragstart", (event) => event.target.closest?.("[data-plan]") && event.preventDefault());
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("click", (event) => event.target.closest?.("[data-close]") && close());
  document.addEventListener("close", (event) => event.target.id === "move-dialog" && emptied(event.target), true);
  document.addEventListener("turbo:submit-end", (event) => event.target.closest?.("#move-dialog") && close());
  document.addEventListener("turbo:before-cache", close);
  // What others do meanwhile waits until the hand is free: a page that moves under it would drop the job elsewhere.
  document.addEventListener("turbo:before-stream-render", (event) => {
    if (!plan() || !busy()) return;
    event.preventDefault();
    missed = true;
  });
  setInterval(() => document.visibilityState === "visible" && refresh(), REFRESH_MS);
}
