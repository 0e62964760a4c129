import { choose, notes, test, withModels, written } from "../support/models.ts";
import { pretend } from "../support/generation.ts";
import { expect, mounted } from "../support/test.ts";
import { TryPage } from "../support/try_page.ts";

const QUESTION = "How do I keep my tomatoes alive in summer?";

test("who waits sees the place in the queue, and goes on when it is free", async ({ browser, upstream }) => {
  test.setTimeout(180_000);
  await withModels(upstream, "together = 1\nqueue = 8\n", async (server) => {
    const contexts = await Promise.all([0, 1, 2].map(() => browser.newContext()));
    const visitors: TryPage[] = [];
    for (const context of contexts) {
      const trying = await choose(await context.newPage(), "A slow model", server.url);
      await trying.go.click();
      await expect(trying.lanes).toHaveCount(5);
      visitors.push(trying);
    }
    const [first, second, third] = visitors as [TryPage, TryPage, TryPage];
    const place = (trying: TryPage, number: number) => trying.page.getByRole("status").getByText(`You are number ${number} in the queue.`);
    await expect(place(second, 1)).toBeVisible();
    await expect(place(third, 2)).toBeVisible();
    await expect(place(first, 1)).toHaveCount(0);
    // Who waits can leave the queue.
    await second.page.getByRole("button", { name: "Stop all" }).click();
    await expect(notes(second)).toHaveCount(5);
    await expect(place(third, 1)).toBeVisible();
    await first.page.getByRole("button", { name: "Stop all" }).click();
    await expect.poll(async () => (await written(third, 0)).length, { timeout: 30_000 }).toBeGreaterThan(10);
    await expect(place(third, 1)).toHaveCount(0);
    await third.page.getByRole("button", { name: "Stop all" }).click();
    await expect(notes(third)).toHaveCount(5);
    for (const context of contexts) await context.close();
  });
});

test("the server is killed while answers are written: what arrived and what was typed stay, and it goes on afterwards", async ({ page, upstream, errors }) => {
  test.setTimeout(180_000);
  await withModels(upstream, "", async (server) => {
    const trying = await choose(page, "A slow model", server.url);
    await trying.write(QUESTION);
    await trying.go.click();
    await expect.poll(async () => (await written(trying, 0)).length, { timeout: 30_000 }).toBeGreaterThan(20);
    await server.kill();
    await expect(notes(trying).filter({ hasText: "The connection broke off. What arrived stays." })).toHaveCount(5, { timeout: 90_000 });
    for (let lane = 0; lane < 5; lane++) expect((await written(trying, lane)).length).toBeGreaterThan(20);
    await expect(trying.typed).toHaveValue(QUESTION);
    // Asked once more without a server: said, and nothing is lost.
    await trying.go.click();
    await expect(page.getByText("The server could not be reached. Check the connection and try again.").first()).toBeVisible();
    await expect(trying.typed).toHaveValue(QUESTION);
    await server.restart();
    await page.locator("#try-model").selectOption({ label: "A good model" });
    await trying.go.click();
    await expect.poll(async () => (await written(trying, 0)).split(/\s+/).length, { timeout: 60_000 }).toBeGreaterThan(10);
    await page.reload();
    await mounted(page);
    await expect(trying.typed).toHaveValue(QUESTION);
  });
  expect(errors).toEqual([]);
});

test("a look at another page loses nothing of what is being written", async ({ page, errors }) => {
  test.setTimeout(120_000);
  const trying = await choose(page, "A slow model");
  await trying.write(QUESTION);
  await trying.go.click();
  await expect.poll(async () => (await written(trying, 0)).length, { timeout: 30_000 }).toBeGreaterThan(20);
  await page.getByRole("link", { name: "Method", exact: true }).first().click();
  await expect(page).toHaveURL(/\/method$/);
  await page.waitForTimeout(1_000);
  await page.goBack();
  await expect(trying.lanes).toHaveCount(5);
  await expect(trying.typed).toHaveValue(QUESTION);
  const before = (await written(trying, 0)).length;
  expect(before).toBeGreaterThan(20);
  await expect.poll(async () => (await written(trying, 0)).length).toBeGreaterThan(before);
  await page.getByRole("button", { name: "Stop all" }).click();
  await expect(notes(trying)).toHaveCount(5);
  expect(errors).toEqual([]);
});

test("a model out of reach leaves the question as it was typed", async ({ page, errors }) => {
  test.setTimeout(120_000);
  const trying = await choose(page, "A model that falls silent");
  const gone = await page.locator("#try-model option", { hasText: "A model that is gone" }).getAttribute("value");
  await page.locator("#try-model").selectOption(gone!);
  await trying.write(QUESTION);
  await trying.go.click();
  await expect(notes(trying).filter({ hasText: "The model cannot be reached now." })).toHaveCount(5, { timeout: 60_000 });
  await expect(page.getByText("Fewer than two answers came")).toBeVisible();
  await expect(trying.typed).toHaveValue(QUESTION);
  await page.getByRole("button", { name: "Change the question" }).click();
  await expect(trying.typed).toBeFocused();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(" Please.");
  await page.reload();
  await mounted(page);
  await expect(trying.typed).toHaveValue(`${QUESTION} Please.`);
  expect(errors).toEqual([]);
});

