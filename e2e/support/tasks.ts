import type { Page } from "@playwright/test";

type Traced = { name: string; ph: string; pid: number; tid: number; dur?: number; tdur?: number; args: { name?: string } };

/** Tasks of the page's main thread while `act` runs, on a processor that is `slower` so many times: their number and the longest, milliseconds of computing. What other programs take meanwhile does not count. */
export async function tasksOf(page: Page, act: () => Promise<void>, slower = 1): Promise<{ count: number; longest: number }> {
  const session = await page.context().newCDPSession(page);
  const events: Traced[] = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as Traced[])));
  if (slower > 1) await session.send("Emulation.setCPUThrottlingRate", { rate: slower });
  await session.send("Tracing.start", { traceConfig: { includedCategories: ["toplevel"] }, transferMode: "ReportEvents" });
  await act();
  if (slower > 1) await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  const complete = new Promise<void>((resolve) => session.once("Tracing.tracingComplete", () => resolve()));
  await session.send("Tracing.end");
  await complete;
  await session.detach();
  const place = ({ pid, tid }: Traced) => `${pid}:${tid}`;
  const mains = new Set(events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(place));
  const tasks = events.filter((event) => event.ph === "X" && event.name.endsWith("RunTask") && mains.has(place(event)));
  return { count: tasks.length, longest: Math.max(0, ...tasks.map(({ tdur }) => (tdur ?? 0) / 1000)) };
}
