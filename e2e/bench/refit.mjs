// Refit of all methods and question choice in the CPU worker, and long tasks on the page during 30 votes.
import { chromium } from "@playwright/test";
import { PalateServer } from "../support/server.ts";
import { ask, startWorker } from "../support/worker.ts";

const percentile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
};

const server = await PalateServer.start();
const browser = await chromium.launch({ executablePath: process.env.PALATE_CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
try {
  const page = await browser.newPage();
  await page.goto(`${server.url}/method`);
  await startWorker(page, "cpu", "cpu");
  const { body } = await ask(page, { type: "bench_refit", votes: 200, candidates: 500, repeats: 60 });
  if (body.type !== "benched_refit") throw new Error(JSON.stringify(body));
  const row = (name, values, bar) =>
    console.log(`${name.padEnd(28)} ${percentile(values, 0.5).toFixed(2).padStart(8)} ${percentile(values, 0.95).toFixed(2).padStart(8)}   ${bar}`);
  console.log(`200 votes, 500 candidate pairs, wasm in Chromium\n${"milliseconds".padEnd(28)} ${"median".padStart(8)} ${"p95".padStart(8)}   bar (p95)`);
  for (const [method, values] of body.refit_ms) row(`refit ${method}`, values, "");
  row("refit, all methods", body.all_ms, "16");
  row("next question", body.choose_ms, "50");
} finally {
  await browser.close();
  await server.stop();
}
