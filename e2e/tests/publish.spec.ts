import { execFileSync } from "node:child_process";
import type { Page } from "@playwright/test";
import { expectFitsEverywhere } from "../support/looks.ts";
import { choose, test } from "../support/models.ts";
import type { PalateServer } from "../support/server.ts";
import { expect, mounted } from "../support/test.ts";
import type { TryPage } from "../support/try_page.ts";
import { give, invented } from "../support/votes.ts";

const SECRET = "Rosalinde";

async function contribute(page: Page): Promise<void> {
  await page.goto("/me/data");
  await page.getByRole("button", { name: "Contribute my votes…" }).click();
  const dialog = page.getByRole("dialog");
  for (const box of await dialog.getByRole("checkbox").all()) await box.check();
  await dialog.getByRole("button", { name: "Agree and contribute" }).click();
  await expect(page.getByRole("banner")).toContainText("Contribute");
}

/** Asks questions of one's own until there is a blind test: now and then the pick is the ordinary answer. */
async function untilBlind(page: Page, trying: TryPage): Promise<void> {
  await page.getByRole("checkbox", { name: /without names/ }).check();
  const download = page.getByRole("button", { name: "Download and rank" });
  for (let at = 0; at < 8; at++) {
    await page.evaluate(() => localStorage.setItem("palate.try.since", "9"));
    await trying.write(`How do I tell my aunt ${SECRET} that her soup is salty? (${at}) Her number is 0228 901820.`);
    await trying.go.click();
    await page.getByRole("button", { name: "Send it anyway" }).click();
    await expect(trying.pick.or(trying.blind).or(download)).toBeVisible({ timeout: 60_000 });
    if (await download.isVisible()) await download.click();
    await expect(trying.pick.or(trying.blind)).toBeVisible({ timeout: 240_000 });
    if (await trying.blind.isVisible()) return;
  }
  throw new Error("no blind test in eight generations");
}

const dump = (server: PalateServer): string => {
  const rows = "import sqlite3, sys; print(list(sqlite3.connect(sys.argv[1]).execute('SELECT prompt_json FROM conversations')))";
  return execFileSync("python3", ["-c", rows, `${server.dataDir}/palate.db`], { encoding: "utf8" });
};

test("a ticked conversation is stored, stands on /me/data, and is gone when it is taken back", async ({ page, models, errors }) => {
  test.setTimeout(600_000);
  await contribute(page);
  await give(page, await invented(page.request, "starter", 20));
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() !== "GET") sent.push(new URL(request.url()).pathname);
  });
  const trying = await choose(page, "A good model");
  await untilBlind(page, trying);
  await trying.blind.getByRole("button", { name: "A is better" }).click();
  const box = page.getByTestId("publish");
  await expect(box).toBeVisible({ timeout: 30_000 });
  await expect(box).toContainText("a phone number");
  const yes = box.getByRole("button", { name: "Publish it" });
  const tick = box.getByRole("checkbox");
  await expect(tick).not.toBeChecked();
  await expect(yes).toBeDisabled();
  expect(sent.filter((path) => /publication|publish_prompts/.test(path))).toEqual([]);
  expect(dump(models)).not.toContain(SECRET);
  await expectFitsEverywhere(page);

  await tick.focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Tab");
  await expect(yes).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("#publish-done")).toBeFocused();
  await expect(page.locator("#publish-done")).toContainText("Thank you. It waits until");
  expect(dump(models)).toContain(SECRET);

  await page.locator("#publish-done").getByRole("link", { name: "Your data" }).click();
  const list = page.getByTestId("published");
  await expect(list.getByRole("row")).toHaveCount(2);
  await expect(list).toContainText("waits until");
  await expectFitsEverywhere(page);
  await list.getByRole("button", { name: /^Take back/ }).press("Enter");
  await expect(page.getByRole("dialog")).toContainText("Question and answers are deleted");
  await page.getByRole("button", { name: "Take it back" }).press("Enter");
  await expect(list).toContainText("Taken back.");
  await expect(list.getByRole("table")).toHaveCount(0);
  expect(dump(models)).not.toContain(SECRET);
  expect(errors).toEqual([]);
});

test("who does not contribute is told why nothing is offered, and nothing is sent", async ({ page, models, errors }) => {
  test.setTimeout(600_000);
  await page.goto("/");
  await mounted(page);
  await give(page, await invented(page.request, "starter", 20));
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() !== "GET") sent.push(new URL(request.url()).pathname);
  });
  const trying = await choose(page, "A good model");
  await untilBlind(page, trying);
  await trying.blind.getByRole("button", { name: "A is better" }).click();
  await expect(page.getByText("This conversation stays private: publishing own prompts")).toBeVisible({ timeout: 30_000 });
  await expect(page.getByTestId("publish")).toHaveCount(0);
  expect(sent.filter((path) => /publication|consents|blind-tests/.test(path))).toEqual([]);
  expect(dump(models)).not.toContain(SECRET);
  expect(errors).toEqual([]);
});
