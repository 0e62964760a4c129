import { readFileSync } from "node:fs";
import { expectFitsEverywhere } from "../support/looks.ts";
import { expect, mounted, test } from "../support/test.ts";

type Regrets = { people: number; examples: number[]; pickers: { id: string; regret: number[][] }[] };
const published = () => JSON.parse(readFileSync(new URL("../../public/figures/regret.json", import.meta.url), "utf8")) as Regrets;

test("/method shows what a personal pick saves, as a curve and as the published figures", async ({ page, errors }) => {
  await page.goto("/method");
  await mounted(page);
  const part = page.locator("#regret");
  await expect(part.getByText("All figures here are from simulated people")).toBeVisible();
  const figure = part.locator("figure");
  await expect(figure.getByRole("img", { name: "Regret after so many votes, simulated people" })).toBeVisible();
  await expect(figure.locator(".curve__band")).toHaveCount(1);
  const legend = figure.getByRole("listitem");
  await expect(legend).toHaveCount(5);
  await expect(part.getByText(/^960 simulated people, 22 questions; population weights [0-9a-f]{12}\./)).toBeVisible();

  const choice = part.getByRole("combobox", { name: "Picked by" });
  await choice.selectOption("Personal ridge");
  await expect(legend.filter({ hasText: "Personal ridge" })).toHaveCount(1);
  await expect(legend.filter({ hasText: "Empirical Bayes" })).toHaveCount(0);

  await part.getByText("Regret in figures, all methods").click();
  const table = part.getByRole("table", { name: "Mean regret after so many votes, with its 95 % interval" });
  const { examples, pickers } = published();
  await expect(table.getByRole("row")).toHaveCount(pickers.length + 1);
  await expect(table.getByRole("columnheader")).toHaveText(["Picked by whom", ...examples.map(String)]);
  const bayes = pickers.find((picker) => picker.id === "eb")!;
  const cells = await table.getByRole("row", { name: /^Empirical Bayes/ }).getByRole("cell").allInnerTexts();
  bayes.regret.forEach(([mean, low, high], at) => {
    for (const value of [mean, low, high]) expect(cells[at]).toContain(value!.toFixed(2));
  });
  await expectFitsEverywhere(page);
  expect(errors).toEqual([]);
});

test("figures that do not arrive are said to be missing, and the rest of the page is there", async ({ page }) => {
  await page.route("/figures/regret.json", (route) => route.fulfill({ status: 404, body: "" }));
  await page.goto("/method");
  await mounted(page);
  await expect(page.locator("#regret").getByText("The figures could not be fetched.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Your race" })).toBeVisible();
});
