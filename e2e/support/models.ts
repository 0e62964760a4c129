import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Locator, type Page } from "@playwright/test";
import { PalateServer } from "./server.ts";
import { test as base } from "./test.ts";
import { TryPage } from "./try_page.ts";
import { Upstream } from "./upstream.ts";

/** Id and name for visitors of each model, and what it does. */
const MODELS = [
  ["stream", "A good model", "stream"],
  ["slow", "A slow model", "slow?tokens=4000&gap_ms=20"],
  ["long", "A long model", "long?gap_ms=1"],
  ["stall", "A model that falls silent", "stall"],
  ["drop", "A model that breaks off", "drop"],
  ["busy", "A busy model", "busy"],
  ["gone", "A model that is gone", "stream"],
] as const;

/** Limits that let tests be short. */
const LIMITS = "idle_ms = 1500\ntotal_ms = 120000\nretries = 1\nconnect_ms = 1000\nanswer_bytes = 400000\n";

function catalogue(baseUrl: string, more: string): string {
  const entry = ([id, name, upstream]: (typeof MODELS)[number]) => `[[models]]
id = "${id}"
name = "${name}"
base_url = "${id === "gone" ? "http://127.0.0.1:9/v1" : baseUrl}"
upstream = "${upstream}"
licence = "CC0-1.0"
publishable = ${id === "stream"}
retention = "Nothing is kept."
context_tokens = 65536
output_tokens = 24000
`;
  return `[limits]\n${LIMITS}${more}\n[allow]\nhosts = ["127.0.0.1"]\n${MODELS.map(entry).join("")}`;
}

/** A server whose models are those of this upstream, with `more` limits, while `act` runs. */
export async function withModels(upstream: Upstream, more: string, act: (server: PalateServer) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "palate-models-"));
  const file = join(folder, "models.toml");
  writeFileSync(file, catalogue(upstream.baseUrl, more));
  const server = await PalateServer.start({ args: ["--models", file] });
  try {
    await act(server);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A server whose models are those of the upstream for tests. */
export const test = base.extend<{}, { upstream: Upstream; models: PalateServer }>({
  upstream: [
    async ({}, use) => {
      const upstream = await Upstream.start();
      await use(upstream);
      await upstream.stop();
    },
    { scope: "worker" },
  ],
  models: [
    async ({ upstream }, use) => withModels(upstream, "", use),
    { scope: "worker" },
  ],
  baseURL: async ({ models }, use) => use(models.url),
});

/** `/try` with this model chosen; of the server at `url`, where it is not that of the test. */
export async function choose(page: Page, name: string, url = ""): Promise<TryPage> {
  const trying = new TryPage(page);
  await trying.open(url);
  await page.getByRole("combobox", { name: "Who answers" }).selectOption(name);
  return trying;
}

/** What stands in an answer, seen or not. */
export async function written(trying: TryPage, lane: number): Promise<string> {
  return (await trying.lanes.nth(lane).locator(".flow").textContent()) ?? "";
}

/** What is said of an answer, below it. */
export const notes = (trying: TryPage) => trying.lanes.locator(".lane__note");

/** Waits for an element with a look twice a second, so that the test itself hardly keeps the page busy. */
const glimpsed = (page: Page, selector: string) =>
  page.waitForFunction((selector) => document.querySelector(selector), selector, { timeout: 300_000, polling: 500 });

/** Presses the button. */
export async function press(page: Page, trying: TryPage): Promise<void> {
  await glimpsed(page, "h1");
  await trying.go.focus();
  await page.keyboard.press("Enter");
  await glimpsed(page, ".lane");
}

/** From the first words to the last, and until the answers are kept, unranked. */
export async function readToTheEnd(page: Page): Promise<void> {
  await glimpsed(page, ".try__result .notice");
  await page.evaluate(() => document.querySelector<HTMLElement>(".try__result .notice .button:not(.button--primary)")!.focus());
  await page.keyboard.press("Enter");
  await glimpsed(page, ".tries > li");
}
