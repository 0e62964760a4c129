import { readFileSync } from "node:fs";
import { places } from "./server.ts";

export type Golden = { text: string; tokens: number; ids?: number[]; embedding: number[] };

/** Reference vectors of the encoder. */
export function golden(): Golden[] {
  return readFileSync(places.golden(), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

export function cosine(a: number[], b: number[]): number {
  const dot = (x: number[], y: number[]) => x.reduce((sum, value, at) => sum + value * y[at]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
