import type { Page } from "@playwright/test";
import { expectFitsEverywhere } from "../support/looks.ts";
import { RankPage, stored } from "../support/rank_page.ts";
import { expect, mounted, test } from "../support/test.ts";
import { TryPage } from "../support/try_page.ts";
import { give, invented } from "../support/votes.ts";

/** Votes of the starter pack, as if they had been given before. */
async function withVotes(page: Page, count = 20): Promise<void> {
  await give(page, await invented(page.request, "starter", count));
}

test("four questions on the spot, several answers, the pick with its reasons, and its place in the list", async ({ page, errors }) => {
  test.setTimeout(240_000);
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() !== "GET") sent.push(new URL(request.url()).pathname);
  });
  const trying = new TryPage(page);
  await trying.open();
  const rank = new RankPage(page);
  for (let vote = 0; vote < 4; vote++) {
    await expect(page.getByText(`${vote} of 4`, { exact: true })).toBeVisible();
    await rank.vote("A is better").click();
    await rank.revealNow.click();
    if (vote < 3) {
      await rank.next.click();
      await expect(rank.vote("A is better")).toBeVisible();
    }
  }
  await expect(page.getByText("All your votes count as examples now")).toBeVisible();
  expect(await stored(page, "events")).toHaveLength(4);
  expect((await stored(page, "events")).every((event) => event.policy !== "self_chosen")).toBe(true);

  await trying.ask();
  expect(await trying.ranked.count()).toBeGreaterThanOrEqual(4);
  const first = (await trying.order())[0];
  await expect(trying.pick).toHaveAccessibleName(`For you: answer ${first}`);
  await expect(trying.ranked.first()).toContainText(/[+-]\d\.\d\d \([+-]\d\.\d\d to [+-]\d\.\d\d\)/);
  await expect(page.getByText("ordinary answer").first()).toBeVisible();
  // The prompt went to the server, votes did not, and the mode is as it was.
  expect(sent.filter((path) => !/session|generate|reveal/.test(path))).toEqual([]);
  await expect(page.getByRole("banner")).toContainText("On this device");
  await expect(page.getByRole("banner")).toContainText("votes sent: 0");
  expect(errors).toEqual([]);
});

test("receipts lead to the vote, and a slider moves the ranking at once", async ({ page, errors }) => {
  test.setTimeout(240_000);
  await withVotes(page);
  const trying = new TryPage(page);
  await trying.open();
  await expect(page.getByText("20 votes on these questions.")).toBeVisible();
  await trying.ask();
  const receipt = trying.pick.getByRole("link", { name: /^You preferred/ }).first();
  await expect(receipt).toBeVisible();

  const before = await trying.order();
  const slider = trying.sliders.getByRole("slider").first();
  // Far to one side, then far to the other: one of them turns the order.
  await slider.focus();
  await page.keyboard.press("End");
  const high = await trying.order();
  await page.keyboard.press("Home");
  const low = await trying.order();
  expect(high).not.toEqual(low);
  await expect(trying.pick).toHaveAccessibleName(`For you: answer ${low[0]}`);
  expect(await stored(page, "events")).toHaveLength(20);

  await trying.sliders.getByRole("checkbox").first().check();
  await page.reload();
  await mounted(page);
  await trying.ask();
  await expect(trying.sliders.getByRole("checkbox").first()).toBeChecked();
  await trying.sliders.getByRole("button", { name: "Back to what my votes say" }).click();
  await expect(trying.sliders.getByRole("checkbox").first()).not.toBeChecked();
  expect(before.length).toBeGreaterThan(2);

  const href = await trying.pick.getByRole("link", { name: /^You preferred/ }).first().getAttribute("href");
  await trying.pick.getByRole("link", { name: /^You preferred/ }).first().click();
  await expect(page).toHaveURL(new RegExp(`/me/history\\?vote=`));
  const vote = page.locator(`#v-${new URL(href!, "http://x").searchParams.get("vote")}`);
  await expect(vote.getByRole("heading")).toBeFocused();
  // What was picked is still there.
  await page.goBack();
  await expect(trying.pick).toBeVisible();
  expect(errors).toEqual([]);
});

test("a blind test comes before the ranking, and /me counts it", async ({ page, errors }) => {
  test.setTimeout(300_000);
  await withVotes(page);
  const trying = new TryPage(page);
  await trying.open();
  await page.getByRole("checkbox", { name: /without names/ }).check();
  await trying.askUntilBlind();
  await expect(trying.ranked).toHaveCount(0);
  await expect(trying.blind.getByRole("article")).toHaveCount(2);
  for (const answer of await trying.blind.getByRole("article").all()) await expect(answer).not.toContainText("ordinary answer");
  await trying.blind.getByRole("button", { name: "A is better" }).click();
  await expect(trying.pick).toBeVisible();
  await expect(page.locator("#try-result")).toBeFocused();

  const [kept] = (await stored(page, "settings")).filter((held) => held?.tests);
  expect(kept.tests).toHaveLength(1);
  expect(kept.tests[0]).toMatchObject({ strategy: "best_of_n", examples: expect.any(Number), simulated: false });
  expect(["personal", "default"]).toContain(kept.tests[0].outcome);
  // The next two generations have none.
  await trying.go.click();
  await expect(trying.go).toBeDisabled();
  await expect(trying.pick).toBeVisible({ timeout: 60_000 });

  await page.getByRole("link", { name: "Your taste" }).first().click();
  const section = page.getByTestId("blind");
  await expect(section).toContainText("Too early to tell: 1 test with a winner so far, 8 needed.");
  await expect(section.getByRole("table")).toContainText("Picked from several");
  await section.getByRole("button", { name: "Delete these tests" }).click();
  await expect(section).toContainText("There was no blind test yet.");
  expect(errors).toEqual([]);
});

