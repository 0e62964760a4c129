import { expect, test } from "../support/test.ts";

const SHORT = "Take the train. It is faster and calmer.";
const LONG = `There are several options to weigh before you decide.

- **The train** is calm, and you can read.
- **The car** is flexible, for example when you carry a lot.
- **The bus** is cheap.

It depends on what matters most to you. What would you like to do on the way?`;

test("/compare reads two texts with the real encoder on the CPU", async ({ page, errors }) => {
  test.setTimeout(300_000);
  await page.goto("/compare");
  await page.getByRole("textbox", { name: "Text A" }).fill(SHORT);
  await page.getByRole("textbox", { name: "Text B" }).fill(LONG);
  await page.getByRole("button", { name: "Which would I prefer?" }).click();
  await expect(page.getByText(/46 MB|45 MB/)).toBeVisible();
  await page.getByRole("button", { name: "Download and compare" }).click();
  await expect(page.getByText(/You would prefer (text )?[AB]|You would prefer/i).first()).toBeVisible({ timeout: 240_000 });
  await expect(page.getByText(/Runs on: CPU/)).toBeVisible();
  const table = page.getByRole("table").first();
  await expect(table).toContainText("%");
  expect(errors).toEqual([]);
});

test("/compare says what is missing before it starts", async ({ page }) => {
  await page.goto("/compare");
  await page.getByRole("button", { name: "Which would I prefer?" }).click();
  await expect(page.getByText("Fill in both texts first.")).toBeVisible();
  await page.getByRole("textbox", { name: "Text A" }).fill("same");
  await page.getByRole("textbox", { name: "Text B" }).fill("same");
  await page.getByRole("button", { name: "Which would I prefer?" }).click();
  await expect(page.getByText("The two texts are the same.")).toBeVisible();
});
