import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { places } from "../../support/server.ts";
import { percentile, row } from "../../support/table.ts";
import { expect } from "../../support/test.ts";
import { ask, startWorker } from "../../support/worker.ts";
import { miniLmOnnx } from "./onnx.ts";

export type Case = { batch: number; tokens: number; repeats: number };

/** First values for the token ids 1000..=1031, from the published weights. */
const KNOWN = [-0.018001, 0.0454166, 0.0438468, -0.0121422];
const ROUNDS = 2;
const RUNTIME = "node_modules/onnxruntime-web/dist";

/**
 * Serves the peer's files from a port of its own; the page asks for them under `/__bench/` on the site's own origin, as
 * its content policy wants, and the browser is sent there. (They are too large to be handed over one by one.)
 */
async function servePeer(page: Page, model: string): Promise<Server> {
  const server = createServer((request, response) => {
    const name = (request.url ?? "").split("/").at(-1)!;
    const file = name === "model.onnx" ? model : name === "peer.js" ? "bench/encoder/peer.js" : join(RUNTIME, name);
    const type = name.endsWith("js") ? "text/javascript" : name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
    response.writeHead(200, { "content-type": type });
    createReadStream(file)
      .on("error", () => response.destroy())
      .pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await page.route("**/__bench/*", (route) => {
    const name = new URL(route.request().url()).pathname.split("/").at(-1)!;
    return route.continue({ url: `http://127.0.0.1:${port}/${name}` });
  });
  return server;
}

async function startPeer(page: Page, provider: "wasm" | "webgpu"): Promise<number[]> {
  return page.evaluate((provider) => {
    const worker = new Worker("/__bench/peer.js", { type: "module" });
    const call = (message: object) =>
      new Promise<any>((resolve, reject) => {
        worker.onerror = (event) => reject(new Error(`peer: ${event.message}`));
        worker.onmessage = ({ data }) => ("error" in data ? reject(new Error(`peer: ${data.error}`)) : resolve(data.value));
        worker.postMessage(message);
      });
    Object.assign(window, { peer: call });
    return call({ kind: "load", provider });
  }, provider);
}

/** Times both on the same page with the same ids, in turns, and prints medians and ratios. */
export async function compare(page: Page, build: "cpu" | "gpu", provider: "wasm" | "webgpu", cases: Case[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "palate-bench-"));
  let server: Server | undefined;
  try {
    const model = join(folder, "model.onnx");
    writeFileSync(model, miniLmOnnx(join(places.encoder(), "source/model.safetensors")));
    server = await servePeer(page, model);
    await page.goto("/method");
    const ready = await startWorker(page, build, build === "gpu" ? "web_gpu" : "cpu");
    expect(ready.body.type, JSON.stringify(ready.body)).toBe("ready");
    const check = await startPeer(page, provider);
    KNOWN.forEach((value, at) => expect(check[at]).toBeCloseTo(value, 4));

    console.log(`\nencoder, batch x tokens, medians in ms; peer: onnxruntime-web, ${provider}, one thread, same page, same ids`);
    console.log(row("", "ours", "peer", "ratio", "ours (min)", "peer (min)", "ratio (min)"));
    for (const { batch, tokens, repeats } of cases) {
      const ours: number[] = [];
      const theirs: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const reply = await ask(page, { type: "bench_encoder", batch, tokens, repeats });
        expect(reply.body.type, JSON.stringify(reply.body)).toBe("timed");
        ours.push(...(reply.body.ms as number[]));
        theirs.push(...(await page.evaluate((time) => (window as any).peer({ kind: "time", ...time }), { batch, tokens, repeats })));
      }
      const [a, b] = [percentile(ours, 0.5), percentile(theirs, 0.5)];
      const [c, d] = [Math.min(...ours), Math.min(...theirs)];
      const cells = [a.toFixed(1), b.toFixed(1), (a / b).toFixed(2), c.toFixed(1), d.toFixed(1), (c / d).toFixed(2)];
      console.log(row(`${batch} x ${tokens}`, ...cells));
    }
  } finally {
    server?.close();
    rmSync(folder, { recursive: true });
  }
}
