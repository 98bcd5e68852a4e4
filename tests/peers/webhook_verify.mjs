// The npm library of Standard Webhooks verifies what a shop has sent. Prints what it saw as one line of JSON.
// node webhook_verify.mjs <folder with node_modules> <secret> <file with [{body, headers}]>
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, secret, file] = process.argv.slice(2);
const { Webhook } = createRequire(join(folder, "walk.js"))("standardwebhooks");
const seen = { types: [], forged: 0 };
for (const { body, headers } of JSON.parse(readFileSync(file, "utf8"))) {
  seen.types.push(new Webhook(secret).verify(body, headers).type);
  try {
    new Webhook(secret).verify(`${body} `, headers);
  } catch {
    seen.forged += 1;
  }
}
console.log(JSON.stringify(seen));
