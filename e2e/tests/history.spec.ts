import { type Locator, type Page } from "@playwright/test";
import { sideways } from "../support/looks.ts";
import { RankPage, stored } from "../support/rank_page.ts";
import { expect, mounted, test } from "../support/test.ts";

/** `/me/history`, by roles and visible words. */
class HistoryPage {
  constructor(readonly page: Page) {}

  get votes(): Locator {
    return this.page.locator("ol.history > li");
  }
  get count(): Locator {
    return this.page.locator("#history-count");
  }
  get search(): Locator {
    return this.page.getByRole("searchbox", { name: "Words of the prompt" });
  }
  get outcome(): Locator {
    return this.page.getByRole("combobox", { name: "What you said" });
  }
  get touched(): Locator {
    return this.page.getByRole("combobox", { name: "Changes" });
  }

  async open(): Promise<void> {
    await this.page.goto("/me/history");
    await mounted(this.page);
    await expect(this.page.getByRole("heading", { level: 1, name: "Your votes" })).toBeVisible();
  }

  /** Says something else about a vote. */
  async change(vote: Locator, name: string): Promise<void> {
    await vote.getByRole("button", { name: "Change…" }).click();
    await vote.getByRole("radio", { name }).check();
    await vote.getByRole("button", { name: "Save the change" }).click();
  }
}

async function log(page: Page): Promise<any[]> {
  return (await stored(page, "events")).sort((a, b) => a.at_ms - b.at_ms);
}

/** Votes with these buttons, oldest first; the last one is revealed. */
async function vote(page: Page, names: string[]): Promise<RankPage> {
  const rank = new RankPage(page);
  await rank.open();
  for (const name of names) await rank.voteAndGoOn(name);
  return rank;
}

async function contribute(page: Page): Promise<void> {
  await page.goto("/me/data");
  await page.getByRole("button", { name: "Contribute my votes…" }).click();
  const dialog = page.getByRole("dialog");
  for (const name of ["Keep my taste profile", "Publish my votes"]) await dialog.getByRole("checkbox", { name }).check();
  await dialog.getByRole("button", { name: "Agree and contribute" }).click();
  await expect(page.getByRole("banner")).toContainText("Contribute");
}

function onServer(page: Page): Promise<any[]> {
  return page.evaluate(() =>
    fetch("/api/v1/judgments")
      .then((response) => response.json())
      .then((found) => found.judgments),
  );
}

test("row 1: a vote changed in the history is a revision; the vote itself stays in the log", async ({ page, errors }) => {
  await vote(page, ["A is better"]);
  const [first] = await log(page);
  await page.goto("/me");
  await page.getByRole("link", { name: "See and change your votes" }).click();
  const history = new HistoryPage(page);
  await expect(history.votes).toHaveCount(1);
  const mine = history.votes.first();
  await expect(mine).toContainText("You prefer answer A.");
  await expect(mine).toContainText(/Picked at random|Picked because/);
  await expect(mine).toContainText(/Learned from|Held out/);
  await mine.getByRole("button", { name: "Show the answers" }).click();
  await expect(mine.getByRole("article")).toHaveCount(2);

  await history.change(mine, "B is better");
  await expect(mine.locator(".past__said")).toHaveText("You prefer answer B.");
  await expect(mine).toContainText("Before");
  await expect(mine.getByRole("button", { name: "Change…" })).toBeFocused();
  const events = await log(page);
  expect(events).toHaveLength(2);
  expect(events[0]).toEqual(first);
  const { id, supersedes, judgment, at_ms, ...kept } = events[1];
  expect(supersedes).toBe(first.id);
  expect(judgment.groups).toEqual([[first.shown[1]], [first.shown[0]]]);
  expect(id).not.toBe(first.id);
  expect(at_ms).toBeGreaterThan(first.at_ms);
  for (const [name, value] of Object.entries(kept)) expect(value, name).toEqual(first[name]);

  await mine.getByRole("button", { name: "Undo the change" }).click();
  await expect(mine.locator(".past__said")).toHaveText("You prefer answer A.");
  expect(await log(page)).toHaveLength(3);
  await page.reload();
  await expect(history.votes).toHaveCount(1);
  await expect(mine.locator(".past__said")).toHaveText("You prefer answer A.");
  expect(errors).toEqual([]);
});

