import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, mounted, test } from "../support/test.ts";
import { PalateServer } from "../support/server.ts";

test("row 8: the privacy page says the times that the server works with, and when it last cleaned up", async ({ page, errors }) => {
  const file = join(mkdtempSync(join(tmpdir(), "palate-retention-")), "retention.json");
  writeFileSync(file, JSON.stringify({ sessions: 17, profiles: 1, backups: 23 }));
  const server = await PalateServer.start({ args: ["--retention", file] });
  try {
    await page.goto(`${server.url}/privacy`);
    await mounted(page);
    const until = (what: string) => page.getByRole("row", { name: what }).getByRole("cell").last();
    await expect(until("Your session")).toHaveText("17 days");
    await expect(until("Your taste profile")).toHaveText("1 day");
    await expect(until("Copies of the database")).toHaveText("23 days");
    await expect(until("Votes, own prompts that you published, and what you agreed to (Sync and Contribute)")).toHaveText("until you delete them");
    await expect(page.getByTestId("last-purge")).toContainText(/Last clean-up: .*20\d\d/);
    const session = await (await fetch(`${server.url}/api/v1/privacy`)).json();
    await expect(page.getByRole("row")).toHaveCount(session.kept.length + 2);
    expect(errors).toEqual([]);
  } finally {
    await server.stop();
  }
});

test("without the server the page still stands and says what is missing", async ({ page, server }) => {
  await page.route("**/api/v1/privacy", (route) => route.abort());
  await page.goto(`${server.url}/privacy`);
  await expect(page.getByText("The times could not be loaded.")).toBeVisible();
  await page.unroute("**/api/v1/privacy");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("row", { name: "Your session" })).toBeVisible();
});
