import { expectAccessible } from "../support/looks.ts";
import { expect, mounted, test } from "../support/test.ts";
import { give, invented } from "../support/votes.ts";

test("/me shows the room that votes leave, and a sentence that its person can correct", async ({ page, errors }) => {
  await give(page, await invented(page.request, "starter", 40));
  await page.goto("/me");
  await mounted(page);
  const map = page.getByTestId("map");
  const room = await map.getByRole("img").getAttribute("aria-label");
  const share = Number(room?.match(/^Your votes leave (\d+) % of the width/)?.[1]);
  expect(share).toBeGreaterThan(0);
  expect(share).toBeLessThan(100);
  await expect(map.locator(".map__person")).not.toHaveCount(0);

  const description = page.getByTestId("description");
  const sentence = description.locator(".sentence");
  await description.getByText("That is wrong? Say it yourself").click();
  const length = description.getByRole("combobox", { name: "long answers or short answers" });
  for (const [said, other] of [
    ["short answers", "long answers"],
    ["long answers", "short answers"],
  ]) {
    await length.selectOption(said);
    await expect(sentence).toContainText(said);
    await expect(sentence).not.toContainText(other);
    await expect(description.getByText("Partly in your own words.")).toBeVisible();
    await expect(length).toHaveValue(said.startsWith("long") ? "more" : "less");
  }
  await expectAccessible(page);

  await page.reload();
  await expect(sentence).toContainText("long answers");
  await expect(description.getByText("Partly in your own words.")).toBeVisible();
  await description.getByText("That is wrong? Say it yourself").click();
  await expect(length).toHaveValue("more");
  await length.selectOption("What my votes say");
  await expect(description.getByText("Partly in your own words.")).toHaveCount(0);
  expect(await page.evaluate(() => localStorage.getItem("palate.of_self.starter"))).toBeNull();
  expect(errors).toEqual([]);
});

for (const [pack, title] of [
  ["polis", "Ideas for a town"],
  ["arguments", "Arguments"],
] as const) {
  test(`a picture on ${title} comes from heads that people's votes made`, async ({ page, errors }) => {
    await give(page, await invented(page.request, pack, 30));
    await page.evaluate((pack) => localStorage.setItem("palate.pack", pack), pack);
    await page.goto("/me");
    await mounted(page);
    await expect(page.getByTestId("map").getByRole("img")).toBeVisible();
    await expect(page.getByTestId("description")).toHaveCount(0);
    expect(errors).toEqual([]);
  });
}
