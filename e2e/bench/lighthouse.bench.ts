import { audit, FORMS } from "../peers/lighthouse.ts";
import { percentile, row } from "../support/table.ts";
import { test } from "../support/test.ts";

const RUNS = 5;
/** Columns of the table. */
const CATEGORIES = { performance: "performance", accessibility: "accessible", "best-practices": "practices", seo: "SEO" };
/** Lighthouse itself calls a score from here on good. */
const GOOD = 0.9;

type Report = Awaited<ReturnType<typeof audit>>;

/** Titles of the audits that a category counts and that are not good, with what Lighthouse measured. */
function failed(report: Report): [title: string, measured: string][] {
  const counted = Object.values(report.categories).flatMap(({ auditRefs }) => auditRefs.filter(({ weight }) => weight > 0));
  const audits = counted.map(({ id }) => report.audits[id]!);
  return audits.filter(({ score }) => score !== null && score < GOOD).map(({ title, displayValue }) => [title, displayValue ?? "failed"]);
}

test("Lighthouse on / and /rank", async ({ server }) => {
  console.log(`\nLighthouse, medians of ${RUNS} runs; bars: performance 95 on desktop and 90 on mobile, accessibility and best practices 100`);
  console.log(row("", ...Object.values(CATEGORIES), "FCP ms", "LCP ms", "TBT ms", "CLS", "machine"));
  const complaints = new Map<string, string[]>();
  for (const path of ["/", "/rank"]) {
    for (const form of FORMS) {
      const reports: Report[] = [];
      for (let run = 0; run < RUNS; run++) reports.push(await audit(server.url + path, form));
      const median = (what: (report: Report) => number) => percentile(reports.map(what), 0.5);
      const metric = (id: string) => median((report) => report.audits[id]?.numericValue ?? NaN);
      const scores = Object.keys(CATEGORIES).map((category) => median((report) => 100 * (report.categories[category]?.score ?? NaN)).toFixed(0));
      const times = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time"].map((id) => metric(id).toFixed(0));
      const machine = median((report) => report.environment.benchmarkIndex).toFixed(0);
      console.log(row(`${path} ${form}`, ...scores, ...times, metric("cumulative-layout-shift").toFixed(3), machine));
      for (const [title, measured] of reports.flatMap(failed)) {
        const name = `${path} ${form}: ${title}`;
        complaints.set(name, [...(complaints.get(name) ?? []), measured]);
      }
    }
  }
  console.log(`machine: Lighthouse's index of its speed. Audits below ${GOOD}, by run:`);
  for (const [name, measured] of complaints) console.log(`${name}: ${measured.join(", ")}`);
});
