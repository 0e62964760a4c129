import type { Page } from "@playwright/test";
import { expectFitsEverywhere } from "../support/looks.ts";
import { expect, mounted, test } from "../support/test.ts";
import { give, invented, METHODS } from "../support/votes.ts";

async function open(page: Page, votes: number): Promise<void> {
  await give(page, await invented(page.request, "starter", votes));
  await page.goto("/method");
  await mounted(page);
}

test("/method shows no race before the first vote, and none too early", async ({ page }) => {
  await page.goto("/method");
  await mounted(page);
  await expect(page.getByText("You have not voted on these questions yet.")).toBeVisible();
  await open(page, 12);
  await expect(page.getByText("Too early to tell: 4 test votes so far, 8 needed.")).toBeVisible();
  await expect(page.getByRole("table", { name: /^On / })).toHaveCount(0);
});

test("/method shows every method with its figures, their intervals, and pairs without hasty winners", async ({ page, errors }) => {
  await open(page, 60);
  const scores = page.getByRole("table", { name: "On 20 test votes" });
  await expect(scores.getByRole("rowheader", { name: "Coin", exact: true })).toBeVisible();
  const names = await scores.getByRole("rowheader").allInnerTexts();
  for (const name of ["Longer answer", "Population", "Personal ridge", "Empirical Bayes", "PAL-A", "PAL-B", "VPL", "FSPO", "DPL"]) expect(names).toContain(name);
  expect(await scores.getByRole("row").count()).toBe(Object.keys(METHODS).length + 3);
  await expect(scores.getByRole("row", { name: /^Coin/ })).toContainText("0.69");
  await expect(scores.getByRole("row", { name: /^VPL/ })).toContainText(/\d+ %\s*\d+ to \d+ %/);

  const pairs = page.getByRole("table", { name: "One against the other" });
  for (const row of await pairs.getByRole("row").all()) {
    for (const cell of await row.getByRole("cell").allInnerTexts()) {
      const found = cell.match(/([+-]\d\.\d\d) to ([+-]\d\.\d\d)/);
      if (!found) continue;
      const [low, high] = [Number(found[1]), Number(found[2])];
      if (low < 0 && high > 0) expect(cell).toContain("no clear difference");
      else if (low > 0) expect(cell).toContain("better");
      else if (high < 0) expect(cell).toContain("worse");
    }
  }
  expect(errors).toEqual([]);
});

test("the curve draws the baselines and the chosen method with its band", async ({ page, errors }) => {
  await open(page, 60);
  const figure = page.locator("#race figure");
  await expect(figure.locator(".curve")).toHaveCount(10);
  await expect(figure.locator(".curve__band")).toHaveCount(1);
  const legend = figure.getByRole("listitem");
  await expect(legend).toHaveCount(5);
  await expect(legend.nth(4)).toContainText(/Empirical Bayes \d+ % \(\d+ % to \d+ %\)/);
  const choice = page.getByRole("combobox", { name: "Method with its band" });
  await choice.focus();
  await choice.selectOption("VPL");
  await expect(legend.nth(4)).toContainText("VPL");
  await expect(choice).toBeFocused();
  await choice.selectOption("Population");
  await expect(legend).toHaveCount(4);
  await page.getByText("The curve as a table").click();
  expect(errors).toEqual([]);
});

test("/me tells in plain words who was right how often; the rest is folded", async ({ page, errors }) => {
  await open(page, 60);
  await page.goto("/me");
  await mounted(page);
  await expect(page.getByText(/Your picture on this page comes from Empirical Bayes/)).toBeVisible();
  const rows = page.locator(".race").first().getByRole("listitem");
  await expect(rows).toHaveCount(5);
  await expect(rows.first()).toContainText("right 10 of 20");
  await expect(rows.last()).toContainText(/Empirical Bayes\s*right \d+ of 20, likely \d+ to \d+/);
  await page.getByText("8 more methods").click();
  await expect(page.locator(".race").last().getByRole("listitem")).toHaveCount(8);
  await page.getByRole("link", { name: "Every figure, and how sure it is" }).click();
  await expect(page.getByRole("heading", { name: "Your race" })).toBeInViewport();
  expect(errors).toEqual([]);
});

for (const path of ["/me", "/method"]) {
  test(`${path} with a race is axe-clean and does not scroll sideways`, async ({ page }) => {
    await open(page, 60);
    await page.goto(path);
    await mounted(page);
    await expect(page.getByRole("img", { name: "Running score over all votes" })).toBeVisible();
    await expectFitsEverywhere(page);
  });
}
