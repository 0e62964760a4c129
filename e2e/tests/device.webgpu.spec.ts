import { expect, test } from "../support/test.ts";
import { ask, patchWorker, startWorker } from "../support/worker.ts";

for (const [what, code, reason] of [
  ["gives no device", `GPUAdapter.prototype.requestDevice = async () => { throw new DOMException("no device", "OperationError"); };`, "WebGPU is not usable here"],
  [
    "computes wrongly",
    `const range = GPUBuffer.prototype.getMappedRange;
     GPUBuffer.prototype.getMappedRange = function (...at) {
       const bytes = range.apply(this, at);
       if (this.usage & GPUBufferUsage.MAP_READ && bytes.byteLength >= 4096) new Float32Array(bytes, 0, 1)[0] += 1;
       return bytes;
     };`,
    "wrong numbers",
  ],
] as const) {
  test(`row 17: an adapter that ${what} is passed over with words`, async ({ page }) => {
    await patchWorker(page, code);
    await page.goto("/method");
    const ready = await startWorker(page, "gpu", "web_gpu");
    expect(ready.body).toMatchObject({ type: "ready", device: { device: "cpu", reason: expect.stringContaining(reason) } });
  });
}

test("row 17: left to itself the worker times both devices and keeps the faster one", async ({ page }) => {
  await page.goto("/method");
  await startWorker(page, "gpu", "auto");
  const reply = await ask(page, { type: "embed", texts: ["hello"] });
  expect(reply.body.type, JSON.stringify(reply.body).slice(0, 300)).toBe("embedded");
  const { device, reason } = reply.body.device as { device: string; reason: string };
  const times = /took (\d+) ms on WebGPU and (\d+) ms on the CPU/.exec(reason);
  expect(times, reason).not.toBeNull();
  expect(device).toBe(Number(times![1]) < Number(times![2]) ? "web_gpu" : "cpu");
});

test("a lost graphics device is replaced, and the next comparison runs on it", async ({ page, errors }) => {
  await patchWorker(
    page,
    `const request = GPUAdapter.prototype.requestDevice;
     GPUAdapter.prototype.requestDevice = async function (...options) {
       return (globalThis.palateDevice = await request.apply(this, options));
     };`,
  );
  await page.addInitScript(() => localStorage.setItem("palate.device", "web_gpu"));
  await page.goto("/compare");
  const compare = async (a: string, b: string) => {
    await page.getByRole("textbox", { name: "Text A" }).fill(a);
    await page.getByRole("textbox", { name: "Text B" }).fill(b);
    await page.getByRole("button", { name: "Which would I prefer?" }).click();
  };
  await compare("Take the train.", "It depends on you.");
  await page.getByRole("button", { name: "Download and compare" }).click();
  const verdict = page.getByText(/You would prefer/).first();
  await expect(verdict).toBeVisible({ timeout: 300_000 });
  await expect(page.getByText(/Runs on: Graphics processor/)).toBeVisible();

  const onGpu = () => page.workers().find((worker) => worker.url().includes("/assets/worker-gpu-"));
  const lost = onGpu()!;
  await lost.evaluate(() => (globalThis as any).palateDevice.destroy());
  await expect.poll(() => { const now = onGpu(); return now !== undefined && now !== lost; }, { timeout: 60_000 }).toBe(true);
  await compare("Take the bus.", "Ask a friend first.");
  await expect(verdict).toBeVisible({ timeout: 300_000 });
  await expect(page.getByText(/Runs on: Graphics processor/)).toBeVisible();
  expect(errors).toEqual([]);
});
