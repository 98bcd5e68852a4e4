// The price of the order that is being written: asked for again whenever something of it has changed.
const PAUSE_MS = 400;
let timer = 0;
let asked = 0;

// The form has a button called "action", so its address is asked for as an attribute.
async function ask(form) {
  const mine = ++asked;
  const data = new FormData();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") data.append(name, value);
  data.set("action", "price");
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: data, headers: { "X-Fragment": "price" } });
    if (!answer.ok || mine !== asked) return;
    const template = document.createElement("template");
    template.innerHTML = await answer.text();
    const fresh = template.content.getElementById("order-price");
    const old = document.getElementById("order-price");
    if (!fresh || !old) return;
    const held = old.contains(document.activeElement) ? document.activeElement : null;
    old.innerHTML = fresh.innerHTML;
    if (held?.name) old.querySelector(`[name="${held.name}"][value="${held.value}"]`)?.focus();
  } catch {
    // Without a connection the last price stays; the shop reckons it anew with the order.
  }
}

function soon(form) {
  clearTimeout(timer);
  timer = setTimeout(() => ask(form), PAUSE_MS);
}

export function startPrice() {
  document.addEventListener("turbo:load", () => {
    const form = document.querySelector("form[data-price]");
    if (!form) return;
    for (const kind of ["input", "change"]) form.addEventListener(kind, () => soon(form));
    const lines = document.getElementById("lines");
    if (lines) new MutationObserver(() => soon(form)).observe(lines, { childList: true, subtree: true });
  });
}
