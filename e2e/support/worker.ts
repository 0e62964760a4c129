import type { Page } from "@playwright/test";

export type Reply = { id: number; body: { type: string; [field: string]: unknown } };

/** Starts a worker of the site by itself, as the page would, and keeps it under `window.palateWorker`. */
export async function startWorker(page: Page, build: "cpu" | "gpu", preference: "auto" | "cpu" | "web_gpu"): Promise<Reply> {
  return page.evaluate(
    async ({ build, preference }) => {
      const url = document.querySelector<HTMLMetaElement>(`meta[name="palate-worker-${build}"]`)?.content;
      if (!url) throw new Error(`the page names no ${build} worker`);
      const worker = new Worker(url, { type: "module" });
      let next = 1;
      const waiting = new Map<number, (reply: Reply) => void>();
      const unasked: Reply[] = [];
      const hello = new Promise<void>((resolve, reject) => {
        worker.onerror = (event) => reject(new Error(`worker: ${event.message}`));
        worker.onmessage = (event) => {
          const reply = JSON.parse(event.data) as Reply;
          if (reply.body.type === "hello") return resolve();
          if (reply.id === 0) return void unasked.push(reply);
          waiting.get(reply.id)?.(reply);
          waiting.delete(reply.id);
        };
      });
      const ask = (body: object) =>
        new Promise<Reply>((resolve) => {
          const id = next++;
          waiting.set(id, resolve);
          worker.postMessage(JSON.stringify({ id, body }));
        });
      Object.assign(window, { palateWorker: { ask, unasked, worker } });
      await hello;
      return ask({
        type: "start",
        pack_url: "/packs/starter",
        heads_url: "/packs/starter",
        encoder_url: "/models/encoder",
        seed: 1,
        preference,
        history: [],
      });
    },
    { build, preference },
  );
}

/** Asks the started worker. */
export async function ask(page: Page, body: object): Promise<Reply> {
  return page.evaluate((body) => (window as any).palateWorker.ask(body), body);
}

/** Runs `code` in every worker of the site before its own script, as a browser with other abilities would. */
export async function patchWorker(page: Page, code: string): Promise<void> {
  await page.route(/\/assets\/worker-(cpu|gpu)-[^/]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${code}\n${await response.text()}` });
  });
}
