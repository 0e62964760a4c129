import type { Page } from "@playwright/test";
import { expectAccessible, sideways } from "../support/looks.ts";
import { RankPage } from "../support/rank_page.ts";
import { expect, mounted, PAGES, test } from "../support/test.ts";

const CATALOGUE = "**/locales/de.json";

/** The choice in the footer. */
function language(page: Page) {
  return page.getByRole("combobox", { name: "Language / Sprache" });
}

async function inGerman(page: Page): Promise<void> {
  await page.addInitScript(() => localStorage.setItem("palate.language", "de"));
}

async function inPseudo(page: Page): Promise<void> {
  await page.addInitScript(() => localStorage.setItem("palate.language", "pseudo"));
}

/** Words that no catalogue can reach, wherever they stand: texts, labels, titles. Shown or not, so dialogs count too. */
function hardCoded(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const own = "#app [lang], code, pre, kbd, time, .wordmark, label[for=language], .release h3, .release th[scope=row]";
    const isSize = (text: string) => /^[\d.,]+ [kM]?B$/.test(text);
    const isWords = (text: string) => /\p{L}{2,}/u.test(text) && !isSize(text);
    const isReached = (text: string) => text.startsWith("⟦") && text.endsWith("⟧");
    const found: string[] = [];
    const look = (element: Element, text: string) => {
      if (isWords(text) && !isReached(text.trim()) && !element.closest(own)) found.push(text);
    };
    const walker = document.createTreeWalker(document.querySelector("#app")!, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) look(walker.currentNode.parentElement!, walker.currentNode.nodeValue!);
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
      for (const element of document.querySelectorAll(`#app [${name}]`)) look(element, element.getAttribute(name)!);
    }
    return found;
  });
}