test("an answer is copied whole, the question is asked once more, and changed", async ({ page, context, upstream, errors }) => {
  test.setTimeout(120_000);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const trying = await choose(page, "A good model");
  await trying.write(QUESTION);
  await trying.go.click();
  const copy = page.getByRole("button", { name: "Copy Answer 2" });
  await expect(copy).toBeVisible({ timeout: 60_000 });
  const text = await written(trying, 1);
  await copy.click();
  await expect(page.getByRole("button", { name: "Copied Answer 2" })).toBeVisible();
  expect((await page.evaluate(() => navigator.clipboard.readText())).replace(/\s+/g, " ").trim()).toBe(text.replace(/\s+/g, " ").trim());
  await expect(page.getByRole("button", { name: "Download and rank" })).toBeVisible({ timeout: 60_000 });
  await page.getByRole("button", { name: "Not now" }).click();

  const asked = async () => (await upstream.charges()).filter(({ prompt }) => prompt.includes("tomatoes")).length;
  const before = await asked();
  await page.getByRole("button", { name: "Ask once more" }).click();
  await expect(page.getByRole("button", { name: "Download and rank" })).toBeVisible({ timeout: 60_000 });
  expect(await asked()).toBe(before + 5);
  await page.getByRole("button", { name: "Not now" }).click();
  await page.getByRole("button", { name: "Change the question" }).click();
  await expect(trying.typed).toBeFocused();
  expect(errors).toEqual([]);
});

test("a person may have so many requests at once; the refusal is in the language of the page", async ({ context, models }) => {
  test.setTimeout(120_000);
  await context.addInitScript(() => localStorage.setItem("palate.language", "de"));
  const pages = [];
  for (let tab = 0; tab < 3; tab++) {
    const page = await context.newPage();
    await page.goto(`${models.url}/try`);
    await page.getByRole("combobox", { name: "Wer antwortet" }).selectOption({ label: "A slow model" });
    await page.getByRole("button", { name: "Antworten schreiben" }).click();
    if (tab < 2) await expect(page.locator(".lanes > article")).toHaveCount(5);
    pages.push(page);
  }
  await expect(pages[2]!.getByRole("alert").filter({ hasText: "Von dir laufen schon so viele Anfragen" })).toBeVisible();
  for (const page of pages.slice(0, 2)) await page.getByRole("button", { name: "Alle anhalten" }).click();
});

test("every refusal of an answer has German words, and nothing of the server's English", async ({ page }) => {
  test.setTimeout(120_000);
  await page.addInitScript(() => localStorage.setItem("palate.language", "de"));
  let code = "";
  await pretend(page, () => [{ text: "x" }]);
  await page.route("**/api/v1/generate", (route) => route.fulfill({ status: 429, contentType: "application/problem+json", json: { code, status: 429, title: "The server said so", detail: "Try again in 17 s. And it advised." } }));
  await page.goto("/try");
  const go = page.getByRole("button", { name: "Antworten schreiben" });
  const said = page.locator(".try__result [role=alert]");
  const words = new Set<string>();
  const codes = ["generation_off", "model_unavailable", "model_unknown", "budget_spent", "library_only", "prompt_empty", "prompt_too_long", "steering_too_long", "too_many_running", "server_busy", "storage_full", "timeout", "internal", "generation_invalid", "rate_limited"];
  for (code of codes) {
    const answered = page.waitForResponse("**/api/v1/generate");
    await go.click();
    await answered;
    await expect(go).toBeEnabled();
    await expect(said).toBeVisible();
    const text = await said.innerText();
    expect(text, code).not.toMatch(/server said|advised|Try again/);
    expect(text, code).toMatch(/[a-zäöü]{3,}/);
    words.add(text);
  }
  expect(words.size).toBe(codes.length);
  expect([...words].at(-1)).toContain("17 s");
});

test("something private in a question is noticed before it goes to a model, and never in the way", async ({ page, errors }) => {
  test.setTimeout(120_000);
  const asked = await pretend(page, () => [{ text: "One.", is_default: true }, { text: "Two." }]);
  const trying = new TryPage(page);
  await trying.open();
  await page.getByRole("combobox", { name: "Who answers" }).selectOption("Test model");
  await trying.write("Write to anna.berg@post.example or call +49 228 731234.");
  await trying.go.click();
  const notice = page.getByRole("alert").filter({ hasText: "There seems to be something private in your question: an e-mail address, a phone number." });
  await expect(notice).toContainText("the operator of Test model");
  expect(asked).toHaveLength(0);
  await notice.getByRole("button", { name: "Change the question" }).click();
  await expect(trying.typed).toBeFocused();
  await trying.typed.fill("How do I write a letter?");
  await expect(notice).toHaveCount(0);
  await trying.go.click();
  await expect.poll(() => asked.length).toBe(1);
  await expect(trying.go).toBeEnabled({ timeout: 60_000 });

  await trying.typed.fill("What is 4111 1111 1111 1111?");
  await trying.go.click();
  const number = page.getByRole("alert").filter({ hasText: "a long number" });
  await expect(number).toBeVisible();
  expect(asked).toHaveLength(1);
  await number.getByRole("button", { name: "Send it anyway" }).click();
  await expect.poll(() => asked.length).toBe(2);
  expect(asked[1].prompt.text).toContain("4111");
  await expect(number).toHaveCount(0);
  expect(errors).toEqual([]);
});
