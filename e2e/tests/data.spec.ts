import { execFileSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { join } from "node:path";
import { type APIRequestContext, request as requests } from "@playwright/test";
import { expectFitsEverywhere } from "../support/looks.ts";
import { PalateServer, places } from "../support/server.ts";
import { expect, mounted, test as base } from "../support/test.ts";

const PEOPLE = 10;
const VOTES = 3;

/** The number whose hash with the challenge begins with so many zero bits. */
function solved(challenge: string, bits: number): string {
  for (let nonce = 0; ; nonce++) {
    const hash = createHash("sha256").update(`${challenge}:${nonce}`).digest();
    if (bits === 0 || hash.readUInt32BE(0) >>> (32 - bits) === 0) return String(nonce);
  }
}

/** Sends a call that must succeed. */
async function call(client: APIRequestContext, method: string, path: string, data?: object): Promise<any> {
  const answer = await client.fetch(`/api/v1/${path}`, { method, data });
  expect(answer.ok(), `${method} ${path}: ${answer.status()}`).toBe(true);
  return answer.json();
}

/** A person who publishes votes on the first questions of the starter pack. */
async function contribute(baseURL: string, prompts: any[], who: number): Promise<void> {
  const client = await requests.newContext({ baseURL });
  const { challenge, bits } = await call(client, "GET", "session/challenge");
  await call(client, "POST", "session", { pow: { challenge, nonce: solved(challenge, bits) } });
  for (const purpose of ["sync", "publish_votes"]) await call(client, "PUT", `consents/${purpose}`, { granted: true, text_version: "1", locale: "en" });
  const { ballots } = await call(client, "POST", "ballots", { count: VOTES });
  for (let at = 0; at < VOTES; at++) {
    const [one, other] = prompts[at].responses.map(({ id }: { id: string }) => id);
    const id = randomUUID();
    await call(client, "POST", "comparisons", {
      id, pack: "starter", prompt: prompts[at].id, shown: [one, other], policy: "uniform_random", propensity: 0.25, blind: true, simulated: false,
    });
    const groups = who < 8 ? [[one], [other]] : [[one, other]];
    const judgment = { outcome: who < 8 ? "ranked" : "equal", groups, unacceptable: [] };
    await call(client, "POST", `comparisons/${id}/judgments`, { ballot: ballots[at], idempotency_key: randomUUID(), judgment, predictions: [], dwell_ms: 4000 });
  }
  await client.dispose();
}

/** A server with three releases of votes that came through the API: one withdrawn, and two that are offered. */
const test = base.extend<{}, { published: PalateServer }>({
  published: [
    async ({}, use) => {
      const server = await PalateServer.start();
      const manifest = await (await fetch(`${server.url}/packs/starter/manifest.json`)).json();
      const { name } = manifest.files.find((file: any) => file.role === "items");
      const { prompts } = await (await fetch(`${server.url}/packs/starter/${name}`)).json();
      const palate = (...args: string[]) => execFileSync(places.bin(), [...args, "--data-dir", server.dataDir]);
      const build = (id: string) => palate("release", "build", "--out", join(server.dataDir, "releases", id), "--cut-day", "2999-12-31");
      for (let who = 0; who < PEOPLE; who++) await contribute(server.url, prompts, who);
      ["r1", "r2", "r3"].forEach(build);
      palate("release", "withdraw", "r1", "--reason", "A licence was wrong.");
      await use(server);
      await server.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  baseURL: async ({ published }, use) => use(published.url),
});

test("/data lists releases with what changed, and says why one was withdrawn", async ({ page, errors }) => {
  await page.goto("/data");
  await mounted(page);
  const cards = page.locator(".release");
  await expect(cards.getByRole("heading")).toHaveText(["r3", "r2", "r1"]);
  await expect(cards.first()).toContainText("30 votes");
  await expect(cards.first()).toContainText("Compared with r2: new votes 0, taken back 0.");
  await expect(cards.last()).toContainText(/Withdrawn on \d{4}-\d\d-\d\d: A licence was wrong\./);
  await expect(page.getByRole("link", { name: "All your data and what is sent" })).toBeVisible();
  await cards.first().getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Release r3");
  await expect(page).toHaveTitle(/^Release r3/);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Release r3");
  expect(errors).toEqual([]);
});

test("a withdrawn release has no files, and an unknown one is a 404 with words", async ({ page, errors }) => {
  await page.goto("/data/r1");
  await mounted(page);
  await expect(page.getByText("A licence was wrong.")).toBeVisible();
  await expect(page.getByRole("table")).toHaveCount(0);
  await expect(page.locator("pre")).toHaveCount(0);
  await expectFitsEverywhere(page);
  const response = await page.goto("/data/no-such-release");
  expect(response?.status()).toBe(404);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is no such release");
  await expect(page.getByRole("link", { name: "All releases" })).toBeVisible();
  expect(errors).toEqual([]);
});

test("a snippet follows table, format and tool, and can be copied", async ({ page, context, errors }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto("/data/r3");
  await mounted(page);
  const field = (name: string) => page.getByRole("combobox", { name, exact: true });
  const code = page.locator("pre").first();
  await expect(code).toContainText("/api/v1/releases/r3/votes.parquet");
  await field("Table").selectOption("pairs_trl");
  await field("Tool").selectOption("trl_dpo");
  await expect(code).toContainText("DPOTrainer");
  await expect(page.getByRole("table", { name: "Columns of this table" }).getByRole("rowheader", { name: "chosen", exact: true })).toBeVisible();
  await field("Table").selectOption("votes");
  await field("Format").selectOption("jsonl");
  await field("Tool").selectOption("curl");
  await expect(code).toHaveText(/^curl -fO http:\/\/127\.0\.0\.1:\d+\/api\/v1\/releases\/r3\/votes\.jsonl$/);
  await page.getByRole("button", { name: "Copy" }).first().click();
  await expect(page.getByText("Copied.").first()).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await code.innerText());
  const url = (await code.innerText()).replace("curl -fO ", "");
  expect((await (await page.request.get(url)).text()).trim().split("\n")).toHaveLength(PEOPLE * VOTES);
  expect(errors).toEqual([]);
});

test("rows of the sample are filtered and paged by keyboard, and opened", async ({ page, errors }) => {
  await page.goto("/data/r3");
  await mounted(page);
  const part = page.locator("#sample");
  const status = part.getByRole("status");
  await expect(status).toHaveText("Rows 1 to 20 of 30");
  await part.getByRole("button", { name: "Next rows" }).focus();
  await page.keyboard.press("Enter");
  await expect(status).toHaveText("Rows 21 to 30 of 30");
  const outcome = part.getByRole("combobox", { name: "Outcome" });
  await outcome.focus();
  await page.keyboard.type("equal");
  await expect(status).toHaveText("Rows 1 to 6 of 6");
  await part.getByRole("searchbox").focus();
  await page.keyboard.type("no prompt says this");
  await expect(status).toHaveText("No row is like this.");
  await part.getByRole("searchbox").fill("");
  await outcome.selectOption("ranked");
  await part.getByRole("row").nth(1).locator("summary").focus();
  await page.keyboard.press("Enter");
  await expect(part.getByText("Preferred", { exact: true }).first()).toBeVisible();
  expect(errors).toEqual([]);
});

test("texts of the sample are never markup", async ({ page, errors }) => {
  await page.route("**/releases/r3/sample.json", async (route) => {
    const sample = await (await route.fetch()).json();
    sample.texts = sample.texts.map(() => "<img src=x onerror=document.title='run'><b>bold</b>");
    await route.fulfill({ json: sample });
  });
  await page.goto("/data/r3");
  await mounted(page);
  await expect(page.locator("#sample summary").first()).toContainText("<b>bold</b>");
  await expect(page.locator("#sample b, #sample img")).toHaveCount(0);
  expect(errors).toEqual([]);
});

test("figures are drawn with their intervals, and stand in tables", async ({ page, errors }) => {
  await page.goto("/data/r3");
  await mounted(page);
  const together = page.locator("#together");
  await expect(together.getByText("The answer shown first won").first()).toBeVisible();
  await expect(together).toContainText("24 decided votes");
  await expect(together.locator("svg.odds").first()).toBeVisible();
  await together.getByText("In figures").click();
  await expect(together.getByRole("table").getByRole("row", { name: /Everyday life/ })).toContainText("30 judgments of 3 pairs by 10 people");
  const counts = page.locator("#counts");
  await expect(counts.getByRole("img", { name: "Votes by day" })).toBeVisible();
  for (const twin of await counts.getByText("In figures").all()) await twin.click();
  await expect(counts.getByRole("table", { name: "Votes by outcome" }).getByRole("row")).toHaveCount(3);
  await expect(counts.getByRole("table", { name: /^Prompts by how many/ }).getByRole("row", { name: /10 to 19 people/ })).toContainText("3");
  await page.getByText("All files with sizes and sums").click();
  await expectFitsEverywhere(page);
  expect(errors).toEqual([]);
});
