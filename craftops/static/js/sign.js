// A signature drawn with a finger, a pen or a mouse. Without it a name is written.
const INK = "#111";
const PAPER = "#fff";

function begin(box) {
  const canvas = box.querySelector("canvas");
  const field = box.closest("form").querySelector("input[name=signature]");
  const pen = canvas.getContext("2d");
  let last = null;

  const clear = () => {
    pen.fillStyle = PAPER;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    field.value = "";
  };
  const place = (event) => {
    const edge = canvas.getBoundingClientRect();
    const scale = canvas.width / edge.width;
    return [(event.clientX - edge.left) * scale, (event.clientY - edge.top) * scale];
  };

  clear();
  pen.strokeStyle = INK;
  pen.lineWidth = 5;
  pen.lineCap = "round";
  pen.lineJoin = "round";
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const here = place(event);
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(...here);
    pen.stroke();
    last = here;
  });
  const lift = () => {
    if (!last) return;
    last = null;
    field.value = canvas.toDataURL("image/png");
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  box.querySelector("[data-sign-clear]").addEventListener("click", clear);
  box.dataset.sign = "ready";
  box.hidden = false;
}

export function startSigning() {
  document.addEventListener("turbo:load", () => {
    for (const box of document.querySelectorAll("[data-sign='']")) begin(box);
  });
}
