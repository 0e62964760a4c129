import { launch } from "chrome-launcher";
import lighthouse, { desktopConfig, type Result } from "lighthouse";

/** The forms that Lighthouse knows; its own default is a phone on a slow network. */
export const FORMS = ["desktop", "mobile"] as const;

/** Audits a page in a browser of its own. */
export async function audit(url: string, form: (typeof FORMS)[number]): Promise<Result> {
  const chrome = await launch({ chromePath: process.env.PALATE_CHROMIUM, chromeFlags: ["--headless=new", "--no-sandbox"], logLevel: "error" });
  try {
    const options = { port: chrome.port, output: "json", logLevel: "error" } as const;
    const run = await lighthouse(url, options, form === "desktop" ? desktopConfig : undefined);
    if (!run) throw new Error(`Lighthouse gave no result for ${url}`);
    if (run.lhr.runtimeError) throw new Error(run.lhr.runtimeError.message);
    return run.lhr;
  } finally {
    chrome.kill();
  }
}
