import { expectAccessible, sideways } from "../support/looks.ts";
import { expect, mounted, PAGES, test } from "../support/test.ts";

for (const path of PAGES) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`${path} is axe-clean in ${colorScheme}, wide and at 390 px`, async ({ page, errors }) => {
      await page.emulateMedia({ colorScheme });
      await page.goto(path);
      await mounted(page);
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 844 });
        await expectAccessible(page);
      }
      expect(errors).toEqual([]);
    });
  }

  test(`${path} does not scroll sideways at 320 px`, async ({ page }) => {
    await page.setViewportSize({ width: 320, height: 700 });
    await page.goto(path);
    await mounted(page);
    expect(await sideways(page)).toBeLessThanOrEqual(0);
  });
}

test("an unknown page is a real 404 with words", async ({ page }) => {
  const response = await page.goto("/no-such-page");
  expect(response?.status()).toBe(404);
  await mounted(page);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(/not/i);
  await expect(page.getByRole("main").getByRole("link").first()).toBeVisible();
});

test("the landing page is readable without wasm", async ({ browser, server }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(server.url);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  expect((await page.locator("main").innerText()).length).toBeGreaterThan(300);
  await context.close();
});

test("when the wasm is missing the page says so", async ({ page }) => {
  await page.route(/assets\/app-.*\.wasm$/, (route) => route.fulfill({ status: 404, body: "" }));
  await page.goto("/rank");
  await expect(page.locator(".boot-failed-message")).toBeVisible();
});

test("the page that was sent stays until the code of the first page is there, and then gives way to it", async ({ page, errors }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(/app-split_me-/, async (route) => {
    await held;
    await route.continue();
  });
  const asked = page.waitForRequest(/app-split_me-/);
  await page.goto("/me");
  await asked;
  await expect(page.locator(".skeleton")).toBeVisible();
  await expect(page.locator("[data-mounted]")).toHaveCount(0);
  release();
  await expect(page.getByRole("heading", { level: 1, name: "Your taste" })).toBeVisible();
  await expect(page.locator(".skeleton")).toHaveCount(0);
  await expect(page.getByRole("banner")).toHaveCount(1);
  expect(errors).toEqual([]);
});
