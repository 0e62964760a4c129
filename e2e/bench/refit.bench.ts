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

test("from ready to the first prediction, workers anew", async ({ page }) => {
  await page.goto("/method");
  const [choose, predict]: number[][] = [[], []];
  for (let worker = 0; worker < 20; worker++) {
    await startWorker(page, "cpu", "cpu");
    // As the page does: it drew its first question itself while the worker was loading, and asks for forecasts.
    const [first, next] = await page.evaluate(async () => {
      const { ask, worker } = (window as any).palateWorker;
      const manifest = await (await fetch("/packs/starter/manifest.json")).json();
      const name = manifest.files.find((file: { role: string }) => file.role === "first").name;
      const { id, responses } = (await (await fetch(`/packs/starter/${name}`)).json()).prompts[0];
      const timed = async (body: object) => {
        const start = performance.now();
        const reply = await ask(body);
        if (reply.body.type !== "question" || !reply.body.predictions.length) throw new Error(JSON.stringify(reply));
        return performance.now() - start;
      };
      const times = [await timed({ type: "predict", prompt: id, shown: responses.slice(0, 2).map((one: { id: string }) => one.id) }), await timed({ type: "next" })];
      worker.terminate();
      return times;
    });
    predict.push(first!);
    choose.push(next!);
  }
  console.log("\n20 workers, each asked at once when it says ready; milliseconds in the page");
  console.log(row("", "median", "longest", "bar"));
  const line = (name: string, values: number[]) => console.log(row(name, percentile(values, 0.5).toFixed(1), percentile(values, 1).toFixed(1), "100"));
  line("question of the page, predicted", predict);
  line("question chosen after that", choose);
});
