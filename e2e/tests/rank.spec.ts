import { RankPage, stored } from "../support/rank_page.ts";
import { expect, test } from "../support/test.ts";

test("the first vote needs the page, the UI wasm and the starter pack, and nothing of the API", async ({ page, server, errors }) => {
  const requests: string[] = [];
  page.on("request", (request) => requests.push(new URL(request.url()).pathname));
  const rank = new RankPage(page);
  await rank.open();
  await rank.vote("A is better").click();
  await rank.revealNow.click();
  await expect(rank.authors).toHaveCount(2);
  expect(requests.filter((path) => path.startsWith("/api/") || path.startsWith("/models/"))).toEqual([]);
  expect(requests.every((path) => path === "/rank" || /^\/(assets|packs)\/|^\/(favicon|manifest)/.test(path)), requests.join(" ")).toBe(true);
  expect(server.url).toContain("127.0.0.1");
  expect(errors).toEqual([]);
});

test("nothing is sent: thirty votes on this device ask for static files only", async ({ page, context }) => {
  test.setTimeout(180_000);
  const asked: { method: string; path: string; body: string | null }[] = [];
  // The context sees what workers ask for, too.
  context.on("request", (request) => asked.push({ method: request.method(), path: new URL(request.url()).pathname, body: request.postData() }));
  const rank = new RankPage(page);
  await rank.open();
  for (let vote = 1; vote <= 30; vote++) await rank.voteAndGoOn(vote % 3 ? "A is better" : "B is better");
  await page.goto("/me");
  await expect(page.getByText(/From 30 votes/)).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole("banner")).toContainText("votes sent: 0");
  const pages = ["/rank", "/me"];
  const beyond = asked.filter(
    ({ method, path, body }) => method !== "GET" || body !== null || !(pages.includes(path) || /^\/(assets|packs)\/[\w./-]+$|^\/(favicon\.svg|manifest\.webmanifest)$/.test(path)),
  );
  expect(beyond).toEqual([]);
  expect(asked.length).toBeGreaterThan(5);
  expect(await page.evaluate(() => document.cookie)).toBe("");
  expect(await context.cookies()).toEqual([]);
});

test("a vote is taken while the worker is blocked, and learned from when it comes", async ({ page }) => {
  let release: (() => void) | undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  await page.route(/assets\/worker-/, async (route) => {
    await gate;
    await route.continue();
  });
  const rank = new RankPage(page);
  await rank.open();
  await rank.vote("B is better").click();
  await rank.revealNow.click();
  await expect(rank.board.getByText("You voted before the methods were ready")).toBeVisible();
  const [event] = await stored(page, "events");
  expect(event.predictions).toEqual([]);
  expect(event.policy).toBe("uniform_random");
  release!();
  await rank.next.click();
  await rank.voteUntilForecast();
  const events = await stored(page, "events");
  const forecast = events.find((vote) => vote.predictions.length > 0);
  expect(forecast).toBeDefined();
});

test("undo within eight seconds stores nothing, hides nothing and asks again", async ({ page }) => {
  const rank = new RankPage(page);
  await rank.open();
  const before = await rank.shown();
  await rank.vote("A is better").click();
  await expect(rank.authors).toHaveCount(0);
  expect(await stored(page, "events")).toEqual([]);
  await rank.undo.click();
  await expect(rank.vote("A is better")).toBeVisible();
  expect(await rank.shown()).toBe(before);
  await page.waitForTimeout(9_000);
  expect(await stored(page, "events")).toEqual([]);
  await expect(rank.authors).toHaveCount(0);
});

test("after eight seconds the vote is kept and the names are shown without a click", async ({ page }) => {
  const rank = new RankPage(page);
  await rank.open();
  await rank.vote("B is better").click();
  await page.waitForTimeout(6_000);
  await expect(rank.authors).toHaveCount(0);
  await expect(rank.authors).toHaveCount(2, { timeout: 10_000 });
  const [event] = await stored(page, "events");
  expect(event.judgment).toMatchObject({ outcome: "ranked", groups: [[event.shown[1]], [event.shown[0]]] });
});

