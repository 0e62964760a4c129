import type { BrowserContext, Page } from "@playwright/test";
import { RankPage, stored } from "../support/rank_page.ts";
import { expect, mounted, test } from "../support/test.ts";

/** Opens a page of the site in a new tab of the same browser. */
async function tab(context: BrowserContext, path: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(path);
  await mounted(page);
  return page;
}

function header(page: Page) {
  return page.getByRole("banner");
}

async function contribute(page: Page): Promise<void> {
  await page.goto("/me/data");
  await page.getByRole("button", { name: "Contribute my votes…" }).click();
  // Not the third box: what was voted before stays here.
  for (const name of [/Keep my taste profile/, /Publish my votes/]) await page.getByRole("dialog").getByRole("checkbox", { name }).check();
  await page.getByRole("dialog").getByRole("button", { name: "Agree and contribute" }).click();
  await expect(header(page)).toContainText("Contribute", { timeout: 30_000 });
}

function heldVotes(page: Page): Promise<number> {
  return page.evaluate(() => fetch("/api/v1/me").then((response) => (response.ok ? response.json().then((me) => me.judgments) : 0)));
}

test("a vote, a change and a withdrawal in one tab stand in the other, whose question stays", async ({ page, context, errors }) => {
  const rank = new RankPage(page);
  await rank.open();
  const other = await tab(context, "/me/history");
  const votes = other.locator("ol.history > li");
  await expect(other.getByText("You have not voted yet.")).toBeVisible();

  await rank.voteAndGoOn("A is better");
  await expect(votes).toHaveCount(1);
  await expect(other.locator("#history-count")).toHaveText("1 vote.");
  await rank.learnedFrom(1);

  const asked = await rank.shown();
  await votes.first().getByRole("button", { name: "Change…" }).click();
  await votes.first().getByRole("radio", { name: "B is better" }).check();
  await votes.first().getByRole("button", { name: "Save the change" }).click();
  await expect(votes.first().locator(".past__said")).toHaveText("You prefer answer B.");

  // A vote that is held here stays held while the other tab takes the first one back.
  await rank.vote("Equal").click();
  await page.getByText("Say how much and why").click();
  await expect(page.getByText("Take your time.")).toBeVisible();
  await votes.first().getByRole("button", { name: "Take back" }).click();
  await expect(votes.first().locator(".past__said")).toHaveText("Taken back.");
  await rank.learnedFrom(0);
  await expect(rank.undo).toBeVisible();
  await rank.undo.click();
  expect(await rank.shown()).toBe(asked);
  await rank.voteAndGoOn("Equal");
  await expect(votes).toHaveCount(2);
  await expect(votes.first().locator(".past__said")).toHaveText("You find both equally good.");

  await other.goto("/me/data");
  await expect(other.getByText("2 votes kept on this device.")).toBeVisible();
  expect(await stored(page, "events")).toHaveLength(4);
  expect(errors).toEqual([]);
});

test("the worker of the other tab learns what was voted here", async ({ page, context }) => {
  const here = new RankPage(page);
  await here.open();
  await here.voteUntilForecast();
  await here.next.click();
  const other = await tab(context, "/rank");
  const there = new RankPage(other);
  await there.voteUntilForecast();
  await there.next.click();
  await expect(there.vote("A is better")).toBeVisible();
  await expect.poll(async () => (await stored(page, "events")).length).toBeGreaterThan(1);
  // The question after the next is chosen once the other tab's vote is known.
  const before = (await stored(page, "events")).length;
  await here.voteAndGoOn("B is better");
  await there.learnedFrom(before + 1);
  await there.voteAndGoOn("A is better");
  await there.voteAndGoOn("A is better");
  const log = (await stored(page, "events")).sort((a, b) => a.at_ms - b.at_ms);
  const last = log.at(-1);
  const learned = log.slice(0, -1).filter((event) => event.policy === "expected_information" && event.judgment.outcome === "ranked").length;
  const forecast = last.predictions.find((prediction: any) => prediction.method === "eb");
  expect(forecast.n_fit).toBe(learned);
});

