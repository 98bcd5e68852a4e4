// Stripe's own Node client walks the local Stripe: pay, refund, dispute, webhook. Prints what it saw as one line of JSON.
// node stripe_walk.mjs <folder with node_modules> <address> <key> <signing secret> <port for webhooks>
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, address, key, secret, port] = process.argv.slice(2);
const Stripe = createRequire(join(folder, "walk.js"))("stripe");
const at = new URL(address);
const local = { host: at.hostname, port: at.port, protocol: "http", maxNetworkRetries: 0, telemetry: false };
const stripe = new Stripe(key, local);
const seen = { version: Stripe.PACKAGE_VERSION ?? "", events: [], forged: 0 };

const endpoint = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const body = Buffer.concat(parts);
    const mark = request.headers["stripe-signature"];
    seen.events.push(stripe.webhooks.constructEvent(body, mark, secret).type);
    try {
      stripe.webhooks.constructEvent(body, mark, "whsec_guess");
    } catch {
      seen.forged += 1;
    }
    response.end("{}");
  });
});
await new Promise((ready) => endpoint.listen(Number(port), "127.0.0.1", ready));

const turn = async (what, told = {}) => {
  const answer = await fetch(`${address}/_local/${what}`, { method: "POST", body: JSON.stringify(told) });
  return answer.json();
};
const failure = async (promise) => {
  try {
    await promise;
    return "none";
  } catch (error) {
    return `${error.type} ${error.code ?? ""}`.trim();
  }
};
const asked = () => ({
  mode: "payment",
  line_items: [
    { quantity: 1, price_data: { currency: "eur", unit_amount: 12345, product_data: { name: "Invoice R-1" } } },
  ],
  success_url: "https://shop.example/paid?session={CHECKOUT_SESSION_ID}",
  cancel_url: "https://shop.example/",
  customer_email: "ada@example.org",
  metadata: { intent: "node-1" },
  payment_intent_data: { metadata: { intent: "node-1" } },
});

const session = await stripe.checkout.sessions.create(asked(), { idempotencyKey: "node-1" });
seen.same = (await stripe.checkout.sessions.create(asked(), { idempotencyKey: "node-1" })).id === session.id;
const other = { ...asked(), client_reference_id: "other" };
seen.mismatch = await failure(stripe.checkout.sessions.create(other, { idempotencyKey: "node-1" }));
seen.unknown = await failure(stripe.checkout.sessions.create({ ...asked(), colour: "red" }));
seen.key = await failure(new Stripe("sk_test_guess", local).customers.list());

const paid = await fetch(`${session.url}/card`, {
  method: "POST",
  body: new URLSearchParams({ number: "4242 4242 4242 4242" }),
  redirect: "manual",
});
seen.there = paid.headers.get("location") === `https://shop.example/paid?session=${session.id}`;
const full = await stripe.checkout.sessions.retrieve(session.id, {
  expand: ["payment_intent.latest_charge.balance_transaction", "line_items"],
});
const charge = full.payment_intent.latest_charge;
seen.paid = [full.payment_status, full.payment_intent.amount_received, charge.balance_transaction.net];
seen.line = full.line_items.data[0].description;

const refund = await stripe.refunds.create({ payment_intent: full.payment_intent.id, amount: 345 });
seen.refund = [refund.status, refund.amount];
seen.more = await failure(stripe.refunds.create({ payment_intent: full.payment_intent.id, amount: 12001 }));
const dispute = await turn(`dispute/${session.id}`);
await stripe.disputes.update(dispute.id, { evidence: { product_description: "A part" }, submit: true });
await turn(`end_dispute/${dispute.id}`, { won: true });
seen.dispute = (await stripe.disputes.retrieve(dispute.id)).status;

const debit = await stripe.checkout.sessions.create(asked());
await turn(`debit/${debit.id}`);
seen.debit = [(await stripe.checkout.sessions.retrieve(debit.id)).payment_status];
await turn(`settle/${debit.id}`, { paid: true });
seen.debit.push((await stripe.checkout.sessions.retrieve(debit.id)).payment_status);
seen.expired = (await stripe.checkout.sessions.expire((await stripe.checkout.sessions.create(asked())).id)).status;

for (let number = 0; number < 3; number += 1) await stripe.customers.create({ email: `${number}@example.org` });
seen.customers = [];
for await (const customer of stripe.customers.list({ limit: 1 })) seen.customers.push(customer.email);
for await (const event of stripe.events.list({ limit: 5 })) seen.listed = (seen.listed ?? 0) + 1;

for (let tries = 0; tries < 100 && seen.events.length < seen.listed; tries += 1) {
  await new Promise((later) => setTimeout(later, 50));
}
console.log(JSON.stringify(seen));
process.exit(0);
