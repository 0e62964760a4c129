import type { Page } from "@playwright/test";
import { expectAccessible, sideways } from "../support/looks.ts";
import { expect, mounted, test } from "../support/test.ts";
import { give, invented } from "../support/votes.ts";

const MAKERS = ["Guanaco 65B", "Vicuna 13B", "Guanaco 7B"];

/** A board in a circle, as the server would send it; what the server computes is tested there. */
function board(url: URL) {
  const rows = MAKERS.map((maker, at) => ({
    maker,
    rank: at + 1,
    rank_low: 1,
    rank_high: 3,
    rating: { value: 0.4 - 0.4 * at, low: -0.4 * at, high: 0.8 - 0.4 * at },
    without_heaviest: 0.3 - 0.3 * at,
    votes: 40,
    weight: 40,
    wins: 20,
    losses: 18,
    ties: 2,
    both_unacceptable: 0,
    borda: 0.5,
    copeland: 1,
    lottery: 1 / 3,
  }));
  const style = url.searchParams.get("style") === "true";
  return {
    packs: [{ id: "vicuna80", title: "Vicuna", makers: MAKERS, topics: ["coding", "writing"] }],
    pack: "vicuna80",
    topic: url.searchParams.get("topic"),
    style,
    cohort: url.searchParams.get("cohort") ?? "all",
    figures: {
      rows,
      waiting: [],
      votes: 60,
      people: 12,
      new_share: 0.1,
      ties: { value: 0.2, low: 0.1, high: 0.3 },
      effects: style ? [{ name: "length", log_odds: { value: 0.5, low: 0.1, high: 0.9 } }] : [],
      lottery_gap: 0.001,
      circle: MAKERS,
      first_shown: { share: { value: 0.5, low: 0.4, high: 0.6 }, votes: 60 },
      longer: { share: { value: 0.6, low: 0.5, high: 0.7 }, votes: 60 },
      cautions: [],
      resamples: 300,
    },
    rule_version: 1,
    method_version: 1,
    computed_at: 1_790_000_000_000,
  };
}

async function withVotes(page: Page): Promise<void> {
  await page.route("**/api/v1/leaderboard*", (route) => route.fulfill({ json: board(new URL(route.request().url())) }));
}

test("without votes the page says so and invites to vote and to publish", async ({ page, errors }) => {
  await page.goto("/leaderboard");
  await mounted(page);
  await expect(page.getByTestId("board-few")).toContainText("fewer than 10 people");
  await expect(page.getByRole("main").getByRole("link", { name: "Rank answers" }).first()).toBeVisible();
  await expect(page.getByRole("link", { name: "Publish your votes" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "How votes are weighed" })).toBeVisible();
  expect(errors).toEqual([]);
});

test("a view is chosen by keyboard, stands in the address, and its link brings it back", async ({ page, errors }) => {
  await withVotes(page);
  await page.goto("/leaderboard");
  const topic = page.getByRole("combobox", { name: "Topic" });
  await topic.focus();
  await page.keyboard.press("ArrowDown");
  await expect(page).toHaveURL(/topic=coding/);
  await expect(topic).toBeFocused();
  const style = page.getByRole("switch");
  await style.focus();
  await page.keyboard.press("Space");
  await expect(page).toHaveURL(/style=true/);
  await expect(page.getByRole("table", { name: "What length and layout do by themselves" })).toContainText("Length");
  await page.getByRole("combobox", { name: "Whose votes" }).selectOption("People who choose longer answers");
  await expect(page).toHaveURL(/cohort=longer/);
  await page.reload();
  await expect(topic).toHaveValue("coding");
  await expect(style).toBeChecked();
  await expect(page.getByRole("combobox", { name: "Whose votes" })).toHaveValue("longer");
  expect(errors).toEqual([]);
});

test("the drawing has its figures in a table, and a circle is said in words", async ({ page }) => {
  await withVotes(page);
  await page.goto("/leaderboard");
  const table = page.getByRole("table", { name: "Ratings in figures" });
  await expect(table.getByRole("row")).toHaveCount(1 + MAKERS.length);
  await expect(table).toContainText("1 (1 to 3)");
  await expect(page.getByText("There is no single winner: Guanaco 65B beats Vicuna 13B")).toBeVisible();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await expectAccessible(page);
  }
  await page.setViewportSize({ width: 320, height: 700 });
  expect(await sideways(page)).toBeLessThanOrEqual(0);
});

test("the visitor's own ranking is worked out on the device and sent nowhere", async ({ page, errors }) => {
  await withVotes(page);
  await give(page, await invented(page.request, "vicuna80", 24));
  const sent: string[] = [];
  page.on("request", (request) => sent.push(request.method()));
  await page.goto("/leaderboard");
  await page.getByRole("button", { name: "Open these questions" }).click();
  await expect(page.getByTestId("for-you")).toContainText("votes of yours", { timeout: 60_000 });
  const table = page.getByRole("table", { name: "Ratings in figures" });
  await expect(table.getByRole("columnheader", { name: "You" })).toBeVisible();
  expect(sent.every((method) => method === "GET")).toBe(true);
  expect(errors).toEqual([]);
});
