// Draws ZPL labels with zpl-renderer-js; the folder that holds it is the first argument, jobs come as JSON.
const fs = require("fs");
const { ready } = require(process.argv[2] + "/node_modules/zpl-renderer-js");

(async () => {
  const { api } = await ready;
  for (const job of JSON.parse(fs.readFileSync(0))) {
    const drawn = await api.zplToBase64Async(job.zpl, job.width, job.height, job.dots);
    fs.writeFileSync(job.out, Buffer.from(drawn, "base64"));
  }
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
