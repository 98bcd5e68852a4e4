// Passkeys (WebAuthn): a form asks the server what to ask the device, the device answers, the form sends the answer.
let waiting = null;

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

function text(buffer) {
  const plain = Array.from(new Uint8Array(buffer), (one) => String.fromCharCode(one)).join("");
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function read(options) {
  const listed = (ids) => (ids ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
  const found = { ...options, challenge: bytes(options.challenge) };
  if (options.user) found.user = { ...options.user, id: bytes(options.user.id) };
  if (options.excludeCredentials) found.excludeCredentials = listed(options.excludeCredentials);
  if (options.allowCredentials) found.allowCredentials = listed(options.allowCredentials);
  return found;
}

function written(made) {
  const { response } = made;
  const told = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) told[name] = text(response[name]);
  }
  if (response.getTransports) told.transports = response.getTransports();
  return JSON.stringify({
    id: made.id, rawId: text(made.rawId), type: made.type, response: told,
    clientExtensionResults: made.getClientExtensionResults(), authenticatorAttachment: made.authenticatorAttachment,
  });
}

function say(form, sentence) {
  const place = form.querySelector("[data-passkey-said]");
  place.textContent = sentence;
  place.hidden = !sentence;
}

async function ask(form, quietly) {
  waiting?.abort();
  const mine = new AbortController();
  waiting = mine;
  if (!quietly) say(form, "");
  const answer = await fetch(form.dataset.begin, {
    method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, signal: mine.signal,
  });
  const told = await answer.json();
  if (!answer.ok) {
    if (!quietly) say(form, told.detail);
    return;
  }
  const asked = { publicKey: read(told), signal: mine.signal };
  if (quietly) asked.mediation = "conditional";
  const made = form.dataset.passkey === "make" ? await navigator.credentials.create(asked) : await navigator.credentials.get(asked);
  if (!made || mine.signal.aborted) return;
  form.elements.credential.value = written(made);
  form.requestSubmit();
}

const SENTENCES = {
  NotAllowedError: "Nothing came from your device. Try again, or sign in another way.",
  InvalidStateError: "This device has a passkey of yours already.",
};

async function tried(form, quietly) {
  try {
    await ask(form, quietly);
  } catch (error) {
    if (error.name !== "AbortError" && !quietly) say(form, SENTENCES[error.name] ?? "Your device could not do that. Try again, or sign in another way.");
  }
}

export function startPasskeys() {
  document.addEventListener("turbo:load", async () => {
    const forms = document.querySelectorAll("form[data-passkey]");
    if (!forms.length) return;
    if (!window.PublicKeyCredential) {
      for (const form of forms) say(form, "This browser knows no passkeys.");
      return;
    }
    for (const form of forms) {
      form.hidden = false;
      form.querySelector("[data-passkey-go]").onclick = () => {
        if (form.reportValidity()) tried(form, false);
      };
    }
    const offer = document.querySelector("form[data-passkey][data-offer]");
    if (offer && (await PublicKeyCredential.isConditionalMediationAvailable?.())) tried(offer, true);
  });
  for (const event of ["turbo:before-visit", "turbo:before-cache"]) document.addEventListener(event, () => waiting?.abort());
}
