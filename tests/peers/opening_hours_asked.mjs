// Asks OpenStreetMap's own reader of opening hours. In: {"module", "shops": [{"hours", "instants": [ms]}]}.
// Out: for each shop a list of [open, next change in ms or null].
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const asked = JSON.parse(readFileSync(0, "utf8"));
const OpeningHours = createRequire(import.meta.url)(asked.module);
const answers = asked.shops.map(({ hours, instants }) => {
  const shop = new OpeningHours(hours);
  return instants.map((at) => {
    const moment = new Date(at);
    const next = shop.getNextChange(moment);
    return [shop.getState(moment), next ? next.getTime() : null];
  });
});
process.stdout.write(JSON.stringify(answers));
