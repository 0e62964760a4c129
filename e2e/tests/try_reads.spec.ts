import type { Page } from "@playwright/test";
import { pretend, type Told } from "../support/generation.ts";
import { expect, mounted, test } from "../support/test.ts";
import { TryPage } from "../support/try_page.ts";
import { give, invented } from "../support/votes.ts";

const SHARD = /\/models\/encoder\/(?!manifest)/;

/** Texts that are short, and texts that are long and made of lists. */
const BRIEF = [
  "Water them early, at the root, every other day.",
  "Yes. Take the train; it is calm and on time.",
  "Boil it for ten minutes, then let it rest.",
];
const LONG = [
  "There are several things to consider before you decide:\n\n- **Light.** Put the plants where the sun reaches them for six hours.\n- **Soil.** Mix compost into the upper layer, and loosen it every week.\n- **Water.** Check with a finger, because too much is as bad as too little.\n- **Feeding.** Use a fertiliser with potassium, as the packet says.\n\nIn conclusion, it depends on many factors. Would you like to know more about one of them?",
  "Great question! Let us look at the options one by one:\n\n1. The train, which is comfortable and lets you read on the way.\n2. The bus, which is cheap, but might be late at times.\n3. The car, which is flexible if you have a lot of luggage.\n\nEach of them has advantages and disadvantages, so perhaps think about what matters most to you. What do you think?",
  "It might be useful to consider the following points first:\n\n- Size and age of the eggs, which may differ a lot.\n- The height above the sea, as water boils at a lower temperature there.\n- Your own taste, which possibly matters most.\n\nI hope this helps! Do you have any other questions?",
];

/** Answers of a pretended model: three that are brief, three that are not. */
const ANSWERS: Told[] = [
  { text: "Use a thick mulch and water at dawn.", directive: "Be brief." },
  { text: LONG[0]!.replaceAll("plants", "tomatoes"), is_default: true },
  { text: "Shade them at noon. Water deeply twice a week." },
  { text: LONG[2]!.replaceAll("eggs", "pots") },
  { text: LONG[1]!.replaceAll("train", "balcony") },
];

async function ready(page: Page): Promise<TryPage> {
  await pretend(page, () => ANSWERS);
  const trying = new TryPage(page);
  await trying.open();
  await page.getByRole("combobox", { name: "Who answers" }).selectOption("Test model");
  await trying.write("How do I keep my tomatoes alive in summer?");
  return trying;
}

const download = (page: Page) => page.getByRole("alert").filter({ hasText: "it needs a text model" });

