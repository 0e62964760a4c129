import type { APIRequestContext, Page } from "@playwright/test";

/** The packs that come with the site: id and name. */
export const PACKS = [
  ["starter", "Everyday life"],
  ["vicuna80", "Named models"],
  ["arguments", "Arguments"],
  ["polis", "Ideas for a town"],
] as const;

/** Every method of the race, with how much its forecasts know: 0 nothing, 1 everything. */
export const METHODS = {
  eb: 0.6,
  "pal-a": 0.5,
  "pal-b": 0.45,
  vpl: 0.5,
  fspo: 0.4,
  lore: 0.5,
  mrm: 0.35,
  neighbours: 0.3,
  "dpl-mv": 0.1,
  ridge: 0.4,
  population: 0.15,
  longer: 0.05,
  coin: 0,
};

/** The same numbers in [0, 1) every time (mulberry32). */
function numbers(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Votes on pairs of a pack with forecasts of every method; a quarter to a half of them held out. */
export async function invented(request: APIRequestContext, pack: string, count: number, methods = Object.entries(METHODS)): Promise<any[]> {
  const manifest = await (await request.get(`/packs/${pack}/manifest.json`)).json();
  const { name } = manifest.files.find((file: any) => file.role === "items");
  const { prompts } = await (await request.get(`/packs/${pack}/${name}`)).json();
  const next = numbers(count);
  return Array.from({ length: count }, (_, at) => {
    const prompt = prompts[at % prompts.length];
    const first = Math.floor(next() * prompt.responses.length);
    const second = (first + 1 + Math.floor(next() * (prompt.responses.length - 1))) % prompt.responses.length;
    const shown = [first, second].map((place) => prompt.responses[place].id);
    const firstWins = next() < 0.5;
    const predictions = methods.map(([method, knows]) => {
      const lean = method === "coin" ? 0 : (firstWins ? 1 : -1) * knows * 1.5 + (next() - 0.5) * 3;
      return { method, weights: "0".repeat(16), p_first: 1 / (1 + Math.exp(-lean)), margin_sd: 0.3, n_fit: at };
    });
    return {
      id: `${pack}-${String(at).padStart(4, "0")}`,
      comparison: `${pack}-c${at}`,
      pack,
      prompt: prompt.id,
      shown,
      judgment: { outcome: "ranked", groups: firstWins ? [[shown[0]], [shown[1]]] : [[shown[1]], [shown[0]]], unacceptable: [] },
      policy: at % 3 === 0 ? "uniform_random" : "expected_information",
      propensity: 0.01,
      predictions,
      blind: true,
      simulated: false,
      at_ms: 1_790_000_000_000 + at * 60_000,
      dwell_ms: 4_000,
    };
  });
}

/** Puts votes into the local database, as if they had been given here; the page is loaded anew. */
export async function give(page: Page, events: any[]): Promise<void> {
  await page.goto("/guidelines");
  await page.locator("[data-mounted]").waitFor({ state: "attached" });
  await page.waitForFunction(async () => (await indexedDB.databases()).some(({ name }) => name === "palate"));
  await page.evaluate(
    (events) =>
      new Promise<void>((resolve, reject) => {
        const open = indexedDB.open("palate");
        open.onerror = () => reject(open.error);
        open.onsuccess = () => {
          const writing = open.result.transaction("events", "readwrite");
          for (const event of events) writing.objectStore("events").put(JSON.stringify(event), event.id);
          writing.onerror = () => reject(writing.error);
          writing.oncomplete = () => {
            open.result.close();
            resolve();
          };
        };
      }),
    events,
  );
  await page.reload();
}
