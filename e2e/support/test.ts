import { test as base, expect, type Page } from "@playwright/test";
import { PalateServer } from "./server.ts";

/** One server per run; each test has its own browser context and therefore its own person. */
export const test = base.extend<{ errors: string[] }, { server: PalateServer }>({
  server: [
    async ({}, use) => {
      const server = await PalateServer.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ server }, use) => use(server.url),
  /** Uncaught errors of the page; every test that asks for them fails when there are any. */
  errors: async ({ page }, use) => {
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await use(errors);
    expect(errors).toEqual([]);
  },
});

export { expect };

export const PAGES = ["/", "/rank", "/rank/4", "/compare", "/try", "/me", "/me/history", "/me/data", "/leaderboard", "/data", "/method", "/reproduce", "/guidelines", "/privacy", "/accessibility", "/studies", "/study/none", "/no-such-page"];

/** Waits until the wasm has taken over the page. */
export async function mounted(page: Page): Promise<void> {
  await page.locator("h1").first().waitFor();
  await page.locator("[data-mounted]").waitFor({ state: "attached" });
}