/** Number of the answer, as it came, behind each place of the ranking. */
async function ranked(trying: TryPage): Promise<number[]> {
  const openings = await trying.ranked.locator("summary").allInnerTexts();
  return openings.map((opening) => ANSWERS.findIndex(({ text }) => text.replace(/[*#-]/g, "").replace(/\s+/g, " ").startsWith(opening.replace(/[*#…-]/g, "").replace(/\s+/g, " ").trim().slice(0, 24))));
}

test("answers of a model are ranked after the text model was asked for and downloaded, once", async ({ page, errors }) => {
  test.setTimeout(400_000);
  let shards = 0;
  page.on("request", (request) => (shards += Number(SHARD.test(request.url()))));
  await give(page, await invented(page.request, "starter", 20));
  const trying = await ready(page);
  await trying.go.click();
  await expect(download(page)).toContainText(/4[56] MB, once/, { timeout: 60_000 });
  await expect(download(page)).toContainText("The answers and your votes stay here.");
  expect(shards).toBe(0);
  await expect(trying.lanes.first()).toBeVisible();
  await page.getByRole("button", { name: "Download and rank" }).click();
  await expect(page.getByRole("progressbar")).toBeVisible({ timeout: 30_000 });
  await expect(trying.pick).toBeVisible({ timeout: 240_000 });
  expect(shards).toBeGreaterThan(2);
  await expect(trying.ranked).toHaveCount(5);
  await expect(page.getByText(/From \d+ examples?\./)).toBeVisible();
  await expect(page.getByText(/Runs on: CPU/)).toBeVisible();
  await expect(trying.pick.getByRole("link", { name: /^You preferred/ }).first()).toBeVisible();

  // Not asked a second time, not downloaded a second time, not even by the next visit.
  const before = shards;
  await page.reload();
  await mounted(page);
  await page.getByRole("combobox", { name: "Who answers" }).selectOption("Test model");
  await trying.go.click();
  await expect(trying.pick).toBeVisible({ timeout: 120_000 });
  await expect(download(page)).toHaveCount(0);
  expect(shards).toBe(before);
  expect(errors).toEqual([]);
});

test("texts of one's own are examples: the answers that are like the liked ones come first", async ({ page, errors }) => {
  test.setTimeout(400_000);
  const sent: string[] = [];
  page.on("request", (request) => sent.push(request.postData() ?? ""));
  const trying = await ready(page);
  await page.getByRole("radio", { name: "My own texts" }).check();
  await expect(trying.go).toBeDisabled();
  await expect(page.getByText("Choose at least two votes above, or paste one text")).toBeVisible();
  for (let row = 0; row < 3; row++) {
    if (row > 0) await page.getByRole("button", { name: "One more pair of texts" }).click();
    await page.getByRole("textbox", { name: `Text ${row + 1} that I like`, exact: true }).fill(BRIEF[row]!);
    if (row === 0) await expect(trying.go).toBeDisabled();
    await page.getByRole("textbox", { name: `Text ${row + 1} that I like less`, exact: true }).fill(LONG[row]!);
  }
  await expect(trying.go).toBeEnabled();
  // What was typed is there after a reload.
  await page.reload();
  await mounted(page);
  await page.getByRole("radio", { name: "My own texts" }).check();
  for (let row = 0; row < 3; row++) {
    await expect(page.getByRole("textbox", { name: `Text ${row + 1} that I like`, exact: true })).toHaveValue(BRIEF[row]!);
    await expect(page.getByRole("textbox", { name: `Text ${row + 1} that I like less`, exact: true })).toHaveValue(LONG[row]!);
  }
  await page.getByRole("combobox", { name: "Who answers" }).selectOption("Test model");
  await trying.go.click();
  await expect(download(page)).toBeVisible({ timeout: 60_000 });
  await page.getByRole("button", { name: "Download and rank" }).click();
  await expect(trying.pick).toBeVisible({ timeout: 240_000 });
  await expect(page.getByText("From 6 examples.")).toBeVisible();
  const order = await ranked(trying);
  expect(order.slice(0, 2).sort()).toEqual([0, 2]);
  await expect(trying.pick).toContainText("You like “");
  // A style from them, now that they can be read.
  await page.getByRole("checkbox", { name: "Tell it how to write, in a few words" }).check();
  await page.getByRole("button", { name: "Write a suggestion from my examples" }).click();
  await expect(page.getByRole("textbox", { name: "Instruction (in English, for the model)" })).not.toHaveValue("", { timeout: 60_000 });
  // They stay in this browser.
  for (const text of [...BRIEF, ...LONG]) expect(sent.join("\n")).not.toContain(text.slice(0, 30));
  expect(errors).toEqual([]);
});

test("the download can be declined, or stopped, and the answers stay", async ({ page, errors }) => {
  test.setTimeout(400_000);
  let held = true;
  await page.route(SHARD, async (route) => {
    while (held) await new Promise((resolve) => setTimeout(resolve, 50));
    await route.continue().catch(() => {});
  });
  const trying = await ready(page);
  await trying.go.click();
  await expect(download(page)).toBeVisible({ timeout: 60_000 });
  await page.getByRole("button", { name: "Not now" }).click();
  await expect(page.getByText("Not ranked: that needs the text model.")).toBeVisible();
  await expect(trying.lanes).toHaveCount(5);
  await expect(trying.earlier.getByRole("listitem")).toHaveCount(1);

  await trying.go.click();
  await expect(download(page)).toBeVisible({ timeout: 60_000 });
  await page.getByRole("button", { name: "Download and rank" }).click();
  const cancel = page.getByRole("button", { name: "Cancel" });
  await expect(cancel).toBeVisible({ timeout: 30_000 });
  await cancel.click();
  held = false;
  await expect(page.getByText("Download stopped. What arrived is kept")).toBeVisible({ timeout: 60_000 });
  await expect(page.locator(".lanes")).toContainText("mulch");
  await expect(trying.go).toBeEnabled();

  // They can be ranked after all, without being asked for anew.
  await page.getByRole("button", { name: "Rank these answers" }).click();
  await page.getByRole("button", { name: "Download and rank" }).click();
  await expect(trying.pick).toBeVisible({ timeout: 240_000 });
  await expect(trying.earlier.getByRole("listitem")).toHaveCount(2);
  expect(errors).toEqual([]);
});
