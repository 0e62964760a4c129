import type { Page } from "@playwright/test";
import { RankPage, stored } from "../support/rank_page.ts";
import { expect, test } from "../support/test.ts";

async function open(page: Page): Promise<void> {
  await page.goto("/rank/4");
  await expect(page.getByRole("article")).toHaveCount(4, { timeout: 30_000 });
}

const keep = (page: Page) => page.getByRole("button", { name: "Keep this ranking" });

test("row 11: four answers are ranked by typed ranks and buttons; nothing can be kept before all have one", async ({ page, errors }) => {
  await open(page);
  await expect(keep(page)).toBeDisabled();
  for (const [answer, rank] of [["A", "2"], ["B", "1"], ["C", "2"]] as const)
    await page.getByRole("combobox", { name: `Rank Answer ${answer}` }).selectOption(rank);
  await expect(keep(page)).toBeDisabled();
  await page.getByRole("button", { name: "Worse Answer D" }).click();
  for (let press = 0; press < 2; press++) await page.getByRole("button", { name: "Worse Answer D" }).click();
  await expect(page.getByRole("combobox", { name: "Rank Answer D" })).toHaveValue("4");
  await page.getByRole("checkbox", { name: "Not acceptable Answer D" }).check();
  await keep(page).click();
  await expect(page.getByText("B, then A and C, then D")).toBeVisible();
  expect(await stored(page, "events")).toEqual([]);
  await page.getByRole("button", { name: "Undo" }).click();
  await keep(page).click();
  await page.getByRole("button", { name: "Reveal now" }).click();
  await expect(page.getByText("Written by", { exact: true })).toHaveCount(4);
  const [event] = await stored(page, "events");
  const [a, b, c, d] = event.shown;
  expect(event.judgment).toEqual({ outcome: "ranked", groups: [[b], [a, c], [d]], unacceptable: [d] });
  expect(event.propensity).toBeGreaterThan(0);
  expect(errors).toEqual([]);
});

test("row 11: a whole ranking of four by keyboard; ties and refusals are outcomes of their own", async ({ page }) => {
  await open(page);
  for (const [at, rank] of [3, 1, 4, 2].entries()) {
    await page.getByRole("article").nth(at).focus();
    await page.keyboard.press(String(rank));
  }
  await keep(page).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("n");
  await expect(page.getByText("Written by", { exact: true })).toHaveCount(4);
  for (const key of ["e", "b"]) {
    await page.keyboard.press("n");
    await expect(keep(page)).toBeVisible({ timeout: 30_000 });
    await page.keyboard.press(key);
    await keep(page).click();
    await page.keyboard.press("n");
    await expect(page.getByText("Written by", { exact: true })).toHaveCount(4);
  }
  const events = (await stored(page, "events")).sort((x, y) => x.at_ms - y.at_ms);
  expect(events.map((event) => event.judgment.outcome)).toEqual(["ranked", "equal", "all_unacceptable"]);
  const [first] = events;
  expect(first.judgment.groups.flat()).toEqual([1, 3, 0, 2].map((at) => first.shown[at]));
});

test("what a ranking of four taught counts on /rank too", async ({ page }) => {
  await open(page);
  for (const [at, rank] of [1, 2, 3, 4].entries()) {
    await page.getByRole("article").nth(at).focus();
    await page.keyboard.press(String(rank));
  }
  await keep(page).click();
  await page.getByRole("button", { name: "Reveal now" }).click();
  await expect(page.getByText("Written by", { exact: true })).toHaveCount(4);
  const rank = new RankPage(page);
  await page.goto("/rank");
  await rank.learnedFrom(1);
});
