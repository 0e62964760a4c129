import { expect, test } from "../support/test.ts";
import { ask, startWorker, type Reply } from "../support/worker.ts";

/** Largest difference of losses from the same start, nats a vote. */
const PARITY = 1e-4;

test("PAL-A trains on WebGPU from the same start as on the CPU, and finds the same groups", async ({ page }) => {
  await page.goto("/method");
  const train = async (preference: "cpu" | "web_gpu") => {
    const ready = await startWorker(page, "gpu", preference);
    expect(ready.body).toMatchObject({ type: "ready", device: { device: preference } });
    const answer = await ask(page, { type: "reproduce", recipe: "pal-partition", prototypes: 3, effort: 0.1, encode: false });
    expect(answer.body.type, JSON.stringify(answer.body).slice(0, 300)).toBe("reproduced");
    expect(answer.body.device).toMatchObject({ device: preference });
    const told = await page.evaluate(() => (window as any).palateWorker.unasked as Reply[]);
    await page.evaluate(() => (window as any).palateWorker.worker.terminate());
    const losses = told.filter(({ body }) => body.type === "training" && body.what === "pal-a").map(({ body }) => body as unknown as { run: number; step: number; loss: number });
    const figures = answer.body.figures as { method: string; known: boolean; votes: number; accuracy: [number, number, number] }[];
    const last = figures.find((one) => one.method === "pal-a" && !one.known && one.votes === 32)!;
    return { losses, accuracy: last.accuracy[0], seconds: answer.body.seconds as number };
  };
  const cpu = await train("cpu");
  const gpu = await train("web_gpu");
  console.log(`PAL-A, 200 gradient steps in all: ${cpu.seconds.toFixed(1)} s on the CPU, ${gpu.seconds.toFixed(1)} s on WebGPU; new items after 32 votes ${cpu.accuracy.toFixed(3)} and ${gpu.accuracy.toFixed(3)}`);
  const firsts = (all: typeof cpu.losses) => all.filter(({ step }) => step === 1).map(({ loss }) => loss);
  expect(firsts(gpu.losses).length).toBe(firsts(cpu.losses).length);
  for (const [at, loss] of firsts(cpu.losses).entries()) expect(Math.abs(firsts(gpu.losses)[at] - loss)).toBeLessThanOrEqual(PARITY);
  expect(Math.abs(cpu.accuracy - gpu.accuracy)).toBeLessThanOrEqual(0.05);
});
