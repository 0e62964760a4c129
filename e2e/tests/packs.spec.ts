import type { Locator, Page } from "@playwright/test";
import { expectFitsEverywhere } from "../support/looks.ts";
import { RankPage, stored } from "../support/rank_page.ts";
import { expect, mounted, test } from "../support/test.ts";
import { give, invented, PACKS } from "../support/votes.ts";

const questions = (page: Page): Locator => page.getByRole("combobox", { name: "Questions" });

async function texts(page: Page, pack: string): Promise<Set<string>> {
  const manifest = await (await page.request.get(`/packs/${pack}/manifest.json`)).json();
  const { name } = manifest.files.find((file: any) => file.role === "items");
  const { prompts } = await (await page.request.get(`/packs/${pack}/${name}`)).json();
  return new Set(prompts.flatMap((prompt: any) => prompt.responses.map(({ id }: any) => id)));
}

for (const [pack, title] of PACKS) {
  test(`${pack} can be chosen and voted on, and the choice survives a reload`, async ({ page, errors }) => {
    const rank = new RankPage(page);
    await rank.open();
    await expect(questions(page)).toHaveValue("starter");
    await questions(page).selectOption(title);
    await expect(rank.vote("A is better")).toBeVisible();
    await rank.voteAndGoOn("A is better");
    await rank.voteAndGoOn("Equal");
    await rank.learnedFrom(2);
    const events = await stored(page, "events");
    const known = await texts(page, pack);
    expect(events.map((event) => event.pack)).toEqual([pack, pack]);
    for (const event of events) expect(event.shown.every((id: string) => known.has(id))).toBe(true);

    await page.reload();
    await expect(questions(page)).toHaveValue(pack);
    await rank.learnedFrom(2);
    await page.goto("/");
    await expect(rank.vote("A is better")).toBeVisible();
    await rank.voteAndGoOn("B is better");
    expect((await stored(page, "events")).map((event) => event.pack)).toEqual([pack, pack, pack]);
    expect(errors).toEqual([]);
  });

  test(`the methods make forecasts on ${pack}`, async ({ page, errors }) => {
    const rank = new RankPage(page);
    await rank.open();
    await questions(page).selectOption(title);
    await rank.voteUntilForecast();
    const events = await stored(page, "events");
    expect(new Set(events.map((event) => event.pack))).toEqual(new Set([pack]));
    const methods = events.at(-1).predictions.map(({ method }: any) => method);
    expect(methods).toEqual(expect.arrayContaining(["coin", "longer", "population", "ridge", "eb"]));
    await rank.next.click();
    await page.goto("/rank/4");
    await expect(page.getByRole("article")).toHaveCount(4, { timeout: 30_000 });
    expect(errors).toEqual([]);
  });

  test(`/rank on ${pack} is axe-clean and does not scroll sideways`, async ({ page }) => {
    const rank = new RankPage(page);
    await rank.open();
    await questions(page).selectOption(title);
    await expect(rank.vote("A is better")).toBeVisible();
    await expectFitsEverywhere(page);
  });
}

test("the reveal names the models of the pack of named models", async ({ page }) => {
  const rank = new RankPage(page);
  await rank.open();
  await questions(page).selectOption("Named models");
  await rank.vote("A is better").click();
  await expect(rank.authors).toHaveCount(0);
  await rank.revealNow.click();
  await expect(rank.authors).toHaveCount(2);
  for (const answer of await rank.board.getByRole("article").all()) await expect(answer.locator(".author")).toContainText(/Guanaco|Vicuna|LLaMA/);
});

test("a vote that is held when the pack changes is kept, on its own pack", async ({ page, errors }) => {
  const rank = new RankPage(page);
  await rank.open();
  await rank.vote("B is better").click();
  await questions(page).focus();
  await questions(page).selectOption("Arguments");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Which argument convinces?");
  await expect(rank.vote("A is better")).toBeVisible();
  await expect.poll(async () => (await stored(page, "events")).map((event) => event.pack)).toEqual(["starter"]);
  await rank.learnedFrom(0);
  await expect(questions(page)).toBeFocused();
  await questions(page).selectOption("Everyday life");
  await rank.learnedFrom(1);
  expect(errors).toEqual([]);
});

