import { cpus, loadavg } from "node:os";
import type { Browser, Page, Request } from "@playwright/test";
import { GradioArena } from "../peers/gradio.ts";
import { RankPage, stored } from "../support/rank_page.ts";
import { percentile, row } from "../support/table.ts";
import { expect, test as base } from "../support/test.ts";

const ROUNDS = 7;
/** What else arrives is counted until so long after the first vote worked. */
const LATER_MS = 3000;
/** What the page writes to its console once the vote is answered. */
const ANSWERED = "the first vote is answered";

/** A page with votes. */
type Arena = {
  url: string;
  /** Label of the vote that is pressed. */
  vote: string;
  /** Words that are visible only once it is taken. */
  answer: string;
  /** Fails unless the vote was really taken. */
  check: (page: Page) => Promise<void>;
};

type Visit = {
  paint: number;
  content: number;
  vote: number;
  requests: number;
  arrived: number;
  asked: number;
  laterRequests: number;
  laterArrived: number;
};

type Sent = { begun: number; ended: number; bytes: number };

const test = base.extend<{}, { gradio: GradioArena }>({
  gradio: [
    async ({}, use) => {
      const gradio = await GradioArena.start();
      await use(gradio);
      await gradio.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  // Neither page reaches anything but its own server.
  launchOptions: [
    async ({ launchOptions }, use) => {
      const args = [...(launchOptions.args ?? []), "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"];
      await use({ ...launchOptions, args });
    },
    { scope: "worker" },
  ],
});

/** Runs in the page from its start: presses the vote in every frame until its answer is visible. */
function pressUntilAnswered({ vote, answer, answered }: { vote: string; answer: string; answered: string }): void {
  const visible = (selector: string, words: string) =>
    [...document.querySelectorAll<HTMLElement>(selector)].find((element) => element.textContent?.trim().startsWith(words) && element.checkVisibility());
  const frame = () => {
    if (visible("button, p", answer)) {
      Object.assign(window, { votedAt: performance.now() });
      return console.debug(answered);
    }
    visible("button", vote)?.click();
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

/** When a request was begun and ended (epoch milliseconds), and its bytes over the wire with headers; 0 from a cache. */
async function sent(request: Request): Promise<Sent> {
  const [{ startTime, responseEnd }, size, response] = [request.timing(), await request.sizes(), await request.response()];
  // Chromium tells no size of a worker's own script; the header does.
  const untold = size.responseBodySize === 0 && response?.status() === 200;
  const body = untold ? Number((await response.allHeaders())["content-length"] ?? 0) : size.responseBodySize;
  return { begun: startTime, ended: startTime + responseEnd, bytes: Math.max(0, size.responseHeadersSize + body) };
}

/** One visit of a browser that has never been there. */
async function visit(browser: Browser, arena: Arena): Promise<Visit> {
  const context = await browser.newContext({ serviceWorkers: "allow" });
  const finished: Request[] = [];
  // The context sees what workers ask for, too.
  context.on("requestfinished", (request) => finished.push(request));
  const page = await context.newPage();
  await page.addInitScript(pressUntilAnswered, { vote: arena.vote, answer: arena.answer, answered: ANSWERED });
  const answered = page.waitForEvent("console", { predicate: (message) => message.text() === ANSWERED, timeout: 60_000 });
  await page.goto(arena.url, { waitUntil: "commit" });
  await answered;
  await page.waitForTimeout(LATER_MS);
  const { origin, vote, paints } = await page.evaluate(() => ({
    origin: performance.timeOrigin,
    vote: (window as any).votedAt as number,
    paints: performance.getEntriesByType("paint").map(({ name, startTime }) => ({ name, startTime })),
  }));
  const painted = (name: string) => paints.find((paint) => paint.name === name)?.startTime ?? NaN;
  const wire = (await Promise.all(finished.map(sent))).filter(({ bytes }) => bytes > 0);
  const begun = (end: number) => wire.filter((request) => request.begun <= origin + end);
  const ended = (end: number) => wire.filter((request) => request.ended <= origin + end);
  const kilobytes = (requests: Sent[]) => requests.reduce((sum, { bytes }) => sum + bytes, 0) / 1000;
  await arena.check(page);
  await context.close();
  return {
    paint: painted("first-paint"),
    content: painted("first-contentful-paint"),
    vote,
    requests: begun(vote).length,
    arrived: kilobytes(ended(vote)),
    asked: kilobytes(begun(vote)),
    laterRequests: begun(vote + LATER_MS).length,
    laterArrived: kilobytes(ended(vote + LATER_MS)),
  };
}

test("first vote on /rank against an arena built with Gradio", async ({ browser, server, gradio }) => {
  const palate: Arena = {
    url: `${server.url}/rank`,
    vote: "A is better",
    answer: "Undo",
    check: async (page) => {
      const rank = new RankPage(page);
      await rank.revealNow.click();
      await expect(rank.authors).toHaveCount(2);
      expect(await stored(page, "events")).toHaveLength(1);
    },
  };
  const peer: Arena = {
    url: `${gradio.url}/`,
    vote: "A is better",
    answer: "Vote taken",
    check: (page) => expect(page.getByText("Vote taken: A is better")).toBeVisible(),
  };
  // The first visit of each warms its server and is not counted.
  await visit(browser, palate);
  await visit(browser, peer);
  const [ours, theirs]: [Visit[], Visit[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    if (round % 2) theirs.push(await visit(browser, peer));
    ours.push(await visit(browser, palate));
    if (!(round % 2)) theirs.push(await visit(browser, peer));
  }

  console.log(`\ncold visits, medians of ${ROUNDS} alternating rounds; ${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)}; kB = 1000 bytes over the wire`);
  console.log(row("", "palate", "gradio", "ratio", "bar"));
  const line = (name: string, what: keyof Visit, bar = "") => {
    const [a, b] = [ours, theirs].map((visits) => percentile(visits.map((visit) => visit[what]), 0.5)) as [number, number];
    console.log(row(name, a.toFixed(0), b.toFixed(0), (a / b).toFixed(2), bar));
  };
  line("first paint, ms", "paint");
  line("first contentful paint, ms", "content");
  line("first vote works, ms", "vote", "ratio 0.50");
  line("until then: requests", "requests", "12");
  line("until then: kB arrived", "arrived", "350");
  line("until then: kB asked for", "asked");
  line("3 s later: requests", "laterRequests");
  line("3 s later: kB arrived", "laterArrived");
});
