import { cosine, golden } from "../support/golden.ts";
import { expect, test } from "../support/test.ts";
import { ask, startWorker } from "../support/worker.ts";

test("the CPU worker gives the reference ids and vectors", async ({ page }) => {
  test.setTimeout(300_000);
  await page.goto("/method");
  const ready = await startWorker(page, "cpu", "auto");
  expect(ready.body).toMatchObject({ type: "ready", device: { device: "cpu" } });
  // One window holds 254 word pieces and two marks; longer texts are averaged over windows, which is our own definition.
  const single = golden().filter((row) => row.tokens <= 256);
  expect(single.length).toBeGreaterThan(40);
  const reply = await ask(page, { type: "embed", texts: single.map((row) => row.text) });
  expect(reply.body.type, JSON.stringify(reply.body).slice(0, 300)).toBe("embedded");
  const { vectors, ids, device } = reply.body as unknown as { vectors: number[][]; ids: number[][]; device: { device: string } };
  expect(device.device).toBe("cpu");
  single.forEach((row, at) => {
    if (row.ids) expect(ids[at], row.text).toEqual(row.ids);
    expect(cosine(vectors[at]!, row.embedding), row.text.slice(0, 60)).toBeGreaterThanOrEqual(0.999);
  });
});
