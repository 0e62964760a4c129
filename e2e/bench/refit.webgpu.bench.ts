import { devicesTable, type OnBoth } from "../support/devices.ts";
import { expect, test } from "../support/test.ts";
import { ask, startWorker } from "../support/worker.ts";

test("views of all methods by the CPU and by WebGPU in the WebGPU worker", async ({ page }) => {
  await page.goto("/method");
  const ready = await startWorker(page, "gpu", "web_gpu");
  console.log(`\n${JSON.stringify(ready.body.device)}`);
  for (const answers of [4, 10_000]) {
    const reply = await ask(page, { type: "compare_devices", answers, votes: 40, repeats: 10 });
    expect(reply.body.type, JSON.stringify(reply.body).slice(0, 300)).toBe("compared_devices");
    console.log(`\n${answers === 4 ? "four answers" : "the whole pack"}: largest difference of margins, log-odds; median of ten runs${devicesTable(reply.body.methods as OnBoth[])}`);
  }
});
