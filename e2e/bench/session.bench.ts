import { RankPage } from "../support/rank_page.ts";
import { percentile, row } from "../support/table.ts";
import { expect, test } from "../support/test.ts";

test("thirty votes on /rank: tasks on the UI thread over 50 ms", async ({ page }) => {
  await page.addInitScript(() => {
    const tasks: { start: number; ms: number }[] = [];
    Object.assign(window, { longTasks: tasks });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) tasks.push({ start: entry.startTime, ms: entry.duration });
    }).observe({ type: "longtask", buffered: true });
  });
  const rank = new RankPage(page);
  await rank.open();
  const loaded = await page.evaluate(() => performance.now());
  for (let vote = 0; vote < 30; vote++) {
    await page.keyboard.press(String(1 + (vote % 2)));
    await page.keyboard.press("n");
    await expect(rank.authors).toHaveCount(2);
    await page.keyboard.press("n");
    await expect(rank.vote("A is better")).toBeVisible();
  }
  const tasks: { start: number; ms: number }[] = await page.evaluate(() => (window as any).longTasks);
  const [loading, voting] = [tasks.filter((task) => task.start < loaded), tasks.filter((task) => task.start >= loaded)];
  const longest = (list: { ms: number }[]) => (list.length ? percentile(list.map((task) => task.ms), 1).toFixed(0) : "-");
  console.log("\nUI thread, Chromium, 30 votes; the browser reports tasks over 50 ms");
  console.log(row("", "tasks > 50 ms", "longest ms"));
  console.log(row("until the first question", String(loading.length), longest(loading)));
  console.log(row("while voting", String(voting.length), longest(voting)));
});
