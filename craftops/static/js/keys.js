// The floor by keyboard: / searches, g and a letter go, j and k walk the cards, ? tells all keys.
let afterG = 0;

function typing(target) {
  return target.closest?.("input, textarea, select, [contenteditable]") !== null;
}

function walk(step) {
  const cards = [...document.querySelectorAll("a[data-card]")];
  if (!cards.length) return;
  const here = cards.indexOf(document.activeElement);
  cards[Math.min(cards.length - 1, Math.max(0, here + step))].focus();
}

function onKey(event) {
  if (!document.body.classList.contains("floor") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (afterG && Date.now() - afterG < 1500) {
    afterG = 0;
    const link = document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`);
    if (link) {
      event.preventDefault();
      link.click();
      return;
    }
  }
  if (event.key === "g") {
    afterG = Date.now();
  } else if (event.key === "/") {
    event.preventDefault();
    document.getElementById("find")?.focus();
  } else if (event.key === "?") {
    document.getElementById("keys")?.showModal();
  } else if (event.key === "j" || event.key === "ArrowDown") {
    if (event.key === "j" || document.activeElement?.matches("a[data-card]")) {
      event.preventDefault();
      walk(1);
    }
  } else if (event.key === "k" || event.key === "ArrowUp") {
    if (event.key === "k" || document.activeElement?.matches("a[data-card]")) {
      event.preventDefault();
      walk(-1);
    }
  } else {
    const button = document.querySelector(`[data-key-here="${CSS.escape(event.key)}"]:not([disabled])`);
    if (button) {
      event.preventDefault();
      button.click();
    }
  }
}

export function startKeys() {
  document.addEventListener("keydown", onKey);
}
