import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { places } from "../support/server.ts";
import { RankPage, stored } from "../support/rank_page.ts";
import { expect, test } from "../support/test.ts";

test("nothing is sent before consent; a contributed vote is found in the release, under a pseudonym", async ({ page, server, errors }) => {
  const rank = new RankPage(page);
  await rank.open();
  await rank.voteAndGoOn("A is better");
  await expect(page.getByRole("banner")).toContainText("On this device");
  await expect(page.getByRole("banner")).toContainText("votes sent: 0");

  await page.goto("/me/data");
  await page.getByRole("button", { name: "Contribute my votes…" }).click();
  const dialog = page.getByRole("dialog");
  const agree = dialog.getByRole("button", { name: "Agree and contribute" });
  for (const box of await dialog.getByRole("checkbox").all()) await expect(box).not.toBeChecked();
  await expect(dialog).toContainText("CC BY 4.0");
  await dialog.getByRole("checkbox", { name: "Keep my taste profile" }).check();
  await expect(agree).toBeDisabled();
  await dialog.getByRole("checkbox", { name: "Publish my votes" }).check();
  await agree.click();
  await expect(page.getByRole("banner")).toContainText("Contribute");

  await page.goto("/rank");
  await rank.learnedFrom(1);
  await rank.vote("B is better").click();
  await expect(rank.undo).toBeVisible();
  await rank.revealNow.click();
  await expect(page.getByRole("banner")).toContainText(/votes sent: [1-9]/, { timeout: 20_000 });
  const events = await stored(page, "events");
  const mine = events.sort((a, b) => a.at_ms - b.at_ms).at(-1);

  const out = join(server.dataDir, "releases", "e2e-1");
  execFileSync(places.bin(), ["release", "build", "--data-dir", server.dataDir, "--out", out]);
  const votes = readFileSync(join(out, "votes.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const found = votes.filter((vote) => JSON.stringify(vote.judgment?.groups ?? vote.groups) === JSON.stringify(mine.judgment.groups));
  expect(found).toHaveLength(1);
  expect(found[0].rater_id).toMatch(/^[0-9a-f]{32}$/);
  expect(JSON.stringify(votes)).not.toContain(mine.id);
  const cookies = await page.context().cookies();
  for (const cookie of cookies) {
    expect(cookie.httpOnly).toBe(true);
    expect(JSON.stringify(votes)).not.toContain(cookie.value);
  }
  const pairs = readFileSync(join(out, "pairs_trl.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
  expect(pairs.length).toBeGreaterThan(0);
  for (const pair of pairs) expect(pair.chosen).not.toEqual(pair.rejected);

  await page.goto("/data");
  await expect(page.getByRole("link", { name: "e2e-1" })).toBeVisible();
  expect(errors).toEqual([]);
});

test("a vote given while the server is down arrives once when it is back", async ({ page, server }) => {
  const rank = new RankPage(page);
  await page.goto("/me/data");
  await page.getByRole("button", { name: "Contribute my votes…" }).click();
  for (const box of await page.getByRole("dialog").getByRole("checkbox").all()) await box.check();
  await page.getByRole("dialog").getByRole("button", { name: "Agree and contribute" }).click();
  await expect(page.getByRole("banner")).toContainText("Contribute");
  await rank.open();
  await rank.voteAndGoOn("A is better");
  await expect(page.getByRole("banner")).toContainText("votes sent: 1", { timeout: 20_000 });
  await server.kill();
  await rank.vote("B is better").click();
  await rank.revealNow.click();
  await expect(rank.authors).toHaveCount(2);
  await expect(page.getByRole("banner")).toContainText("votes sent: 1");
  expect((await stored(page, "outbox")).filter((entry) => entry.standing === "waiting")).toHaveLength(1);
  await server.restart();
  await expect(page.getByRole("banner")).toContainText("votes sent: 2", { timeout: 60_000 });
  const held = await page.evaluate(() => fetch("/api/v1/me").then((response) => response.json()));
  expect(held.judgments).toBe(2);
});