test("row 1: a vote is taken back and counted again, and the methods follow", async ({ page, errors }) => {
  const rank = await vote(page, ["A is better", "B is better"]);
  await rank.learnedFrom(2);
  const history = new HistoryPage(page);
  await history.open();
  const newest = history.votes.first();
  await expect(newest).toContainText("You prefer answer B.");
  await newest.getByRole("button", { name: "Take back" }).click();
  await expect(newest.locator(".past__said")).toHaveText("Taken back.");
  const undo = newest.getByRole("button", { name: "Undo: count it again" });
  await expect(undo).toBeFocused();
  const events = await log(page);
  expect(events).toHaveLength(3);
  expect(events[2]).toMatchObject({ supersedes: events[1].id, withdrawn: true });
  await page.goto("/rank");
  await rank.learnedFrom(1);
  await page.goto("/me");
  await expect(page.getByText(/From 1 vote:/)).toBeVisible({ timeout: 30_000 });

  await history.open();
  await newest.getByRole("button", { name: "Undo: count it again" }).click();
  await expect(newest.locator(".past__said")).toHaveText("You prefer answer B.");
  expect(await log(page)).toHaveLength(4);
  await page.goto("/rank");
  await rank.learnedFrom(2);
  expect(errors).toEqual([]);
});

test("votes are found by words, by what was said and by what happened", async ({ page }) => {
  await vote(page, ["A is better", "Equal", "Skip", "B is better"]);
  const history = new HistoryPage(page);
  await history.open();
  await expect(history.votes).toHaveCount(4);
  await expect(history.count).toHaveText("4 votes.");
  const said = await history.votes.locator(".past__said").allInnerTexts();
  expect(said).toEqual(["You prefer answer B.", "You skip this one.", "You find both equally good.", "You prefer answer A."]);

  await history.outcome.selectOption("One is better");
  await expect(history.votes).toHaveCount(2);
  await expect(history.count).toHaveText("2 of 4 votes.");
  await history.outcome.selectOption("Anything");

  const prompt = await history.votes.first().getByRole("heading", { level: 2 }).innerText();
  await history.search.fill(prompt.toUpperCase());
  await expect(history.votes.first().getByRole("heading", { level: 2 })).toHaveText(prompt);
  await history.search.fill("no prompt has thisword");
  await expect(history.votes).toHaveCount(0);
  await page.getByRole("button", { name: "Show all votes" }).click();
  await expect(history.votes).toHaveCount(4);
  await expect(history.search).toHaveValue("");
  await expect(history.search).toBeFocused();

  await history.change(history.votes.nth(1), "Both bad");
  await expect(history.votes.nth(1).locator(".past__said")).toHaveText("You would accept neither.");
  await history.votes.nth(2).getByRole("button", { name: "Take back" }).click();
  await expect(history.votes.nth(2).locator(".past__said")).toHaveText("Taken back.");
  await history.touched.selectOption("Changed");
  await expect(history.votes.locator(".past__said")).toHaveText(["You would accept neither."]);
  await history.touched.selectOption("Taken back");
  await expect(history.votes.locator(".past__said")).toHaveText(["Taken back."]);
  // A vote that leaves the list takes the focus to the count, not to nowhere.
  await history.votes.first().getByRole("button", { name: "Undo: count it again" }).click();
  await expect(history.votes).toHaveCount(0);
  await expect(history.count).toBeFocused();
});

