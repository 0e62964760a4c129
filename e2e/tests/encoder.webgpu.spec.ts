import { cosine, golden } from "../support/golden.ts";
import { expect, test } from "../support/test.ts";
import { ask, startWorker } from "../support/worker.ts";

test("the WebGPU worker runs on WebGPU and gives the reference vectors on short texts", async ({ page }) => {
  await page.goto("/method");
  const ready = await startWorker(page, "gpu", "web_gpu");
  expect(ready.body.type, JSON.stringify(ready.body)).toBe("ready");
  const short = golden()
    .filter((row) => row.tokens > 4 && row.tokens <= 24)
    .slice(0, 3);
  expect(short.length).toBe(3);
  const reply = await ask(page, { type: "embed", texts: short.map((row) => row.text) });
  expect(reply.body.type, JSON.stringify(reply.body).slice(0, 300)).toBe("embedded");
  const { vectors, device } = reply.body as unknown as { vectors: number[][]; device: { device: string; reason: string } };
  expect(device.device, device.reason).toBe("web_gpu");
  short.forEach((row, at) => {
    expect(cosine(vectors[at]!, row.embedding), row.text).toBeGreaterThanOrEqual(0.999);
  });
});
