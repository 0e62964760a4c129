import { devicesTable, type OnBoth } from "../support/devices.ts";
import { expect, test } from "../support/test.ts";
import { ask, startWorker } from "../support/worker.ts";

/** Largest difference of margins from the same state, log-odds. */
const PARITY = 1e-4;
/** The same when each device fits its own: both minimise the same loss, on views that differ by rounding. */
const FITTED = 1e-3;

test("every method that plays says on WebGPU what it says on the CPU", async ({ page }) => {
  await page.goto("/method");
  const ready = await startWorker(page, "gpu", "web_gpu");
  expect(ready.body).toMatchObject({ type: "ready", device: { device: "web_gpu" } });
  const playing = (ready.body.methods as { id: string }[]).map((method) => method.id);
  const reply = await ask(page, { type: "compare_devices", answers: 120, votes: 40, repeats: 1 });
  expect(reply.body.type, JSON.stringify(reply.body).slice(0, 300)).toBe("compared_devices");
  expect(reply.body.device).toMatchObject({ device: "web_gpu" });
  const methods = reply.body.methods as OnBoth[];
  console.log(devicesTable(methods));
  expect(methods.map((one) => one.method)).toEqual(playing);
  for (const one of methods) {
    expect(one.same_state, `${one.method}, same state`).toBeLessThanOrEqual(PARITY);
    expect(one.own_state, `${one.method}, own state`).toBeLessThanOrEqual(FITTED);
  }
  // Two devices round differently: equal to the last bit would mean that one of them computed nothing.
  expect(Math.max(...methods.map((one) => one.same_state))).toBeGreaterThan(0);
  // The session that was lent is back.
  expect((await ask(page, { type: "next" })).body.type).toBe("question");
});

test("on the CPU there is nothing to differ, and before the start nothing to compare", async ({ page }) => {
  await page.goto("/method");
  const ready = await startWorker(page, "gpu", "cpu");
  expect(ready.body).toMatchObject({ type: "ready", device: { device: "cpu" } });
  const reply = await ask(page, { type: "compare_devices", answers: 120, votes: 40, repeats: 1 });
  expect(reply.body).toMatchObject({ type: "compared_devices", device: { device: "cpu" } });
  for (const one of reply.body.methods as OnBoth[]) expect([one.same_state, one.own_state], one.method).toEqual([0, 0]);
  expect((await ask(page, { type: "compare_devices", answers: 0, votes: 40, repeats: 1 })).body).toMatchObject({ type: "failed", code: "input" });
});
