import { spawn, type ChildProcess } from "node:child_process";
import { freePort } from "../support/server.ts";

/** The arena of `gradio_arena.py` on a free port, with Gradio's analytics off. */
export class GradioArena {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(): Promise<GradioArena> {
    const python = process.env.PALATE_PEERS_PYTHON;
    if (!python) throw new Error("PALATE_PEERS_PYTHON is not set; run `cargo xtask bench page`");
    const port = await freePort();
    const child = spawn(python, ["peers/gradio_arena.py"], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, GRADIO_ANALYTICS_ENABLED: "False", GRADIO_SERVER_PORT: String(port) },
    });
    const arena = new GradioArena(`http://127.0.0.1:${port}`, child);
    try {
      await arena.ready();
    } catch (error) {
      await arena.stop();
      throw error;
    }
    return arena;
  }

  private async ready(): Promise<void> {
    for (let attempt = 0; attempt < 300 && this.child.exitCode === null; attempt++) {
      const answered = await fetch(this.url).then((response) => response.ok, () => false);
      if (answered) return;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error("the Gradio arena did not answer within 60 s");
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      if (this.child.exitCode !== null || this.child.signalCode !== null) return resolve();
      this.child.once("exit", () => resolve());
      this.child.kill("SIGKILL");
    });
  }
}
