/** Nearest-rank percentile; `share` in (0, 1]. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error("no values");
  return value;
}

/** A line of a plain table: the first cell to the left, the others to the right. */
export function row(first: string, ...cells: string[]): string {
  return first.padEnd(30) + cells.map((cell) => cell.padStart(12)).join("");
}