test("German is chosen in the footer, stays after a reload and goes again", async ({ page, errors }) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto("/");
  await mounted(page);
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await expect(language(page)).toHaveValue("en");
  expect(asked.filter((path) => path.startsWith("/locales/"))).toEqual([]);

  await language(page).selectOption("Deutsch");
  const isGerman = async () => {
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Finde heraus, was du an einer Antwort magst");
    await expect(page.locator("html")).toHaveAttribute("lang", "de");
    await expect(page).toHaveTitle("Lerne deinen eigenen Geschmack bei Antworten kennen · Palate");
    await expect(language(page)).toHaveValue("de");
  };
  await isGerman();
  await page.reload();
  await isGerman();
  await page.getByRole("link", { name: "Methode", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("So funktioniert es");

  await language(page).selectOption("English");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("How it works");
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  expect(errors).toEqual([]);
});

test("an address can name the language, and the choice outlives it", async ({ page }) => {
  await page.goto("/guidelines?lang=de");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("So urteilst du");
  await page.goto("/method");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("So funktioniert es");
  await page.goto("/method?lang=de");
  await mounted(page);
  await language(page).selectOption("English");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("How it works");
  await page.goto("/method?lang=nonsense");
  await mounted(page);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("How it works");
});

test("ranking in German counts in German, and what the pack says is marked as English", async ({ page, errors }) => {
  await inGerman(page);
  await page.goto("/rank");
  const board = page.getByRole("region", { name: "Vergleich" });
  await expect(board.getByText(/^0 Stimmen · 0 zurückgehalten$/)).toBeVisible();
  await expect(board.getByRole("heading", { level: 2 })).toHaveAttribute("lang", "en");
  for (const text of await board.locator(".answer__text").all()) await expect(text).toHaveAttribute("lang", "en");
  await board.getByRole("button", { name: "A ist besser" }).click();
  await board.getByRole("button", { name: "Jetzt aufdecken" }).click();
  await expect(board.getByText("Geschrieben von")).toHaveCount(2);
  await expect(board.getByText(/^1 Stimme · [01] zurückgehalten$/)).toBeVisible();
  await page.goto("/me/history");
  await expect(page.locator("#history-count")).toHaveText("1 Stimme.");
  await expect(page.locator(".past__prompt")).toHaveAttribute("lang", "en");
  expect(errors).toEqual([]);
});

test("a consent says in which language it was read", async ({ page, errors }) => {
  await inGerman(page);
  await page.goto("/me/data");
  await page.getByRole("button", { name: "Sync einschalten…" }).click();
  const dialog = page.getByRole("dialog", { name: "Sync einschalten?" });
  await dialog.getByRole("checkbox").first().check();
  const sent = page.waitForRequest((request) => request.method() === "PUT" && request.url().includes("/consents/"));
  await dialog.getByRole("button", { name: "Zustimmen und Sync einschalten" }).click();
  expect((await sent).postDataJSON()).toMatchObject({ granted: true, locale: "de" });
  await expect(page.locator(".mode-pill__mode")).toHaveText("Sync");
  expect(errors).toEqual([]);
});

const broken = {
  "that is missing": { status: 404, body: "" },
  "that is no JSON": { status: 200, body: "{\"Close\": \"Schlie" },
  "of another shape": { status: 200, body: "{\"Close\": 3}" },
};
for (const [what, answer] of Object.entries(broken)) {
  test(`a catalogue ${what} leaves the page English, with one warning`, async ({ page, errors }) => {
    const warnings: string[] = [];
    page.on("console", (message) => message.type() === "warning" && warnings.push(message.text()));
    await inGerman(page);
    await page.route(CATALOGUE, (route) => route.fulfill({ ...answer, contentType: "application/json" }));
    await new RankPage(page).open();
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
    expect(warnings.filter((text) => text.includes("“de”"))).toHaveLength(1);
    expect(errors).toEqual([]);
  });
}

test("a catalogue that does not arrive does not hold the page up", async ({ page, errors }) => {
  await inGerman(page);
  await page.route(CATALOGUE, () => {});
  await new RankPage(page).open();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  expect(errors).toEqual([]);
});

for (const path of ["/", "/me/data"]) {
  test(`${path} is axe-clean in German`, async ({ page, errors }) => {
    await inGerman(page);
    await page.goto(path);
    await expect(page.locator("html")).toHaveAttribute("lang", "de");
    await mounted(page);
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });
}

for (const path of PAGES) {
  test(`${path} has no text that a catalogue cannot reach, and room for longer ones`, async ({ page, errors }) => {
    await inPseudo(page);
    await page.setViewportSize({ width: 320, height: 700 });
    await page.goto(path);
    await mounted(page);
    await expect(page.getByRole("heading", { level: 1 })).toContainText("⟦");
    await page.waitForLoadState("networkidle");
    expect(await hardCoded(page)).toEqual([]);
    expect(await sideways(page)).toBeLessThanOrEqual(0);
    expect(errors).toEqual([]);
  });
}

test("neither has a page on which somebody voted, nor one in German scrolls sideways", async ({ page, errors }) => {
  test.setTimeout(300_000);
  await inPseudo(page);
  await page.setViewportSize({ width: 320, height: 700 });
  await page.goto("/rank");
  const keys = async (...names: string[]) => {
    for (const name of names) await page.keyboard.press(name);
  };
  for (let vote = 0; vote < 14; vote++) {
    await expect(page.locator(".vote")).toHaveCount(6);
    await keys("1");
    expect(await hardCoded(page)).toEqual([]);
    await keys("n");
    await expect(page.locator(".reveal")).toBeVisible();
    // Once the worker is there it says what it learned; before, the page says that it will.
    await expect(page.locator(".taught")).toContainText("⟦");
    expect(await hardCoded(page)).toEqual([]);
    await keys("n");
  }
  for (const path of ["/me", "/me/history", "/me/data", "/rank/4"]) {
    await page.goto(path);
    await mounted(page);
    if (path === "/me") await expect(page.locator(".traits")).toBeVisible();
    await page.waitForLoadState("networkidle");
    expect(await hardCoded(page)).toEqual([]);
    expect(await sideways(page)).toBeLessThanOrEqual(0);
  }
  await inGerman(page);
  for (const path of PAGES) {
    await page.goto(path);
    await mounted(page);
    await expect(page.locator("html")).toHaveAttribute("lang", "de");
    expect(await sideways(page), path).toBeLessThanOrEqual(0);
  }
  expect(errors).toEqual([]);
});

test.describe("the browser prefers German", () => {
  test.use({ locale: "de-AT" });

  test("the first visit is in German, and a choice of English counts more", async ({ page }) => {
    await page.goto("/method");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("So funktioniert es");
    await language(page).selectOption("English");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("How it works");
    await page.reload();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("How it works");
  });
});

test.describe("without a network", () => {
  test.use({ serviceWorkers: "allow" });

  test("the site speaks German after one visit in German", async ({ page, context, errors }) => {
    await inGerman(page);
    await page.goto("/rank");
    await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === "activated", undefined, { timeout: 60_000 });
    await page.waitForFunction(async () => (await caches.match("/locales/de.json")) !== undefined);
    await context.setOffline(true);
    await page.goto("/method");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("So funktioniert es");
    await expect(page.locator("html")).toHaveAttribute("lang", "de");
    expect(errors).toEqual([]);
  });

  test("a visit in English keeps no catalogue", async ({ page }) => {
    await page.goto("/rank");
    await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === "activated", undefined, { timeout: 60_000 });
    expect(await page.evaluate(async () => (await caches.match("/locales/de.json")) === undefined)).toBe(true);
  });
});
