// The page on which a part is turned. Until the model is there, and wherever it cannot be drawn, the picture stays.
const stage = document.getElementById("stage");
const part = document.getElementById("part");
const said = document.getElementById("said");
const views = document.getElementById("views");

function say(state) {
  stage.dataset.state = state;
  said.textContent = said.dataset[state];
  if (state === "loaded") views.hidden = false;
}

function drawsIn3D() {
  return Boolean(document.createElement("canvas").getContext("webgl2"));
}

async function start() {
  if (!drawsIn3D()) {
    say("without");
    return;
  }
  say("waiting");
  part.addEventListener("load", () => say("loaded"));
  part.addEventListener("error", () => say("failed"));
  // Our models need none of these decoders; unset, they would be asked for on other hosts.
  self.ModelViewerElement = { dracoDecoderLocation: "", ktx2TranscoderLocation: "", lottieLoaderLocation: "" };
  try {
    await import("../vendor/model-viewer.js");
  } catch {
    say("failed");
  }
}

views.addEventListener("click", (event) => {
  const button = event.target.closest("[data-orbit]");
  if (!button) return;
  part.cameraOrbit = `${button.dataset.orbit} auto`;
  part.cameraTarget = "auto auto auto";
  part.fieldOfView = "26deg";
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) part.jumpCameraToGoal();
});

start();