test("row 4: the six choices are stored as five distinct outcomes", async ({ page }) => {
  const rank = new RankPage(page);
  await rank.open();
  for (const name of ["A is better", "B is better", "Equal", "Both bad", "Can’t tell", "Skip"]) await rank.voteAndGoOn(name);
  const outcomes = (await stored(page, "events")).sort((a, b) => a.at_ms - b.at_ms).map((event) => event.judgment.outcome);
  expect(outcomes).toEqual(["ranked", "ranked", "equal", "all_unacceptable", "cant_tell", "skip"]);
});

test("ten votes, then /me tells them; a reload keeps all; forecasts were locked", async ({ page, errors }) => {
  const rank = new RankPage(page);
  await rank.open();
  for (let vote = 1; vote <= 10; vote++) {
    await rank.voteAndGoOn(vote % 2 ? "A is better" : "B is better");
    await rank.learnedFrom(vote);
  }
  const events = await stored(page, "events");
  expect(events).toHaveLength(10);
  const asked = events.filter((event) => event.predictions.length > 0);
  expect(asked.length).toBeGreaterThanOrEqual(7);
  for (const event of asked) {
    expect(event.propensity).toBeGreaterThan(0);
    expect(event.propensity).toBeLessThanOrEqual(1);
    expect(["uniform_random", "expected_information"]).toContain(event.policy);
    expect(event.predictions.map((forecast: any) => forecast.method)).toEqual(asked[0].predictions.map((forecast: any) => forecast.method));
  }
  await page.goto("/me");
  await expect(page.getByRole("heading", { level: 1, name: "Your taste" })).toBeVisible();
  await expect(page.getByText(/From 10 votes/)).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole("heading", { name: "What moves you" })).toBeVisible();
  await expect(page.getByText(/Too early to tell/).first()).toBeVisible();
  await page.reload();
  await expect(page.getByText(/From 10 votes/)).toBeVisible({ timeout: 30_000 });
  await page.goto("/rank");
  await rank.learnedFrom(10);
  expect(errors).toEqual([]);
});

test("a whole ranking by keyboard; keys rest while typing, with modifiers and in dialogs", async ({ page }) => {
  const rank = new RankPage(page);
  await rank.open();
  await expect(rank.vote("A is better")).toContainText("1");
  await page.keyboard.press("Control+1");
  await expect(rank.vote("A is better")).toBeVisible();
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  await page.keyboard.press("1");
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(rank.vote("A is better")).toBeVisible();
  for (const key of ["1", "2", "3", "4", "0", "s"]) {
    await page.keyboard.press(key);
    await expect(rank.undo).toBeVisible();
    await page.keyboard.press("u");
    await expect(rank.vote("A is better")).toBeVisible();
    await page.keyboard.press(key);
    await page.keyboard.press("n");
    await expect(rank.authors).toHaveCount(2);
    await page.keyboard.press("n");
    await expect(rank.vote("A is better")).toBeVisible();
  }
  expect(await stored(page, "events")).toHaveLength(6);
  // Tab alone reaches the vote and the next question.
  await page.getByRole("link", { name: "Skip to content" }).focus();
  await page.keyboard.press("Enter");
  for (let tab = 0; tab < 12; tab++) {
    await page.keyboard.press("Tab");
    if (await rank.vote("B is better").evaluate((button) => button === document.activeElement)) break;
  }
  await page.keyboard.press("Enter");
  await expect(rank.revealNow).toBeVisible();
  // Typing is typing.
  await page.goto("/compare");
  const text = page.getByRole("textbox", { name: "Text A" });
  await text.fill("");
  await text.pressSequentially("12340sun?");
  await expect(text).toHaveValue("12340sun?");
  await expect(page.getByRole("dialog")).toBeHidden();
});

test("with IndexedDB blocked the page says so and voting goes on", async ({ page, errors }) => {
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("The operation is insecure.", "SecurityError");
    };
  });
  const rank = new RankPage(page);
  await rank.open();
  await expect(page.getByText(/cannot be kept in this browser/)).toBeVisible();
  await rank.voteAndGoOn("A is better");
  await rank.learnedFrom(1);
  expect(errors).toEqual([]);
});

