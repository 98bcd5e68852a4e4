// One file on its way to the shop, in pieces (tus 1.0.0): a cut costs a piece at most, a closed page costs nothing.
import { words } from "./words.js";

const PIECE = { least: 1 << 20, first: 2 << 20, most: 16 << 20 };
const QUICK_MS = 2000;
const SLOW_MS = 8000;
const RETRY_MS = [0, 1000, 3000, 5000];
const LOOK_AGAIN_MS = 10_000;
const gone = () => words("The connection is gone; the upload goes on when it is back");
const failed = () => words("That did not work. Choose the file again.");
const underway = new Set();
let library = null;

// Only who sends a file needs it. It is no module: it leaves itself on the window.
function tus() {
  library ??= import("../vendor/tus.js").then(
    () => window.tus,
    (error) => {
      library = null;
      throw error;
    },
  );
  return library;
}

const token = () => document.querySelector("meta[name=csrf-token]").content;

// A refusal that more tries do not change; everything else is a connection, a restart, or another window at it.
function isFinal(status) {
  return status >= 400 && status < 500 && ![408, 409, 423, 429, 460].includes(status);
}

function sentenceOf(text) {
  try {
    return JSON.parse(text).detail || failed();
  } catch {
    return failed();
  }
}

// A file that was changed or moved after it was chosen looks to the browser like a broken connection.
function isReadable(file) {
  return file.slice(0, 1).arrayBuffer().then(
    () => true,
    () => false,
  );
}

function pause(ms) {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      removeEventListener("online", over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    addEventListener("online", over);
  });
}

// Sends `file` to `endpoint`. `tell` hears of it: progress(share), waiting(sentence), done(html, id), failed(sentence).
export class Sending {
  constructor(file, endpoint, tell) {
    this.file = file;
    this.endpoint = endpoint;
    this.tell = tell;
    this.over = false;
    this.upload = null;
  }

  async start() {
    try {
      const { Upload, defaultOptions } = await tus();
      if (this.over) return;
      this.store = defaultOptions.urlStorage;
      this.upload = new Upload(this.file, this.options());
      // What an earlier page has begun goes on, unless it is going on already, in this one.
      const known = await this.upload.findPreviousUploads();
      const free = known.find((one) => !underway.has(one.uploadUrl));
      if (this.over) return;
      if (free) {
        underway.add(free.uploadUrl);
        this.upload.resumeFromPreviousUpload(free);
      }
      this.upload.start();
    } catch {
      this.goOnLater(() => this.start());
    }
  }

  options() {
    let began = 0;
    return {
      endpoint: this.endpoint,
      chunkSize: PIECE.first,
      retryDelays: RETRY_MS,
      headers: { "X-CSRFToken": token() },
      metadata: { filename: this.file.name },
      onUploadUrlAvailable: () => underway.add(this.upload.url),
      onBeforeRequest: (request) => {
        if (request.getMethod() === "PATCH") began = performance.now();
      },
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        if (!status || status >= 500) this.tell.waiting(gone());
        return !isFinal(status) && navigator.onLine;
      },
      onProgress: (sent, total) => this.tell.progress(sent / total),
      onChunkComplete: () => this.fit(performance.now() - began),
      onError: (error) => this.stumble(error),
      onSuccess: () => this.fetchLine(),
    };
  }

  // A piece takes seconds, whatever the line: long ones would hold the server's threads and be lost on a cut.
  fit(took) {
    const { options } = this.upload;
    if (took < QUICK_MS) options.chunkSize = Math.min(PIECE.most, options.chunkSize * 2);
    if (took > SLOW_MS) options.chunkSize = Math.max(PIECE.least, options.chunkSize / 2);
  }

  async stumble(error) {
    const status = error.originalResponse?.getStatus() ?? 0;
    const sentence = status ? sentenceOf(error.originalResponse.getBody()) : gone();
    if (isFinal(status)) return this.fail(sentence);
    if (!error.originalRequest) return this.fail(failed());
    if (!status && !(await isReadable(this.file))) return this.fail(words("The file has changed on its disk. Choose it again."));
    if (!this.over) this.goOnLater(() => this.upload.start(), status === 423 ? sentence : gone());
  }

  fail(sentence) {
    return this.end(() => this.tell.failed(sentence));
  }

  async goOnLater(again, sentence = gone()) {
    this.tell.waiting(sentence);
    await pause(LOOK_AGAIN_MS);
    if (!this.over) again();
  }

  async fetchLine() {
    if (this.over) return;
    try {
      const answer = await fetch(`${this.upload.url}/line`, { headers: { Accept: "application/json" } });
      if (answer.redirected) return this.fail(words("You are signed out. Sign in and choose the file again."));
      if (isFinal(answer.status)) return this.fail(sentenceOf(await answer.text()));
      if (!answer.ok) throw new Error("not now");
      const { html, id } = await answer.json();
      this.end(() => this.tell.done(html, id));
    } catch {
      this.goOnLater(() => this.fetchLine());
    }
  }

  async end(say) {
    if (this.over) return;
    this.over = true;
    await this.forget();
    say();
  }

  // It is finished, refused or called off: the next time this file is chosen it is sent anew.
  async forget() {
    underway.delete(this.upload?.url);
    const known = (await this.upload?.findPreviousUploads()) ?? [];
    for (const one of known) {
      if (one.uploadUrl === this.upload.url) await this.store.removeUpload(one.urlStorageKey);
    }
  }

  // The reader has left the page; what is there stays there, and goes on when the file is chosen again.
  leave() {
    this.over = true;
    underway.delete(this.upload?.url);
    this.upload?.abort();
  }

  async cancel() {
    this.over = true;
    const url = this.upload?.url;
    await this.forget();
    // Nobody waits for the answer: an upload that cannot be told so is forgotten by the shop after a week.
    if (url) this.upload.abort(true).catch(() => {});
    else this.upload?.abort();
  }
}
