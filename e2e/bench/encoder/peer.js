// The peer: onnxruntime-web in a worker of its own, one thread. Served beside the bench page, never by the site.
// Messages: { kind: "load", provider } -> first values of the check; { kind: "time", batch, tokens, repeats } -> milliseconds.

let ort;
let session;

/** The same ids as our worker: token `t` of text `b` is `1000 + (7 b + t) mod 20000`. */
function feeds(batch, tokens) {
  const ids = new BigInt64Array(batch * tokens);
  for (let b = 0; b < batch; b++) for (let t = 0; t < tokens; t++) ids[b * tokens + t] = BigInt(1000 + ((7 * b + t) % 20000));
  const dims = [batch, tokens];
  return {
    input_ids: new ort.Tensor("int64", ids, dims),
    attention_mask: new ort.Tensor("int64", new BigInt64Array(batch * tokens).fill(1n), dims),
  };
}

async function run(input) {
  const { vector } = await session.run(input);
  return vector.data;
}

async function load(provider) {
  ort = await import(provider === "webgpu" ? "/__bench/ort.webgpu.min.mjs" : "/__bench/ort.wasm.min.mjs");
  ort.env.wasm.wasmPaths = new URL("/__bench/", self.location.origin).href;
  ort.env.wasm.numThreads = 1;
  session = await ort.InferenceSession.create("/__bench/model.onnx", {
    executionProviders: [provider],
    graphOptimizationLevel: "all",
  });
  return Array.from((await run(feeds(1, 32))).slice(0, 4));
}

async function time(batch, tokens, repeats) {
  const input = feeds(batch, tokens);
  await run(input);
  const ms = [];
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    await run(input);
    ms.push(performance.now() - start);
  }
  return ms;
}

self.onmessage = async ({ data }) => {
  try {
    const value = data.kind === "load" ? await load(data.provider) : await time(data.batch, data.tokens, data.repeats);
    self.postMessage({ value });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