test("a full disk loses no vote: the page says so, and a retry stores it once", async ({ page }) => {
  const rank = new RankPage(page);
  await rank.open();
  await page.evaluate(() => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function () {
      throw new DOMException("no space", "QuotaExceededError");
    };
    Object.assign(window, { spaceAgain: () => (IDBObjectStore.prototype.put = put) });
  });
  await rank.vote("A is better").click();
  await rank.revealNow.click();
  await expect(rank.board.getByText("Your vote could not be stored")).toBeVisible();
  await expect(rank.authors).toHaveCount(0);
  await page.evaluate(() => (window as any).spaceAgain());
  await rank.board.getByRole("button", { name: "Try again" }).click();
  await expect(rank.authors).toHaveCount(2);
  expect(await stored(page, "events")).toHaveLength(1);
});

test("a corrupt pack turns learning off with words; votes are still kept", async ({ page }) => {
  await page.route(/\/packs\/starter\/heads-.*/, async (route) => {
    const response = await route.fetch();
    const body = await response.body();
    body[200] = body[200]! ^ 1;
    await route.fulfill({ status: 200, body, headers: { "content-type": "application/octet-stream" } });
  });
  const rank = new RankPage(page);
  await rank.open();
  await expect(page.getByText(/Learning is off for now/)).toBeVisible({ timeout: 30_000 });
  await rank.vote("A is better").click();
  await rank.revealNow.click();
  await expect(rank.authors).toHaveCount(2);
  expect(await stored(page, "events")).toHaveLength(1);
});

test("a worker that dies is started anew and nothing is lost", async ({ page }) => {
  await page.addInitScript(() => {
    const Original = Worker;
    const made: Worker[] = [];
    (window as any).Worker = class extends Original {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        made.push(this);
      }
    };
    Object.assign(window, { madeWorkers: made });
  });
  const rank = new RankPage(page);
  await rank.open();
  await rank.voteUntilForecast();
  const before = (await stored(page, "events")).length;
  await page.evaluate(() => {
    const worker = (window as any).madeWorkers[0] as Worker;
    worker.dispatchEvent(new ErrorEvent("error", { message: "out of memory" }));
  });
  await expect.poll(() => page.evaluate(() => (window as any).madeWorkers.length), { timeout: 30_000 }).toBeGreaterThan(1);
  await rank.next.click();
  await rank.voteAndGoOn("B is better");
  await rank.learnedFrom(before + 1);
  expect(await stored(page, "events")).toHaveLength(before + 1);
  await rank.voteUntilForecast();
});

test("row 12: keys can be changed, stand on the buttons, outlive a reload and go back", async ({ page, errors }) => {
  const rank = new RankPage(page);
  await rank.open();
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog");
  const box = (does: string) => dialog.getByRole("textbox", { name: `Key for “${does}”` });
  await box("A is better").focus();
  await page.keyboard.type("j");
  await page.keyboard.press("Tab");
  await expect(box("A is better")).toHaveValue("J");
  await page.keyboard.type("u");
  await page.keyboard.press("Tab");
  await expect(dialog.getByText("That key cannot be used")).toBeVisible();
  await expect(box("B is better")).toHaveValue("2");
  await page.keyboard.press("Escape");
  await expect(rank.vote("A is better")).toContainText("J");
  await page.reload();
  await expect(rank.vote("A is better")).toContainText("J");
  await page.keyboard.press("1");
  await expect(rank.vote("A is better")).toBeVisible();
  await page.keyboard.press("j");
  await expect(rank.undo).toBeVisible();
  await page.keyboard.press("u");
  await page.keyboard.press("?");
  await dialog.getByRole("button", { name: "Use the original keys" }).click();
  await page.keyboard.press("Escape");
  await expect(rank.vote("A is better")).toContainText("1");
  await page.keyboard.press("1");
  await expect(rank.undo).toBeVisible();
  expect(errors).toEqual([]);
});
