import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A figure of a report: accuracy with its 95 % interval. */
export type Figure = { method: string; cell: string; n: number; accuracy: [number, number, number] };

/** Runs the native laboratory. */
export function lab(...args: string[]): void {
  const program = process.env.PALATE_LAB;
  if (!program) throw new Error("PALATE_LAB names no palate-lab; run the tests with cargo xtask test");
  execFileSync(program, args, { stdio: ["ignore", "ignore", "pipe"] });
}

/** A folder that is deleted after `use`. */
export async function inFolder<T>(use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "palate-lab-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rows of a report, by the names of its columns. */
export function figures(report: string): Figure[] {
  const { columns, rows } = JSON.parse(report) as { columns: string[]; rows: unknown[][] };
  return rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])) as Figure);
}

/** Figures of the laboratory on simulated people, with the limits of the page. */
export function nativeFigures(recipe: string, ...more: string[]): Promise<Figure[]> {
  return inFolder((folder) => {
    const [data, out] = [join(folder, "data"), join(folder, "out")];
    lab("simulate", "--recipe", recipe, "--out", data);
    const limits = ["--most-votes", "100", "--most-validation", "40", "--most-people", "100", "--most-tests", "30"];
    lab("eval", "--data", data, "--out", out, "--seeds", "1", "--methods", "population,pal-a", "--rows", "text", ...limits, ...more);
    return figures(readFileSync(join(out, "report.json"), "utf8"));
  });
}

/** A small data set in the canonical format: people who like long answers, and people who like short ones. */
export function smallSet(): Record<string, string> {
  const line = (object: object) => `${JSON.stringify(object)}\n`;
  const words = ["rain", "bread", "river", "stone", "lamp", "garden", "paper", "window"];
  let [items, pairs] = ["", ""];
  for (let prompt = 0; prompt < 24; prompt++) {
    const word = words[prompt % words.length];
    items += line({ item: `s${prompt}`, prompt: `p${prompt}`, text: `A short word on the ${word}.` });
    items += line({ item: `l${prompt}`, prompt: `p${prompt}`, text: `${`There is much to be said about the ${word}, and more than one way to say it. `.repeat(4 + (prompt % 3))}` });
  }
  for (let user = 0; user < 40; user++) {
    for (let vote = 0; vote < 18; vote++) {
      const prompt = (vote * 5 + user * 7) % 24;
      const [chosen, rejected] = user % 2 ? [`l${prompt}`, `s${prompt}`] : [`s${prompt}`, `l${prompt}`];
      pairs += line({ user: `u${user}`, chosen, rejected });
    }
  }
  const about = { id: "small", title: "A small set", licence: "CC0-1.0", attribution: "", simulated: true };
  return { "dataset.json": JSON.stringify(about), "items.jsonl": items, "pairs.jsonl": pairs };
}

/** Ideal points among so many items that training adds no noise to them, which every device would draw its own way. */
export function manyItems(): Record<string, string> {
  // A linear congruential generator (Numerical Recipes): the same numbers everywhere.
  let state = 7;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const [items, people, votes, width] = [4600, 200, 60, 8];
  const row = () => Array.from({ length: width }, () => Number((random() * 2 - 1).toFixed(4)));
  const vectors = Array.from({ length: items }, row);
  const line = (object: object) => `${JSON.stringify(object)}\n`;
  let pairs = "";
  for (let user = 0; user < people; user++) {
    const ideal = row();
    const away = (at: number) => vectors[at].reduce((sum, value, axis) => sum + (value - ideal[axis]) ** 2, 0);
    for (let vote = 0; vote < votes; vote++) {
      const one = Math.floor(random() * items);
      const other = (one + 1 + Math.floor(random() * (items - 1))) % items;
      const [chosen, rejected] = away(one) < away(other) ? [one, other] : [other, one];
      pairs += line({ user: `u${user}`, chosen: `i${chosen}`, rejected: `i${rejected}` });
    }
  }
  return { "items.jsonl": vectors.map((vector, at) => line({ item: `i${at}`, vector })).join(""), "pairs.jsonl": pairs };
}

/** Files as a file field takes them. */
export function asFiles(files: Record<string, string>) {
  return Object.entries(files).map(([name, text]) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(text) }));
}
