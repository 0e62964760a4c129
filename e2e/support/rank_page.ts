import { expect, type Locator, type Page } from "@playwright/test";

/** `/rank`, by roles and visible words. */
export class RankPage {
  constructor(readonly page: Page) {}

  get board(): Locator {
    return this.page.getByRole("region", { name: "Comparison" });
  }
  get votes(): Locator {
    return this.page.getByRole("group", { name: "Your vote" });
  }
  vote(name: string): Locator {
    return this.votes.getByRole("button", { name });
  }
  get undo(): Locator {
    return this.board.getByRole("button", { name: "Undo" });
  }
  get revealNow(): Locator {
    return this.board.getByRole("button", { name: "Reveal now" });
  }
  get next(): Locator {
    return this.board.getByRole("button", { name: "Next" });
  }
  get forecasts(): Locator {
    return this.board.getByRole("table", { name: "Forecasts made before you voted" });
  }
  get authors(): Locator {
    return this.board.getByText("Written by", { exact: true });
  }
  get progress(): Locator {
    return this.board.getByText(/\d+ votes? · \d+ held out/);
  }

  async open(path = "/rank"): Promise<void> {
    await this.page.goto(path);
    await expect(this.vote("A is better")).toBeVisible();
  }

  /** Waits until the worker has learned the history: it then gives forecasts. */
  async learnedFrom(votes: number): Promise<void> {
    await expect(this.progress).toContainText(new RegExp(`^${votes} votes?`));
  }

  /** Votes on question after question until the worker is there and its forecasts are shown at a reveal. */
  async voteUntilForecast(): Promise<void> {
    for (let vote = 0; vote < 30; vote++) {
      await this.vote("A is better").click();
      await this.revealNow.click();
      await expect(this.authors).toHaveCount(2);
      if (await this.forecasts.isVisible()) return;
      await this.page.waitForTimeout(500);
      await this.next.click();
      await expect(this.vote("A is better")).toBeVisible();
    }
    throw new Error("no forecast after thirty votes");
  }

  /** Votes, reveals at once and goes to the next question. */
  async voteAndGoOn(name: string): Promise<void> {
    await this.vote(name).click();
    await this.revealNow.click();
    await expect(this.authors).toHaveCount(2);
    await this.next.click();
    await expect(this.vote("A is better")).toBeVisible();
  }

  /** Prompt and both answers, as shown. */
  async shown(): Promise<string> {
    return (await this.board.getByRole("heading", { level: 2 }).innerText()) + (await this.board.getByRole("article").allInnerTexts()).join("|");
  }
}

/** Everything in a box of the local database. */
export function stored(page: Page, box: "events" | "outbox" | "settings"): Promise<any[]> {
  return page.evaluate(
    (box) =>
      new Promise<any[]>((resolve, reject) => {
        const open = indexedDB.open("palate");
        open.onerror = () => reject(open.error);
        open.onsuccess = () => {
          const all = open.result.transaction(box).objectStore(box).getAll();
          all.onerror = () => reject(all.error);
          all.onsuccess = () => {
            open.result.close();
            resolve(all.result.map((text) => (typeof text === "string" ? JSON.parse(text) : text)));
          };
        };
      }),
    box,
  );
}
