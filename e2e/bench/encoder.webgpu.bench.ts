import { test } from "../support/test.ts";
import { compare } from "./encoder/compare.ts";

test("encoder on WebGPU against onnxruntime-web", async ({ page }) => {
  await compare(page, "gpu", "webgpu", [
    { batch: 1, tokens: 32, repeats: 2 },
    { batch: 1, tokens: 128, repeats: 1 },
  ]);
});
