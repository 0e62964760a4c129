import { expect, test } from "../support/test.ts";
import { percentile, row } from "../support/table.ts";
import { ask, startWorker } from "../support/worker.ts";

test("refit of all methods and question choice in the CPU worker", async ({ page }) => {
  await page.goto("/method");
  await startWorker(page, "cpu", "cpu");
  const reply = await ask(page, { type: "bench_refit", votes: 200, candidates: 500, repeats: 100 });
  expect(reply.body.type, JSON.stringify(reply.body).slice(0, 300)).toBe("benched_refit");
  const { refit_ms, all_ms, choose_ms } = reply.body as unknown as {
    refit_ms: [string, number[]][];
    all_ms: number[];
    choose_ms: number[];
  };
  console.log("\n200 votes, 500 candidate pairs, wasm in Chromium; milliseconds");
  console.log(row("", "median", "p95", "bar (p95)"));
  const line = (name: string, values: number[], bar: string) =>
    console.log(row(name, percentile(values, 0.5).toFixed(2), percentile(values, 0.95).toFixed(2), bar));
  for (const [method, values] of refit_ms) line(`refit ${method}`, values, "");
  line("refit, all methods", all_ms, "16");
  line("next question", choose_ms, "50");
});
