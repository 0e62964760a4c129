import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** How far the page reaches beyond its width. */
export function sideways(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** No violation that axe finds. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.target).join(" ")}`)).toEqual([]);
}

/** Accessible and not wider than the window, in both colour schemes, wide and on phones. */
export async function expectFitsEverywhere(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1280, 390, 320]) {
      await page.setViewportSize({ width, height: 844 });
      await expectAccessible(page);
      expect(await sideways(page), `${width} px`).toBeLessThanOrEqual(0);
    }
  }
}
