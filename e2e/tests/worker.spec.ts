import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PalateServer } from "../support/server.ts";
import { expect, test } from "../support/test.ts";
import { ask, startWorker } from "../support/worker.ts";

const SHARD = /\/models\/encoder\/.*\.(safetensors|bin|shard)|\/models\/encoder\/[^/]*shard[^/]*$/;

test("a pack file with a wrong byte is refused in plain words", async ({ page }) => {
  await page.route(/\/packs\/starter\/vectors-.*/, async (route) => {
    const response = await route.fetch();
    const body = await response.body();
    body[100] = body[100]! ^ 1;
    await route.fulfill({ response, body, headers: { "content-type": "application/octet-stream" } });
  });
  await page.goto("/method");
  const reply = await startWorker(page, "cpu", "auto");
  expect(reply.body).toMatchObject({ type: "failed", code: "pack" });
  expect(String(reply.body.message)).toMatch(/reload|again/i);
});

test("a message that is no request is answered, and the worker lives on", async ({ page }) => {
  await page.goto("/method");
  await startWorker(page, "cpu", "auto");
  expect((await ask(page, { type: "no_such_request" })).body).toMatchObject({ type: "failed", code: "input" });
  expect((await ask(page, { type: "predict", prompt: "nope", shown: ["x", "y"] })).body).toMatchObject({
    type: "failed",
    code: "input",
  });
  expect((await ask(page, { type: "next" })).body.type).toBe("question");
});

test("the worker does the work that a new session needs, and no more than that", async ({ page }) => {
  await page.goto("/method");
  await startWorker(page, "cpu", "auto");
  const { nonce } = (await ask(page, { type: "solve_pow", challenge: "c", bits: 12 })).body as any;
  expect(createHash("sha256").update(`c:${nonce}`).digest().readUInt16BE(0)).toBeLessThan(16);
  expect((await ask(page, { type: "solve_pow", challenge: "c", bits: 60 })).body).toMatchObject({ type: "failed", code: "input" });
});

test("predictions are probabilities and stay the same when asked again", async ({ page }) => {
  await page.goto("/method");
  const ready = await startWorker(page, "cpu", "auto");
  const methods = (ready.body.methods as { id: string }[]).map((method) => method.id);
  expect(methods.length).toBeGreaterThanOrEqual(6);
  const question = (await ask(page, { type: "next" })).body as any;
  expect(question.propensity).toBeGreaterThan(0);
  expect(question.predictions.map((prediction: any) => prediction.method)).toEqual(methods);
  for (const { p_first } of question.predictions) expect(p_first >= 0 && p_first <= 1).toBe(true);
  const swapped = (
    await ask(page, { type: "predict", prompt: question.prompt, shown: [...question.shown].reverse() })
  ).body as any;
  question.predictions.forEach((prediction: any, at: number) =>
    expect(prediction.p_first + swapped.predictions[at].p_first).toBeCloseTo(1, 6),
  );
});

test("row 18: a shard with a wrong byte is refused and never cached; the next try works", async ({ page }) => {
  test.setTimeout(240_000);
  let broken = 0;
  await page.route(SHARD, async (route) => {
    const response = await route.fetch();
    const body = await response.body();
    body[body.length - 1] = body[body.length - 1]! ^ 1;
    broken++;
    await route.fulfill({ status: 200, body, headers: { "content-type": "application/octet-stream" } });
  });
  await page.goto("/method");
  await startWorker(page, "cpu", "auto");
  const refused = await ask(page, { type: "embed", texts: ["hello"] });
  expect(refused.body).toMatchObject({ type: "failed", code: "weights_corrupt" });
  expect(broken).toBeGreaterThan(0);
  await page.unroute(SHARD);
  expect((await ask(page, { type: "embed", texts: ["hello"] })).body.type).toBe("embedded");

  // A second worker finds the weights in the cache: no shard is fetched again.
  let fetched = 0;
  await page.route(SHARD, (route) => {
    fetched++;
    return route.continue();
  });
  await page.reload();
  await startWorker(page, "cpu", "auto");
  expect((await ask(page, { type: "embed", texts: ["hello"] })).body.type).toBe("embedded");
  expect(fetched).toBe(0);
});

test("row 18: a cancelled download says so and goes on from there", async ({ page }) => {
  test.setTimeout(240_000);
  let held: (() => void) | undefined;
  let shards = 0;
  await page.route(SHARD, async (route) => {
    shards++;
    if (shards > 1) await new Promise<void>((resolve) => (held = resolve));
    await route.continue().catch(() => {});
  });
  await page.goto("/method");
  await startWorker(page, "cpu", "auto");
  const embedding = ask(page, { type: "embed", texts: ["hello"] });
  await expect.poll(() => shards, { timeout: 60_000 }).toBeGreaterThan(1);
  expect((await ask(page, { type: "cancel_download" })).body.type).toBe("done");
  expect((await embedding).body).toMatchObject({ type: "failed", code: "cancelled" });
  held?.();
  await page.unroute(SHARD);
  expect((await ask(page, { type: "embed", texts: ["hello"] })).body.type).toBe("embedded");
  const progress = await page.evaluate(() =>
    (window as any).palateWorker.unasked.filter((reply: any) => reply.body.type === "progress").map((reply: any) => reply.body),
  );
  expect(progress.length).toBeGreaterThan(2);
  const last = progress.at(-1);
  expect(last.loaded).toBe(last.total);
});

test("absent weights are named, and everything else works", async ({ browser }) => {
  const empty = mkdtempSync(join(tmpdir(), "palate-empty-"));
  const server = await PalateServer.start({ encoder: empty });
  const page = await browser.newPage();
  await page.goto(`${server.url}/method`);
  await startWorker(page, "cpu", "auto");
  const reply = await ask(page, { type: "embed", texts: ["hello"] });
  expect(reply.body).toMatchObject({ type: "failed", code: "weights_missing" });
  expect((await ask(page, { type: "next" })).body.type).toBe("question");
  await page.close();
  await server.stop();
  rmSync(empty, { recursive: true });
});
