import { expect, type Locator, type Page } from "@playwright/test";
import { mounted } from "./test.ts";

/** `/try`, by roles and visible words. */
export class TryPage {
  constructor(readonly page: Page) {}

  get go(): Locator {
    return this.page.getByRole("button", { name: "Write answers" });
  }
  get lanes(): Locator {
    return this.page.locator(".lanes > article");
  }
  get pick(): Locator {
    return this.page.getByRole("region", { name: /^For you: answer \d$/ });
  }
  get blind(): Locator {
    return this.page.getByRole("region", { name: "Which one do you prefer?" });
  }
  get ranked(): Locator {
    return this.page.getByRole("region", { name: "All answers, ranked for you" }).locator("ol.ranked > li");
  }
  get sliders(): Locator {
    return this.page.getByRole("region", { name: "Move it by hand" });
  }
  get question(): Locator {
    return this.page.getByRole("combobox", { name: "Question", exact: true });
  }
  get typed(): Locator {
    return this.page.getByRole("textbox", { name: "Your question" });
  }
  get earlier(): Locator {
    return this.page.getByRole("region", { name: "Earlier tries" });
  }

  async open(url = ""): Promise<void> {
    await this.page.goto(`${url}/try`);
    await mounted(this.page);
    await expect(this.page.getByRole("heading", { level: 1, name: "Answers for you" })).toBeVisible();
  }

  /** Writes a question of one's own. */
  async write(text: string): Promise<void> {
    await this.page.getByRole("radio", { name: "My own", exact: true }).check();
    await this.typed.fill(text);
  }

  /** Places of the answers as they were shown, best first. */
  async order(): Promise<string[]> {
    return this.ranked.evaluateAll((rows) => rows.map((row) => row.getAttribute("data-answer")!));
  }

  /** Asks and waits for the pick; passes a blind test if there is one. */
  async ask(): Promise<void> {
    await this.go.click();
    await expect(this.pick.or(this.blind)).toBeVisible({ timeout: 60_000 });
    if (await this.blind.isVisible()) await this.blind.getByRole("button", { name: "Not this time" }).click();
    await expect(this.pick).toBeVisible();
  }

  /** Asks about one question after the other until there is a blind test: now and then the pick is the ordinary answer. */
  async askUntilBlind(): Promise<void> {
    for (let at = 0; at < 12; at++) {
      // The last test is long ago.
      await this.page.evaluate(() => localStorage.setItem("palate.try.since", "9"));
      await this.question.selectOption({ index: at });
      await this.go.click();
      await expect(this.go).toBeDisabled();
      await expect(this.pick.or(this.blind)).toBeVisible({ timeout: 60_000 });
      if (await this.blind.isVisible()) return;
    }
    throw new Error("no blind test in twelve generations");
  }
}
