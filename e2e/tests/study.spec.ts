import { expectAccessible, expectFitsEverywhere } from "../support/looks.ts";
import { csv, openStudy, operate, press, StudyPage, test, TOKEN } from "../support/studies.ts";
import { stored } from "../support/rank_page.ts";
import { expect } from "../support/test.ts";

const file = (content: string, name = "rows.csv") => ({ name, mimeType: "text/csv", buffer: Buffer.from(content) });

test("the whole life of a study by keyboard: mended, opened, judged by two people, closed", async ({ page, browser, server, errors }) => {
  await page.goto("/studies");
  const token = page.getByLabel("Token");
  await token.fill("not-the-token-of-the-operator-000000000000");
  await token.press("Enter");
  await expect(page.getByRole("alert").filter({ hasText: /token/i })).toBeVisible();
  await token.fill(TOKEN);
  await token.press("Enter");
  await expect(page.getByRole("heading", { name: "All studies" })).toBeFocused();
  expect(JSON.stringify(await page.evaluate(() => [{ ...localStorage }, { ...sessionStorage }, document.cookie]))).not.toContain(TOKEN);

  await press(page.getByRole("button", { name: "New study" }));
  const create = page.getByRole("button", { name: "Create as draft" });
  await expect(create).toBeDisabled();
  const broken = csv(5).replace("Second answer 3.", "");
  await page.getByLabel("File").setInputFiles(file(broken));
  const table = page.getByRole("table", { name: /What is wrong/ });
  await expect(table.getByRole("rowheader", { name: "4" })).toBeVisible();
  await expect(table.getByRole("row").nth(1)).toContainText("response_b");
  await expect(create).toBeDisabled();
  await page.getByLabel("File").setInputFiles(file(csv(5)));
  await expect(page.getByText("No errors.")).toBeVisible();
  await expect(page.getByText("5 prompts, 10 answers, 5 comparisons.")).toBeVisible();
  await page.getByLabel("Title").fill("Which help is better?");
  await page.getByLabel("People per comparison").fill("2");
  await page.getByLabel("Asked again, %").fill("0");
  await press(create);
  await expect(page.getByRole("heading", { level: 2, name: "Which help is better?" })).toBeVisible();
  await press(page.getByRole("button", { name: "Open the study" }));
  await expect(page.getByText("Participants are asked.")).toBeVisible();
  await page.getByLabel("Most votes in all").fill("40");
  await press(page.getByRole("button", { name: "Save limits" }));
  await expect(page.getByText("Saved. Questions that are open stay open.")).toBeVisible();
  await expect(page.getByTestId("progress")).toContainText("0 of at most 40 votes");
  const link = await page.getByRole("link", { name: /\/study\// }).getAttribute("href");
  const id = (link ?? "").replace("/study/", "");

  for (const other of ["3", "4"]) {
    const context = await browser.newContext({ baseURL: server.url, serviceWorkers: "block" });
    const person = new StudyPage(await context.newPage());
    await person.open(id);
    await expect(person.page.getByRole("heading", { level: 1, name: "Which help is better?" })).toBeVisible();
    await expect(person.tick).not.toBeChecked();
    await expect(person.start).toBeDisabled();
    await expect(person.page.getByRole("banner")).toContainText("On this device");
    await person.agree();
    await expect(person.page.getByRole("banner")).toContainText("Study");
    for (let at = 1; at <= 5; at++) {
      await expect(person.question(at, 5)).toBeFocused();
      await person.say(at === 5 ? other : "3");
    }
    await expect(person.page.getByRole("heading", { name: "Thank you, that was all" })).toBeFocused();
    await expect(person.page.getByText("Your 5 answers have arrived.")).toBeVisible();
    await expect(person.page.getByRole("banner")).toContainText("votes sent: 5");
    // What was said is no part of the person's own votes.
    expect(await stored(person.page, "events")).toEqual([]);
    if (other === "3") await context.close();
    else {
      const figures = page.getByTestId("progress");
      await expect(figures).toContainText("10 of 10 votes");
      await expect(page.getByRole("table", { name: /5 of 5 comparisons have reached it/ })).toBeVisible();
      await expect(page.getByTestId("agreement")).toContainText("alpha");
      await expect(page.getByTestId("agreement")).toContainText("10 votes on 5 comparisons");
      await press(page.getByRole("button", { name: "Close the study…" }));
      await press(page.getByRole("dialog").getByRole("button", { name: "Close it" }));
      await expect(page.getByText("Nobody is asked any more.")).toBeVisible();
      await person.open(id);
      await expect(person.page.getByRole("heading", { name: "This study is closed" })).toBeVisible();
      await context.close();
    }
  }
  expect(errors).toEqual([]);
});

test("a vote that does not arrive is kept, also over a reload, and arrives once", async ({ page, server }) => {
  const id = await openStudy(server, csv(3));
  const person = new StudyPage(page);
  await person.open(id);
  await person.agree();
  await page.route("**/judgments", (route) => route.abort());
  await page.keyboard.press("1");
  await page.keyboard.press("n");
  await expect(page.getByText("Your answer is kept in this browser")).toBeVisible();
  expect((await operate(server, "GET", `/${id}/progress`)).study.votes).toBe(0);
  await page.goto("/rank");
  await page.unroute("**/judgments");
  await person.open(id);
  await expect(person.question(2, 3)).toBeVisible();
  expect((await operate(server, "GET", `/${id}/progress`)).study.votes).toBe(1);
  await expect(page.getByRole("banner")).toContainText("votes sent: 1");

  await page.context().setOffline(true);
  await page.keyboard.press("2");
  await page.keyboard.press("n");
  await expect(page.getByText("Your answer is kept in this browser")).toBeVisible();
  await page.context().setOffline(false);
  await expect(person.question(3, 3)).toBeVisible({ timeout: 30_000 });
  expect((await operate(server, "GET", `/${id}/progress`)).study.votes).toBe(2);

  // Any page of the site sends what waits.
  await page.route("**/judgments", (route) => route.abort());
  await page.keyboard.press("2");
  await page.keyboard.press("n");
  await expect(page.getByText("Your answer is kept in this browser")).toBeVisible();
  await page.unroute("**/judgments");
  await page.goto("/data");
  await expect(page.getByRole("banner")).toContainText("votes sent: 3");
  expect((await operate(server, "GET", `/${id}/progress`)).study.votes).toBe(3);
});

test("undo takes a held vote back, and the clock sends it when nothing is done", async ({ page, server }) => {
  const id = await openStudy(server, csv(2));
  const person = new StudyPage(page);
  await person.open(id);
  await person.agree();
  await page.keyboard.press("1");
  await expect(page.getByText("You prefer answer A.").first()).toBeVisible();
  await page.keyboard.press("u");
  await expect(person.votes).toBeVisible();
  await page.keyboard.press("2");
  await expect(page.getByText("Your answer has arrived.").first()).toBeVisible();
  await page.keyboard.press("n");
  await expect(person.question(2, 2)).toBeFocused();
  expect((await operate(server, "GET", `/${id}/progress`)).study.votes).toBe(1);
});

test("who withdraws is asked nothing more, and may come back", async ({ page, server }) => {
  const id = await openStudy(server, csv(3));
  const person = new StudyPage(page);
  await person.open(id);
  await person.agree();
  await person.say("1");
  await press(page.getByRole("button", { name: "Withdraw…" }));
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("not published");
  await press(dialog.getByRole("button", { name: "Withdraw", exact: true }));
  await expect(page.getByText("You have withdrawn.")).toBeVisible();
  await expect(person.tick).not.toBeChecked();
  await expect(page.getByRole("banner")).toContainText("On this device");
  const refused = await page.evaluate((id) => fetch(`/api/v1/studies/${id}/next`, { method: "POST" }).then((response) => response.status), id);
  expect(refused).toBe(403);
  await page.reload();
  await expect(person.start).toBeDisabled();
  await person.agree();
  await expect(person.question(2, 3)).toBeVisible();
});

test("what a study says is never markup", async ({ page, server, errors }) => {
  const evil = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
  const cell = `"${evil.replaceAll('"', '""')}`;
  const content = csv(1, (at) => `${cell} q${at}","${"a" + evil.replaceAll('"', '""')}`.replace(`,"a`, `,"a`) + `","b [x](javascript:alert(1))"`);
  const id = await openStudy(server, content, { title: evil, guidelines: `Guide ${evil}`, consent_text: `Consent ${evil}` });
  const person = new StudyPage(page);
  await person.open(id);
  const main = page.getByRole("main");
  await expect(main.getByText("Guide <img").first()).toBeVisible();
  await expect(main.getByText("Consent <img").first()).toBeVisible();
  await person.agree();
  await expect(main.getByText("a<img").first()).toBeVisible();
  expect(await main.locator("img, script, a[href^='javascript']").count()).toBe(0);
  expect(await page.title()).not.toBe("owned");
  expect(errors).toEqual([]);
});

test("every state is accessible and fits", async ({ page, server }) => {
  test.setTimeout(300_000);
  const person = new StudyPage(page);
  await person.open("0197a0b0-0000-7000-8000-00000000dead");
  await expect(page.getByText("There is no such study.")).toBeVisible();
  await expectAccessible(page);
  const id = await openStudy(server, csv(2), { guidelines: "# Heading\n\n- one\n- two", overlap: 1 });
  await person.open(id);
  await expect(person.tick).toBeVisible();
  await expectFitsEverywhere(page);
  await person.agree();
  await expectFitsEverywhere(page);
  await press(page.getByRole("button", { name: "How to judge" }));
  await expect(page.getByRole("dialog")).toContainText("Heading");
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await page.keyboard.press("1");
  await expect(page.getByText("Sent in 8 seconds.").first()).toBeVisible();
  await expectAccessible(page);
  await page.route("**/judgments", (route) => route.abort());
  await page.keyboard.press("n");
  await expect(page.getByText("Your answer is kept in this browser")).toBeVisible();
  await expectFitsEverywhere(page);
  await page.unroute("**/judgments");
  await page.getByRole("button", { name: "Try again" }).click();
  await person.say("2");
  await expect(page.getByRole("heading", { name: "Thank you, that was all" })).toBeVisible();
  await expectFitsEverywhere(page);
  await page.goto("/studies");
  await expect(page.getByLabel("Token")).toBeVisible();
  await expectFitsEverywhere(page);
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByLabel("Token").press("Enter");
  await expect(page.getByRole("group", { name: "All studies" })).toBeVisible();
  await expectFitsEverywhere(page);
  await page.getByRole("button", { name: "A study" }).first().click();
  await expect(page.getByTestId("progress")).toBeVisible();
  await expectFitsEverywhere(page);
  await page.getByRole("button", { name: "All studies" }).click();
  await page.getByRole("button", { name: "New study" }).click();
  await page.getByLabel("File").setInputFiles(file("prompt,response_a,response_b\na,,\n"));
  await expect(page.getByRole("table", { name: /What is wrong/ })).toBeVisible();
  await expectFitsEverywhere(page);
});