test("in mode Contribute the outcome reaches the server, later where it cannot be reached, and /me counts it", async ({ page, server, errors }) => {
  test.setTimeout(300_000);
  await page.goto("/me/data");
  await page.getByRole("button", { name: "Contribute my votes…" }).click();
  const dialog = page.getByRole("dialog");
  for (const box of await dialog.getByRole("checkbox").all()) await box.check();
  await dialog.getByRole("button", { name: "Agree and contribute" }).click();
  await expect(page.getByRole("banner")).toContainText("Contribute");
  await withVotes(page);
  const totals = () => page.request.get("/api/v1/blind-tests").then((response) => response.json());
  const before = await totals();
  const trying = new TryPage(page);
  await trying.open();
  await page.getByRole("checkbox", { name: /without names/ }).check();
  await trying.askUntilBlind();
  const posted = page.waitForResponse((response) => response.url().endsWith("/blind-tests") && response.request().method() === "POST");
  await trying.blind.getByRole("button", { name: "B is better" }).click();
  expect((await posted).status()).toBe(201);
  const { outcome } = (await posted).request().postDataJSON();
  const after = await totals();
  expect(after.tests).toBe(before.tests + 1);
  expect(after[outcome]).toBe(before[outcome] + 1);

  // Once more, without a server: kept here, and sent when there is one again.
  await expect(trying.pick).toBeVisible();
  await trying.askUntilBlind();
  await server.kill();
  await trying.blind.getByRole("button", { name: "Equal" }).click();
  await expect(trying.pick).toBeVisible();
  const kept = async () => (await stored(page, "settings")).find((held) => held?.tests);
  await expect.poll(async () => (await kept()).tests.length).toBe(2);
  expect((await kept()).unsent).toHaveLength(1);
  await server.restart();
  await page.goto("/me");
  const section = page.getByTestId("blind");
  await expect(section).toContainText("Too early to tell: 1 test with a winner so far, 8 needed.");
  await expect(section.getByRole("table")).toContainText("Picked from several");
  await expect(section).toContainText(`Everybody who contributes: ${before.tests + 2} tests by`);
  await expect.poll(async () => (await kept()).unsent).toEqual([]);
  expect((await totals()).undecided).toBe(before.undecided + 1);
  expect(errors).toEqual([]);
});

test("a vote can be left out of the examples and put back, one by one", async ({ page, errors }) => {
  test.setTimeout(240_000);
  await withVotes(page);
  const trying = new TryPage(page);
  await trying.open();
  await trying.ask();
  const known = async () => Number((await page.getByText(/From \d+ examples?\./).innerText()).match(/From (\d+)/)![1]);
  const all = await known();
  const receipts = trying.pick.getByRole("listitem").filter({ has: page.getByRole("button", { name: "Leave this one out" }) });
  const first = receipts.first();
  const href = await first.getByRole("link").getAttribute("href");
  await first.getByRole("button", { name: "Leave this one out" }).click();
  await expect(page.getByText(`From ${all - 1} examples.`)).toBeVisible({ timeout: 30_000 });
  await expect(page.locator("#try-result")).toBeFocused();
  await expect(page.locator(`.receipts a[href="${href}"]`)).toHaveCount(0);
  await receipts.first().getByRole("button", { name: "Leave this one out" }).click();
  await expect(page.getByText(`From ${all - 2} examples.`)).toBeVisible({ timeout: 30_000 });
  const back = page.getByRole("region", { name: "What do I know you by?" }).getByRole("button", { name: /^Put it back/ });
  await expect(back).toHaveCount(2);
  // The next generation leaves them out as well.
  await trying.ask();
  expect(await known()).toBe(all - 2);
  await back.first().click();
  await expect(page.getByText(`From ${all - 1} examples.`)).toBeVisible({ timeout: 30_000 });
  await back.first().click();
  await expect(page.getByText(`From ${all} examples.`)).toBeVisible({ timeout: 30_000 });
  await expect(back).toHaveCount(0);
  // No vote was touched.
  expect(await stored(page, "events")).toHaveLength(20);
  expect(errors).toEqual([]);
});

