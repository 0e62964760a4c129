import { expect, test } from "../support/test.ts";
import { RankPage, stored } from "../support/rank_page.ts";

test("how much and why: opening it stops the clock, and what is said is kept with the vote", async ({ page, errors }) => {
  const rank = new RankPage(page);
  await rank.open();
  await rank.vote("B is better").click();
  await page.getByText("Say how much and why").click();
  await expect(page.getByText("Take your time.")).toBeVisible();
  await page.getByText("Very much", { exact: true }).click();
  await page.getByText("Tone", { exact: true }).click();
  await page.getByText("Length", { exact: true }).click();
  await page.getByText("Tone", { exact: true }).click();
  await page.waitForTimeout(9_000);
  await expect(rank.undo).toBeVisible();
  expect(await stored(page, "events")).toEqual([]);
  await rank.revealNow.click();
  await expect(rank.authors).toHaveCount(2);
  const [event] = await stored(page, "events");
  expect(event.judgment.strength).toBe("much");
  expect(event.judgment.reasons).toEqual(["length"]);
  expect(errors).toEqual([]);
});

test("a tie has reasons but no strength; an undo forgets both", async ({ page }) => {
  const rank = new RankPage(page);
  await rank.open();
  await rank.vote("A is better").click();
  await page.getByText("Say how much and why").click();
  await page.getByText("Clearly", { exact: true }).click();
  await rank.undo.click();
  await rank.vote("Equal").click();
  await page.getByText("Say how much and why").click();
  await expect(page.getByText("How much better?")).toHaveCount(0);
  await page.getByText("What helps", { exact: true }).click();
  await rank.revealNow.click();
  await expect(rank.authors).toHaveCount(2);
  const [event] = await stored(page, "events");
  expect(event.judgment.strength).toBeUndefined();
  expect(event.judgment.reasons).toEqual(["usefulness"]);
});

test("the panel is worked by keyboard alone", async ({ page }) => {
  const rank = new RankPage(page);
  await rank.open();
  await page.keyboard.press("1");
  await expect(rank.board.locator(".controls__title")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByText("Say how much and why")).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await rank.revealNow.focus();
  await page.keyboard.press("Enter");
  await expect(rank.authors).toHaveCount(2);
  const [event] = await stored(page, "events");
  expect(event.judgment.strength).toBe("clear");
  expect(event.judgment.reasons).toEqual(["correctness"]);
});

test("a chosen topic is asked at once, stored with the vote, and kept to", async ({ page, errors }) => {
  const rank = new RankPage(page);
  await rank.open();
  await rank.voteUntilForecast();
  await rank.next.click();
  const select = page.getByLabel("Topic");
  const topics = (await select.locator("option").allInnerTexts()).slice(1);
  expect(topics.length).toBeGreaterThan(5);
  const topic = topics.at(-1)!;
  const before = (await stored(page, "events")).length;
  await select.selectOption(topic);
  for (let vote = 0; vote < 3; vote++) {
    await expect(rank.board.locator(".prompt__topic")).toHaveText(topic);
    await rank.voteAndGoOn("A is better");
  }
  const events = (await stored(page, "events")).sort((a, b) => a.at_ms - b.at_ms).slice(before);
  expect(events.map((event) => event.topic)).toEqual([topic, topic, topic]);
  for (const event of events) expect(event.predictions.length).toBeGreaterThan(0);
  await expect(select).toHaveValue(topic);
  await select.selectOption("All topics");
  await rank.voteAndGoOn("B is better");
  const last = (await stored(page, "events")).sort((a, b) => a.at_ms - b.at_ms).at(-1);
  expect(last.topic).toBeUndefined();
  expect(errors).toEqual([]);
});

test("a vote says what it did to the certainty", async ({ page }) => {
  const rank = new RankPage(page);
  await rank.open();
  await rank.voteUntilForecast();
  await expect(page.getByText(/Your certainty (rose from \d+ % to \d+ %|fell from \d+ % to \d+ %|stays at \d+ %)\./)).toBeVisible();
});

test("row 15: repeated questions show how steady the answers are, and what any method could foresee", async ({ page, errors }) => {
  const rank = new RankPage(page);
  await rank.open();
  await rank.voteAndGoOn("A is better");
  const [vote] = await stored(page, "events");
  const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
  const first = (n: number) => ({ ...vote, id: id(n), comparison: id(n + 1000), at_ms: vote.at_ms + n });
  const again = (n: number, same: boolean) => ({
    ...first(n + 100),
    policy: "repeat",
    repeat_of: id(n + 1000),
    shown: [...vote.shown].reverse(),
    judgment: same ? vote.judgment : { ...vote.judgment, groups: [...vote.judgment.groups].reverse() },
  });
  const ten = Array.from({ length: 10 }, (_, n) => n + 1);
  const events = [...ten.map(first), ...ten.map((n) => again(n, n > 1))];
  await page.goto("/me/data");
  await page.getByLabel("Bring votes back from a file").setInputFiles({ name: "palate.taste.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify({ format: "palate-taste", schema: 2, made_at: "", events })) });
  await expect(page.getByText("20 new, 0 known, 0 refused.")).toBeVisible();
  await page.goto("/me");
  // 9 of 10 the same: a = .9, so at best (1 + √.8) / 2 = .947.
  await expect(page.getByTestId("steady")).toContainText("You answered 9 of 10 repeated questions the same way.");
  await expect(page.getByTestId("steady")).toContainText("about 95 % of your votes");
  expect(errors).toEqual([]);
});