test("deleting in one tab empties the other, which writes nothing back, and an undo brings all back to both", async ({ page, context, errors }) => {
  const rank = new RankPage(page);
  await rank.open();
  await rank.voteAndGoOn("A is better");
  await rank.voteAndGoOn("B is better");
  await rank.learnedFrom(2);
  const before = await stored(page, "events");
  const other = await tab(context, "/me/data");
  await other.getByRole("button", { name: "Delete my votes from this device" }).click();
  await expect(other.getByText("2 votes deleted from this device.")).toBeVisible();
  await rank.learnedFrom(0);
  expect(await stored(page, "events")).toEqual([]);
  await rank.voteAndGoOn("Equal");
  await rank.learnedFrom(1);
  const after = await stored(page, "events");
  expect(after).toHaveLength(1);
  await other.getByRole("button", { name: "Undo" }).click();
  await rank.learnedFrom(3);
  await expect(other.getByText("3 votes kept on this device.")).toBeVisible();
  expect(await stored(page, "events")).toEqual([...before, ...after]);
  expect(errors).toEqual([]);
});

test("a switch of mode, and what was sent, show in the header of the other tab", async ({ page, context, errors }) => {
  const rank = new RankPage(page);
  const other = await tab(context, "/method");
  await contribute(page);
  await expect(header(other)).toContainText("Contribute");
  await rank.open();
  await rank.voteAndGoOn("A is better");
  for (const one of [page, other]) await expect(header(one)).toContainText("votes sent: 1", { timeout: 20_000 });

  await other.goto("/me/data");
  await other.getByRole("main").getByRole("button", { name: "Stop sending votes…" }).click();
  await other.getByRole("dialog").getByRole("button", { name: "Stop and delete them" }).click();
  await expect(other.getByText(/1 vote deleted on the server/).first()).toBeVisible({ timeout: 20_000 });
  for (const one of [page, other]) {
    await expect(header(one)).toContainText("On this device");
    await expect(header(one)).toContainText("votes sent: 0");
  }
  // This tab sends nothing any more either, and does not believe in a session that is gone.
  await rank.voteAndGoOn("B is better");
  expect(await stored(page, "outbox")).toEqual([]);
  await contribute(page);
  await expect(header(other)).toContainText("Contribute");
  expect(await heldVotes(page)).toBe(0);
  expect(errors).toEqual([]);
});

test("votes of two tabs without a network arrive once each", async ({ page, context, errors }) => {
  await contribute(page);
  const [here, there] = [new RankPage(page), new RankPage(await tab(context, "/rank"))];
  await here.open();
  await context.route("**/api/**", (route) => route.abort());
  for (const name of ["A is better", "B is better"]) for (const rank of [here, there]) await rank.voteAndGoOn(name);
  for (const rank of [here, there]) await expect(header(rank.page)).toContainText("votes sent: 0");
  expect((await stored(page, "outbox")).map((entry) => entry.standing)).toEqual(Array(4).fill("waiting"));

  const accepted: string[] = [];
  context.on("response", (response) => {
    const { pathname } = new URL(response.url());
    if (/\/comparisons\/[^/]+\/judgments$/.test(pathname) && response.ok()) accepted.push(pathname);
  });
  await context.unroute("**/api/**");
  for (const rank of [here, there]) await expect(header(rank.page)).toContainText("votes sent: 4", { timeout: 60_000 });
  expect(await heldVotes(page)).toBe(4);
  expect(accepted).toHaveLength(4);
  expect(new Set(accepted).size).toBe(4);
  expect(errors).toEqual([]);
});

test("colours and keys chosen in one tab are those of the other", async ({ page, context }) => {
  await page.goto("/method");
  await mounted(page);
  const other = await tab(context, "/rank");
  await header(page).getByRole("button", { name: /^Colours/ }).click();
  await expect(other.locator("html")).toHaveAttribute("data-theme", "light");
  await header(other).getByRole("button", { name: /^Colours/ }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});

test("without channel and locks a tab works as before", async ({ page, errors }) => {
  await page.addInitScript(() => {
    delete (window as any).BroadcastChannel;
    Object.defineProperty(Navigator.prototype, "locks", { value: undefined });
  });
  await contribute(page);
  const rank = new RankPage(page);
  await rank.open();
  await rank.voteAndGoOn("A is better");
  await expect(header(page)).toContainText("votes sent: 1", { timeout: 20_000 });
  expect(await heldVotes(page)).toBe(1);
  expect(errors).toEqual([]);
});