test("eight tests with a winner give a win rate with its interval", async ({ page }) => {
  await withVotes(page);
  const outcomes = ["personal", "personal", "personal", "personal", "personal", "personal", "default", "default", "equal", "cant_tell"];
  const tests = outcomes.map((outcome, at) => ({ generation: `g${at}`, personal_first: at % 2 === 0, outcome, strategy: "best_of_n", method: "eb", examples: 20, candidates: 5, simulated: false }));
  await page.evaluate(
    (text) =>
      new Promise<void>((resolve) => {
        const open = indexedDB.open("palate");
        open.onsuccess = () => {
          const writing = open.result.transaction("settings", "readwrite");
          writing.objectStore("settings").put(text, "blind_tests");
          writing.oncomplete = () => {
            open.result.close();
            resolve();
          };
        };
      }),
    JSON.stringify({ tests, same: 2 }),
  );
  await page.goto("/me");
  const section = page.getByTestId("blind");
  // Wilson's interval of 6 of 8.
  await expect(section).toContainText("The pick won 75 % of the tests that had a winner (likely 41 % to 93 %).");
  await expect(section).toContainText("Whether it helps you is still open.");
  await expect(section).toContainText("10 blind tests");
  await expect(section).toContainText("2 times the pick was the ordinary answer itself");
});

test("with the library, steering is off with its reason, and a question of one's own leads to near ones", async ({ page, errors }) => {
  test.setTimeout(120_000);
  await withVotes(page);
  const trying = new TryPage(page);
  await trying.open();
  await expect(page.getByText("Not with the built-in library")).toBeVisible();
  await expect(page.getByRole("checkbox", { name: "Tell it how to write, in a few words" })).toBeDisabled();
  await page.getByRole("radio", { name: "My own", exact: true }).check();
  await expect(trying.go).toBeDisabled();
  await expect(page.getByText("Write a question first.")).toBeVisible();
  await page.getByRole("textbox", { name: "Your question" }).fill("How do I keep my tomatoes alive in summer?");
  await page.keyboard.press("Tab");
  await expect(page.getByText("The built-in library only answers questions from the list.").first()).toBeVisible();
  await expect(trying.go).toBeDisabled();
  await expect(page.getByText("found by words")).toBeVisible({ timeout: 60_000 });
  // Nothing typed is lost.
  await page.reload();
  await mounted(page);
  await expect(page.getByRole("textbox", { name: "Your question" })).toHaveValue("How do I keep my tomatoes alive in summer?");
  const near = page.locator(".notice ul button").first();
  await near.click();
  await expect(trying.go).toBeEnabled();
  await trying.ask();
  expect(errors).toEqual([]);
});

test("everything by keyboard, and each answer is announced once", async ({ page, errors }) => {
  test.setTimeout(240_000);
  await withVotes(page);
  const trying = new TryPage(page);
  await trying.open();
  await page.evaluate(() => {
    const said: string[] = [];
    (window as any).said = said;
    const region = document.querySelector("#app [role=status][aria-live=polite]")!;
    new MutationObserver(() => said.push(region.textContent!)).observe(region, { childList: true, characterData: true, subtree: true });
  });
  await trying.question.focus();
  await page.keyboard.press("ArrowDown");
  for (let presses = 0; presses < 30; presses++) {
    if (await trying.go.evaluate((button) => button === document.activeElement)) break;
    await page.keyboard.press("Tab");
  }
  await expect(trying.go).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(trying.pick).toBeVisible({ timeout: 60_000 });
  const said: string[] = await page.evaluate(() => (window as any).said);
  const ready = said.join(" ").match(/Answer \d ready, \d+ words?\./g) ?? [];
  expect(new Set(ready).size).toBe(ready.length);
  expect(ready).toHaveLength(await trying.lanes.count());
  await expect(page.locator(".lanes [aria-live]")).toHaveCount(0);
  expect(said.join(" ")).toMatch(/Answer \d is picked for you\./);
  expect(errors).toEqual([]);
});

test("earlier tries stay, can be asked again and deleted", async ({ page, errors }) => {
  test.setTimeout(240_000);
  await withVotes(page);
  const trying = new TryPage(page);
  await trying.open();
  await trying.ask();
  await expect(trying.earlier.getByRole("listitem")).toHaveCount(1);
  await page.reload();
  await mounted(page);
  await expect(trying.earlier.getByRole("listitem")).toHaveCount(1);
  await trying.earlier.locator("summary").click();
  await expect(trying.earlier.getByRole("article").nth(3)).toBeVisible();
  await trying.earlier.getByRole("button", { name: /^Ask this again/ }).click();
  await expect(trying.question).toBeFocused();
  await trying.earlier.getByRole("button", { name: "Delete all tries" }).click();
  await expect(trying.earlier).toHaveCount(0);
  await page.reload();
  await mounted(page);
  await expect(trying.earlier).toHaveCount(0);
  expect(errors).toEqual([]);
});

test("/try fits and is accessible before, with a pick and in a blind test", async ({ page }) => {
  test.setTimeout(600_000);
  await withVotes(page);
  const trying = new TryPage(page);
  await trying.open();
  await expectFitsEverywhere(page);
  await trying.ask();
  for (const details of await page.locator("details:not([open]) > summary").all()) await details.click().catch(() => {});
  await expectFitsEverywhere(page);
  await page.getByRole("checkbox", { name: /without names/ }).check();
  await trying.askUntilBlind();
  await expectFitsEverywhere(page);
});
