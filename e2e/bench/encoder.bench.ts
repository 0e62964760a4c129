import { test } from "../support/test.ts";
import { compare } from "./encoder/compare.ts";

test("encoder on the CPU against onnxruntime-web", async ({ page }) => {
  await compare(page, "cpu", "wasm", [
    { batch: 1, tokens: 32, repeats: 20 },
    { batch: 1, tokens: 128, repeats: 10 },
    { batch: 1, tokens: 256, repeats: 6 },
    { batch: 8, tokens: 32, repeats: 6 },
    { batch: 8, tokens: 128, repeats: 4 },
    { batch: 8, tokens: 256, repeats: 3 },
  ]);
});
