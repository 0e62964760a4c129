import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Locator, type Page } from "@playwright/test";
import { PalateServer } from "./server.ts";
import { test as base } from "./test.ts";

/** Of the operator of the servers that these tests start. */
export const TOKEN = "the-token-of-the-operator-0123456789abcdef";

/** A server whose operator may make studies. */
export const test = base.extend<{}, { server: PalateServer }>({
  server: [
    async ({}, use) => {
      const file = join(mkdtempSync(join(tmpdir(), "palate-token-")), "token");
      writeFileSync(file, TOKEN, { mode: 0o600 });
      const server = await PalateServer.start({ args: ["--operator-token-file", file] });
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
});

/** Asks the server as the operator. */
export async function operate(server: PalateServer, method: string, path: string, body?: unknown): Promise<any> {
  const response = await fetch(`${server.url}/api/v1/studies${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, ...(body ? { "content-type": "application/json" } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  });
  const answer = await response.json();
  expect(response.ok, JSON.stringify(answer)).toBe(true);
  return answer;
}

/** Rows of a CSV with two answers to each of so many prompts. */
export function csv(prompts: number, row = (at: number) => `Question ${at}?,First answer ${at}.,Second answer ${at}.`): string {
  return ["prompt,response_a,response_b", ...Array.from({ length: prompts }, (_, at) => row(at + 1))].join("\n") + "\n";
}

/** An open study made of a CSV; its id. */
export async function openStudy(server: PalateServer, content: string, settings: object = {}): Promise<string> {
  const made = await operate(server, "POST", "", {
    settings: { title: "A study", guidelines: "Say which you would *rather* get.", consent_text: "I take part of my own free will.", overlap: 2, random_floor: 0.1, ...settings },
    source: { format: "csv", content },
  });
  expect(made.report.errors).toEqual([]);
  await operate(server, "PATCH", `/${made.study.id}`, { state: "open" });
  return made.study.id;
}

/** Activates a control by keyboard. */
export async function press(control: Locator, key = "Enter"): Promise<void> {
  await control.focus();
  await control.press(key);
}

/** `/study/{id}`, by roles and visible words. */
export class StudyPage {
  constructor(readonly page: Page) {}

  get tick(): Locator {
    return this.page.getByRole("checkbox", { name: "I want to take part" });
  }
  get start(): Locator {
    return this.page.getByRole("button", { name: "Agree and begin" });
  }
  get votes(): Locator {
    return this.page.getByRole("group", { name: "Your vote" });
  }
  question(at: number, all: number): Locator {
    return this.page.getByRole("heading", { level: 2, name: `Question ${at} of ${all}` });
  }

  async open(id: string): Promise<void> {
    await this.page.goto(`/study/${id}`);
    await this.page.locator("[data-mounted]").waitFor({ state: "attached" });
  }

  /** Agrees by keyboard; the first question follows. */
  async agree(): Promise<void> {
    await press(this.tick, "Space");
    await press(this.start);
    await expect(this.votes).toBeVisible();
  }

  /** Says something by its key and sends it at once. */
  async say(key: string): Promise<void> {
    await expect(this.votes).toBeVisible();
    await this.page.keyboard.press(key);
    await this.page.keyboard.press("n");
    await expect(this.page.getByText("Loading…")).toHaveCount(0);
  }
}