test("the other tab goes over to the pack that was chosen in this one", async ({ page, context }) => {
  const rank = new RankPage(page);
  await rank.open();
  const other = await context.newPage();
  const there = new RankPage(other);
  await there.open();
  await questions(page).selectOption("Ideas for a town");
  await expect(questions(other)).toHaveValue("polis");
  await expect(there.vote("A is better")).toBeVisible();
  await there.voteAndGoOn("A is better");
  await rank.learnedFrom(1);
  expect((await stored(page, "events")).map((event) => event.pack)).toEqual(["polis"]);
});

test("votes of one pack are in no other's race, count or picture; the history has all", async ({ page, errors }) => {
  await give(page, [...(await invented(page.request, "starter", 30)), ...(await invented(page.request, "arguments", 12))]);
  const rank = new RankPage(page);
  await rank.open();
  await rank.learnedFrom(30);
  await page.goto("/me");
  await expect(page.getByText(/From 30 votes/)).toBeVisible({ timeout: 30_000 });
  await expect(page.locator(".race").first().getByRole("listitem").first()).toHaveText(/Coin\s*right 5 of 10/);
  await questions(page).selectOption("Arguments");
  await expect(page.getByText("Too early to tell: 4 test votes so far, 8 needed.")).toBeVisible();
  await questions(page).selectOption("Ideas for a town");
  await expect(page.getByText("You have not voted on these questions yet.")).toBeVisible();

  await page.goto("/me/history");
  await mounted(page);
  await expect(page.locator("#history-count")).toHaveText("42 votes.");
  await questions(page).selectOption("Arguments");
  await expect(page.locator("#history-count")).toHaveText("12 of 42 votes.");
  const vote = page.locator("ol.history > li").first();
  await expect(vote.getByRole("heading")).toContainText(/convincing/);
  await expect(vote.locator("dl")).toContainText("Arguments");
  await vote.getByRole("button", { name: "Show the answers" }).click();
  await expect(vote.getByRole("article")).toHaveCount(2);
  expect(errors).toEqual([]);
});

test("the export has the votes of every pack", async ({ page }) => {
  await give(page, [...(await invented(page.request, "starter", 3)), ...(await invented(page.request, "polis", 2))]);
  await page.goto("/me/data");
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save my votes as a file" }).click();
  const chunks: Buffer[] = [];
  for await (const chunk of await (await saving).createReadStream()) chunks.push(chunk as Buffer);
  const { events } = JSON.parse(Buffer.concat(chunks).toString());
  expect(events.map((event: any) => event.pack).sort()).toEqual(["polis", "polis", "starter", "starter", "starter"]);
});

test.describe("without a network", () => {
  test.use({ serviceWorkers: "allow" });

  test("a pack that was used can be voted on", async ({ page, context, errors }) => {
    const rank = new RankPage(page);
    await rank.open();
    await questions(page).selectOption("Named models");
    await rank.voteUntilForecast();
    await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === "activated", undefined, { timeout: 60_000 });
    await page.waitForFunction(async () => (await (await caches.open("palate-pack-vicuna80")).keys()).length >= 5, undefined, { timeout: 60_000 });
    const before = (await stored(page, "events")).length;
    await context.setOffline(true);
    await page.reload();
    await expect(questions(page)).toHaveValue("vicuna80");
    await rank.voteUntilForecast();
    const events = await stored(page, "events");
    expect(events.length).toBeGreaterThan(before);
    expect(new Set(events.map((event) => event.pack))).toEqual(new Set(["vicuna80"]));
    expect(errors).toEqual([]);
  });
});

test("votes on statements are told apart in the history by what was chosen", async ({ page, request, errors }) => {
  const votes = await invented(request, "polis", 3);
  await give(page, votes);
  const manifest = await (await request.get("/packs/polis/manifest.json")).json();
  const { name } = manifest.files.find((file: any) => file.role === "items");
  const { prompts } = await (await request.get(`/packs/polis/${name}`)).json();
  const responses = new Map<string, string>(prompts.flatMap((prompt: any) => prompt.responses.map(({ id, text }: any) => [id, text])));
  const chosen = votes.map(({ judgment }) => responses.get(judgment.groups[0][0])!.trim().split(/\s+/).slice(0, 12).join(" ")).reverse();
  await page.goto("/me/history");
  await mounted(page);
  const rows = page.locator("ol.history > li");
  await expect(rows).toHaveCount(3);
  for (const [at, words] of chosen.entries()) await expect(rows.nth(at)).toContainText(`“${words}`);
  await expect(rows.first().getByRole("button", { name: "Change…" })).toHaveAccessibleDescription(new RegExp(chosen[0]!.slice(0, 20).replace(/[^\w ]/g, ".")));
  expect(errors).toEqual([]);
});
