import { expect, test } from "../support/test.ts";
import { ask, patchWorker, startWorker } from "../support/worker.ts";

const SHARD = /\/models\/encoder\/(?!manifest)/;

/** Counts requests for the encoder's files. */
async function countFetches(page: import("@playwright/test").Page): Promise<() => number> {
  let count = 0;
  page.on("request", (request) => (count += Number(SHARD.test(request.url()))));
  return () => count;
}

test("row 17: without an adapter the large worker says why and runs on the CPU", async ({ page }) => {
  await patchWorker(page, `if (navigator.gpu) Object.defineProperty(navigator.gpu, "requestAdapter", { value: async () => null });`);
  await page.goto("/method");
  const ready = await startWorker(page, "gpu", "web_gpu");
  expect(ready.body).toMatchObject({ type: "ready", device: { device: "cpu", reason: expect.stringContaining("WebGPU is not usable here") } });
  expect((await ask(page, { type: "next" })).body.type).toBe("question");
});

test("row 16: a crash canary keeps /compare on the CPU until the visitor asks again", async ({ page }) => {
  test.setTimeout(240_000);
  await page.addInitScript(() => {
    if (!sessionStorage.getItem("seeded")) localStorage.setItem("palate.gpu_canary", "1");
    sessionStorage.setItem("seeded", "1");
  });
  await page.goto("/compare");
  await page.getByRole("textbox", { name: "Text A" }).fill("Short and clear.");
  await page.getByRole("textbox", { name: "Text B" }).fill("Somewhat longer, with a question at the end?");
  await page.getByRole("button", { name: "Which would I prefer?" }).click();
  await page.getByRole("button", { name: "Download and compare" }).click();
  await expect(page.getByText(/The last try with the graphics processor did not finish/)).toBeVisible({ timeout: 200_000 });
  await expect(page.getByText(/You would prefer/).first()).toBeVisible({ timeout: 200_000 });
  await page.getByRole("radio", { name: "Graphics processor" }).check();
  expect(await page.evaluate(() => localStorage.getItem("palate.gpu_canary"))).toBeNull();
});

test("row 18: without a private file system the encoder is kept in the Cache API", async ({ page }) => {
  test.setTimeout(240_000);
  await patchWorker(page, `StorageManager.prototype.getDirectory = async () => { throw new DOMException("blocked", "SecurityError"); };`);
  await page.goto("/method");
  await startWorker(page, "cpu", "cpu");
  expect((await ask(page, { type: "embed", texts: ["hello"] })).body.type).toBe("embedded");
  expect(await page.evaluate(async () => (await (await caches.open("palate-encoder")).keys()).length)).toBeGreaterThan(2);
  const fetched = await countFetches(page);
  await page.reload();
  await startWorker(page, "cpu", "cpu");
  expect((await ask(page, { type: "embed", texts: ["hello"] })).body.type).toBe("embedded");
  expect(fetched()).toBe(0);
  expect((await ask(page, { type: "delete_cache" })).body.type).toBe("done");
  expect(await page.evaluate(() => caches.has("palate-encoder"))).toBe(false);
});

test("row 18: with no place at all the encoder works from memory", async ({ page }) => {
  test.setTimeout(240_000);
  await patchWorker(
    page,
    `StorageManager.prototype.getDirectory = async () => { throw new DOMException("blocked", "SecurityError"); };
     CacheStorage.prototype.open = async () => { throw new DOMException("blocked", "SecurityError"); };`,
  );
  await page.goto("/method");
  await startWorker(page, "cpu", "cpu");
  expect((await ask(page, { type: "embed", texts: ["hello"] })).body.type).toBe("embedded");
  const fetched = await countFetches(page);
  expect((await ask(page, { type: "embed", texts: ["hello again"] })).body.type).toBe("embedded");
  expect(fetched()).toBe(0);
});

test("row 18: a full disk while shards are kept costs nothing but the cache", async ({ page }) => {
  test.setTimeout(240_000);
  await patchWorker(
    page,
    `const write = FileSystemWritableFileStream.prototype.write;
     FileSystemWritableFileStream.prototype.write = function (data) {
       if (data.byteLength > 1000) return Promise.reject(new DOMException("no space", "QuotaExceededError"));
       return write.call(this, data);
     };`,
  );
  await page.goto("/method");
  await startWorker(page, "cpu", "cpu");
  expect((await ask(page, { type: "embed", texts: ["hello"] })).body.type).toBe("embedded");
});

test("row 18: a shard that stops half-way is continued by a range request", async ({ page }) => {
  test.setTimeout(240_000);
  const half = 1_000_000;
  const ranges: (string | undefined)[] = [];
  let cut: string | undefined;
  await page.route(SHARD, async (route) => {
    const url = route.request().url();
    const range = route.request().headers()["range"];
    const whole = await route.fetch();
    const body = await whole.body();
    if (body.length > 2 * half && (cut === undefined || url === cut)) {
      ranges.push(range);
      if (cut === undefined) {
        cut = url;
        return route.fulfill({ status: 200, body: body.subarray(0, half), headers: { "content-type": "application/octet-stream" } });
      }
      expect(whole.status()).toBe(206);
    }
    return route.fulfill({ response: whole, body });
  });
  await page.goto("/method");
  await startWorker(page, "cpu", "cpu");
  expect((await ask(page, { type: "embed", texts: ["hello"] })).body).toMatchObject({ type: "failed", code: "network" });
  expect((await ask(page, { type: "embed", texts: ["hello"] })).body.type).toBe("embedded");
  expect(ranges).toEqual([undefined, `bytes=${half}-`]);
});
