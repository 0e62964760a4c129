import { manyItems } from "../support/lab.ts";
import { expect, test } from "../support/test.ts";
import { ask, startWorker, type Reply } from "../support/worker.ts";

/** Largest difference of losses from the same start, and after [`STEPS`], nats a vote. */
const PARITY = 1e-4;
const AFTER = 1e-3;
/** Gradient steps of each training: Chromium's software adapter is slow. */
const STEPS = 10;
/** Starts of the last training, on the whole set. Those before, for choices, see fewer items, and so noise that each device draws its own way. */
const STARTS = 3;

test("PAL-A trains on WebGPU from the same start as on the CPU, and comes to the same", async ({ page }) => {
  await page.goto("/method");
  const train = async (preference: "cpu" | "web_gpu") => {
    const ready = await startWorker(page, "gpu", preference);
    expect(ready.body).toMatchObject({ type: "ready", device: { device: preference } });
    await page.evaluate((files) => {
      for (const [name, text] of Object.entries(files)) (window as any).palateWorker.worker.postMessage(new File([text], name));
    }, manyItems());
    const answer = await ask(page, { type: "reproduce", recipe: null, prototypes: 3, effort: STEPS / 1000, encode: false });
    expect(answer.body.type, JSON.stringify(answer.body).slice(0, 300)).toBe("reproduced");
    expect(answer.body.device).toMatchObject({ device: preference });
    const told = await page.evaluate(() => (window as any).palateWorker.unasked as Reply[]);
    await page.evaluate(() => (window as any).palateWorker.worker.terminate());
    const steps = told.map(({ body }) => body as unknown as { type: string; what: string; step: number; loss: number });
    const losses = (at: number) => steps.filter((one) => one.type === "training" && one.what === "pal-a" && one.step === at).map((one) => one.loss);
    return { first: losses(1).slice(-STARTS), last: losses(STEPS).slice(-STARTS), seconds: answer.body.seconds as number };
  };
  const cpu = await train("cpu");
  const gpu = await train("web_gpu");
  console.log(`PAL-A, ${STEPS} steps a training: ${cpu.seconds.toFixed(1)} s on the CPU, ${gpu.seconds.toFixed(1)} s on WebGPU`);
  const farthest = (a: number[], b: number[]) => Math.max(...a.map((loss, at) => Math.abs(loss - b[at])));
  console.log(`losses at first ${cpu.first} and ${gpu.first}, at last ${cpu.last} and ${gpu.last}`);
  expect(cpu.first.length).toBe(STARTS);
  expect([gpu.first.length, gpu.last.length]).toEqual([cpu.first.length, cpu.last.length]);
  // Training moved the loss, so that equal ends say something.
  expect(farthest(cpu.first, cpu.last)).toBeGreaterThan(10 * AFTER);
  expect(farthest(cpu.first, gpu.first)).toBeLessThanOrEqual(PARITY);
  expect(farthest(cpu.last, gpu.last)).toBeLessThanOrEqual(AFTER);
});