test("row 1: changing, taking back and undoing by keyboard alone", async ({ page }) => {
  await vote(page, ["A is better"]);
  const history = new HistoryPage(page);
  await history.open();
  const mine = history.votes.first();
  const change = mine.getByRole("button", { name: "Change…" });
  await history.search.focus();
  for (let tab = 0; tab < 10 && !(await change.evaluate((button) => button === document.activeElement)); tab++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(mine.getByRole("radio", { name: "A is better" })).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(mine.getByRole("radio", { name: "B is better" })).toBeChecked();
  await page.keyboard.press("Enter");
  await expect(mine.locator(".past__said")).toHaveText("You prefer answer B.");
  await expect(change).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(mine.locator(".past__said")).toHaveText("Taken back.");
  await expect(mine.getByRole("button", { name: "Undo: count it again" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(mine.locator(".past__said")).toHaveText("You prefer answer B.");
  // Cancel changes nothing and gives the focus back.
  await change.focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowRight");
  await mine.getByRole("button", { name: "Cancel" }).focus();
  await page.keyboard.press("Enter");
  await expect(change).toBeFocused();
  expect(await log(page)).toHaveLength(4);
});

test("row 1, row 14: revisions of a contributed vote reach the server in order, also after it was away", async ({ page, server }) => {
  await contribute(page);
  await vote(page, ["A is better"]);
  await expect(page.getByRole("banner")).toContainText("votes sent: 1", { timeout: 20_000 });
  const history = new HistoryPage(page);
  await history.open();
  const mine = history.votes.first();
  await expect(mine).toContainText("Saved");
  const [before] = await onServer(page);
  await history.change(mine, "Equal");
  await expect.poll(async () => (await onServer(page))[0].judgment.outcome).toBe("equal");
  const [after] = await onServer(page);
  expect(after).toMatchObject({ comparison: before.comparison, supersedes: before.id });
  await expect(mine).toContainText("Saved");
  await expect(page.getByRole("banner")).toContainText("votes sent: 1");

  await server.kill();
  await history.change(mine, "B is better");
  await expect(mine).toContainText("Waiting to be sent");
  await mine.getByRole("button", { name: "Take back" }).click();
  await expect(mine.locator(".past__said")).toHaveText("Taken back.");
  await server.restart();
  await expect(mine).toContainText("Saved", { timeout: 60_000 });
  const found = await onServer(page);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ comparison: before.comparison, judgment: null });
  const outbox = await stored(page, "outbox");
  expect(outbox.map((entry) => entry.standing)).toEqual(["sent", "sent", "sent", "sent"]);
  expect(new Set(outbox.map((entry) => entry.server)).size).toBe(4);
});

test("a vote that stayed on this device stays there when it is changed later", async ({ page }) => {
  await vote(page, ["A is better"]);
  await contribute(page);
  const history = new HistoryPage(page);
  await history.open();
  await history.change(history.votes.first(), "B is better");
  await expect(history.votes.first().locator(".past__said")).toHaveText("You prefer answer B.");
  expect(await stored(page, "outbox")).toEqual([]);
  expect(await onServer(page)).toEqual([]);
});

test("a long history shows fifty votes and more on demand", async ({ page }) => {
  await vote(page, ["A is better"]);
  const [first] = await log(page);
  await page.evaluate(
    (first) =>
      new Promise<void>((resolve, reject) => {
        const open = indexedDB.open("palate");
        open.onerror = () => reject(open.error);
        open.onsuccess = () => {
          const writing = open.result.transaction("events", "readwrite");
          for (let at = 1; at <= 119; at++) {
            const event = { ...first, id: `${first.id}-${String(at).padStart(3, "0")}`, comparison: `more-${at}`, at_ms: first.at_ms + at };
            writing.objectStore("events").put(JSON.stringify(event), event.id);
          }
          writing.onerror = () => reject(writing.error);
          writing.oncomplete = () => {
            open.result.close();
            resolve();
          };
        };
      }),
    first,
  );
  const history = new HistoryPage(page);
  await history.open();
  await expect(history.votes).toHaveCount(50);
  await expect(history.count).toHaveText("120 votes; the newest 50 are shown.");
  const more = page.getByRole("button", { name: "Show more" });
  await more.click();
  await expect(history.votes).toHaveCount(100);
  await expect(history.votes.nth(50).getByRole("heading", { level: 2 })).toBeFocused();
  await more.click();
  await expect(history.votes).toHaveCount(120);
  await expect(more).toHaveCount(0);
});

test("the history fits 320 px while a vote is open for change", async ({ page }) => {
  await vote(page, ["A is better"]);
  await page.setViewportSize({ width: 320, height: 700 });
  const history = new HistoryPage(page);
  await history.open();
  await history.votes.first().getByRole("button", { name: "Change…" }).click();
  await expect(history.votes.first().getByRole("article")).toHaveCount(2);
  expect(await sideways(page)).toBeLessThanOrEqual(0);
});
