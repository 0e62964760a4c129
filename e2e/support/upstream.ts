import { spawn, type ChildProcess } from "node:child_process";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { places } from "./server.ts";

/** What the upstream counted; see server/tests/common/upstream/books.rs. */
export type UpstreamState = {
  calls: number;
  running: number;
  complete: number;
  broken: number;
  cancelled: number;
  open_connections: number;
  strays: number;
};

/** One answer on the upstream's bill. */
export type Charge = { model: string; prompt: string; prompt_tokens: number; completion_tokens: number; ended: "running" | "complete" | "broken" | "cancelled" };

/** Text between these in a prompt is what the model `markdown` answers. */
export const ECHO = ["<<<", ">>>"] as const;

/** A language-model server whose models do well or badly, as their names say; see server/tests/common/upstream/behaviour.rs. */
export class Upstream {
  private constructor(
    /** What a catalogue names as `base_url`. */
    readonly baseUrl: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(): Promise<Upstream> {
    const program = join(dirname(places.bin()), "examples/upstream");
    const child = spawn(program, [], { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout });
    const address = await new Promise<string>((resolve, reject) => {
      lines.once("line", resolve);
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the upstream ended with ${code}; run \`cargo xtask test --only browser\``)));
    });
    return new Upstream(address, child);
  }

  async state(): Promise<UpstreamState> {
    return (await this.read("/state")) as UpstreamState;
  }

  async charges(): Promise<Charge[]> {
    const bill = (await this.read("/bill")) as { charges: Charge[] };
    return bill.charges;
  }

  private async read(path: string): Promise<unknown> {
    const response = await fetch(new URL(path, this.baseUrl));
    if (!response.ok) throw new Error(`the upstream answers ${path} with ${response.status}`);
    return response.json();
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      if (this.child.exitCode !== null || this.child.signalCode !== null) return resolve();
      this.child.removeAllListeners("exit");
      this.child.once("exit", () => resolve());
      this.child.kill("SIGKILL");
    });
  }
}
