import { RankPage, stored } from "../support/rank_page.ts";
import { expect, test } from "../support/test.ts";

test.use({ serviceWorkers: "allow" });

test("row 14: after one visit the site ranks, learns and opens every page without a network", async ({ page, context, errors }) => {
  const rank = new RankPage(page);
  await rank.open();
  await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === "activated", undefined, { timeout: 60_000 });
  const kept = await page.evaluate(async () => (await (await caches.open((await caches.keys()).find((name) => name.startsWith("palate-site-"))!)).keys()).map(({ url }) => new URL(url).pathname));
  expect(kept).toContain("/packs/starter/manifest.json");
  expect(kept.filter((path) => path.startsWith("/api/") || path.startsWith("/models/"))).toEqual([]);

  await context.setOffline(true);
  await page.reload();
  await rank.voteUntilForecast();
  const votes = (await stored(page, "events")).length;
  expect(votes).toBeGreaterThan(0);
  for (const [path, heading] of [["/me", "Your taste"], ["/method", "How it works"], ["/", "Find out what you like"]] as const) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toContainText(heading);
  }
  await context.setOffline(false);
  await page.goto("/rank");
  await rank.learnedFrom(votes);
  expect(errors).toEqual([]);
});

test("the install manifest names icons, start page and colours", async ({ request }) => {
  const manifest = await (await request.get("/manifest.webmanifest")).json();
  expect(manifest).toMatchObject({ start_url: "/", display: "standalone" });
  for (const icon of manifest.icons) expect((await request.get(icon.src)).ok()).toBe(true);
});
