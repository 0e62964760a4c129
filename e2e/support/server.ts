import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

function place(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run \`cargo xtask test --only browser\``);
  return value;
}

export const places = {
  bin: () => place("PALATE_BIN"),
  site: () => place("PALATE_SITE"),
  encoder: () => place("PALATE_ENCODER"),
  golden: () => place("PALATE_GOLDEN"),
};

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}

/** The real server on a free port, with a database of its own. */
export class PalateServer {
  private constructor(
    readonly url: string,
    readonly dataDir: string,
    private readonly port: number,
    private readonly encoder: string,
    private readonly args: string[],
    private child: ChildProcess,
  ) {}

  static async start(options: { encoder?: string; args?: string[] } = {}): Promise<PalateServer> {
    const dataDir = mkdtempSync(join(tmpdir(), "palate-e2e-"));
    const port = await freePort();
    const encoder = options.encoder ?? places.encoder();
    const args = options.args ?? [];
    const child = PalateServer.launch(port, dataDir, encoder, args);
    const server = new PalateServer(`http://127.0.0.1:${port}`, dataDir, port, encoder, args, child);
    await server.ready();
    return server;
  }

  private static launch(port: number, dataDir: string, encoder: string, more: string[]): ChildProcess {
    const args = ["serve", "--port", String(port), "--data-dir", dataDir, "--site", places.site(), "--encoder-dir", encoder, ...more];
    return spawn(places.bin(), args, { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, RUST_LOG: "warn" } });
  }

  private async ready(): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const answered = await fetch(`${this.url}/healthz`).then((response) => response.ok, () => false);
      if (answered) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error("the server did not answer /healthz within 10 s");
  }

  /** `kill -9`; the data stay. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** Starts again on the same port and data. */
  async restart(): Promise<void> {
    this.child = PalateServer.launch(this.port, this.dataDir, this.encoder, this.args);
    await this.ready();
  }

  async stop(): Promise<void> {
    await this.end("SIGTERM");
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  private end(signal: NodeJS.Signals): Promise<void> {
    return new Promise((resolve) => {
      if (this.child.exitCode !== null || this.child.signalCode !== null) return resolve();
      this.child.once("exit", () => resolve());
      this.child.kill(signal);
    });
  }
}
