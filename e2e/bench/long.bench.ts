import { choose, press, readToTheEnd, test } from "../support/models.ts";
import { row } from "../support/table.ts";
import { tasksOf } from "../support/tasks.ts";

/** How many times slower the processor is made. */
const SLOWER = 4;

test("five answers of 20,000 tokens on a slow processor", async ({ page }) => {
  test.setTimeout(400_000);
  const trying = await choose(page, "A long model");
  console.log(`\nfive answers of 20,000 tokens, processor ${SLOWER} times slower; longest task, milliseconds of computing`);
  console.log(row("", "tasks", "longest", "bar"));
  for (const [name, act] of [
    ["the press", () => press(page, trying)],
    ["the answers", () => readToTheEnd(page)],
  ] as const) {
    const { count, longest } = await tasksOf(page, act, SLOWER);
    console.log(row(name, String(count), longest.toFixed(1), "50"));
  }
});
