import { readFileSync } from "node:fs";
import { asFiles, figures, nativeFigures, smallSet } from "../support/lab.ts";
import { expect, test } from "../support/test.ts";

/** Largest difference between a figure of the page and the same one of the native laboratory. */
const TOLERANCE = 0.01;

test("PAL-A trained in the page gives the figures of the native laboratory", async ({ page, errors }) => {
  test.setTimeout(400_000);
  await page.goto("/reproduce");
  await page.getByLabel("Prototypes").selectOption("3");
  const sent: string[] = [];
  page.on("request", (request) => sent.push(`${request.method()} ${new URL(request.url()).pathname}`));
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await expect(page.getByTestId("losses")).toBeVisible({ timeout: 60_000 });
  const heading = page.getByRole("heading", { name: "People who trained nothing" });
  await expect(heading).toBeVisible({ timeout: 300_000 });
  await expect(heading).toBeFocused();
  await expect(page.getByText(/225 people, 4000 items/)).toBeVisible();
  await expect(page.getByText("These people are simulated.")).toBeVisible();
  await expect(page.getByText(/Runs on: CPU/)).toBeVisible();
  expect(sent.filter((request) => !/^GET \/(assets|packs)\//.test(request))).toEqual([]);

  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save the whole report" }).click();
  const ours = figures(readFileSync(await (await saved).path(), "utf8"));
  const native = await nativeFigures("pal-partition", "--effort", "0.2", "--prototypes", "3");
  expect(ours.length).toBe(native.length);
  for (const [at, row] of native.entries()) {
    const mine = ours[at];
    expect([mine.method, mine.cell, mine.n]).toEqual([row.method, row.cell, row.n]);
    expect(Math.abs(mine.accuracy[0] - row.accuracy[0]), `${row.method}, ${row.cell}, ${row.n}`).toBeLessThanOrEqual(TOLERANCE);
  }
  const shown = page.getByRole("table", { name: "New items" });
  const last = native.find((row) => row.method === "pal-a" && row.cell === "unseen_unseen" && row.n === 32)!;
  const cell = await shown.getByRole("row").last().getByRole("cell").nth(1).innerText();
  expect(Math.abs(Number(cell.split(" ")[0]) / 100 - last.accuracy[0])).toBeLessThanOrEqual(TOLERANCE + 5e-4);
  expect(errors).toEqual([]);
});

test("files of one's own are trained on, and a bad line is named", async ({ page, errors }) => {
  test.setTimeout(300_000);
  await page.goto("/reproduce");
  await page.getByText("Your files").click();
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("Choose the files of a data set first.");

  const set = smallSet();
  const lines = set["pairs.jsonl"].split("\n");
  lines[6] = JSON.stringify({ user: "u0", chosen: "nobody", rejected: "s1" });
  await page.getByLabel("Files of one data set").setInputFiles(asFiles({ ...set, "pairs.jsonl": lines.join("\n") }));
  await page.getByRole("button", { name: "Train again" }).click();
  await expect(page.getByRole("alert")).toContainText("pairs.jsonl, line 7: item nobody is not in items.jsonl", { timeout: 60_000 });

  await page.getByLabel("Files of one data set").setInputFiles(asFiles({ "items.jsonl": set["items.jsonl"] }));
  await page.getByRole("button", { name: "Train again" }).click();
  await expect(page.getByRole("alert")).toContainText("Neither pairs.jsonl nor votes.jsonl", { timeout: 60_000 });

  await page.getByLabel("Files of one data set").setInputFiles(asFiles(set));
  await page.getByRole("button", { name: "Train again" }).click();
  await expect(page.getByText(/A small set: 40 people, 48 items, 720 votes/)).toBeVisible({ timeout: 200_000 });
  // Half of the people like what the others do not: one taste for all is a coin, and a few votes tell who is who.
  const row = page.getByRole("table", { name: "New items" }).getByRole("row").last();
  const share = async (at: number) => Number((await row.getByRole("cell").nth(at).innerText()).split(" ")[0]);
  expect(await share(0)).toBeLessThan(70);
  expect(await share(1)).toBeGreaterThan(95);
  expect(errors).toEqual([]);
});

test("a training can be stopped and begun again", async ({ page, errors }) => {
  await page.goto("/reproduce");
  await page.getByLabel("Steps").selectOption({ label: "All of them" });
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await expect(page.getByText(/Training \d+: step \d+ of \d+/)).toBeVisible({ timeout: 60_000 });
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByText("Stopped. Nothing was kept.")).toBeVisible();
  await page.getByRole("button", { name: "Train again" }).click();
  await expect(page.getByText(/Training \d+: step \d+ of \d+/)).toBeVisible({ timeout: 60_000 });
  expect(errors).toEqual([]);
});
