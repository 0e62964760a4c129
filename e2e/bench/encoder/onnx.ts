import { readFileSync } from "node:fs";

/** The few parts of the ONNX file format (protocol buffers) that the graph below needs. */
type Bytes = Uint8Array;

function varint(value: number | bigint): Bytes {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest ? low | 128 : low);
  } while (rest);
  return Uint8Array.from(bytes);
}

const join = (...parts: Bytes[]): Bytes => Buffer.concat(parts);
const int = (field: number, value: number): Bytes => join(varint(field << 3), varint(value));
const bytes = (field: number, value: Bytes): Bytes => join(varint((field << 3) | 2), varint(value.length), value);
const text = (field: number, value: string): Bytes => bytes(field, new TextEncoder().encode(value));

const FLOAT = 1;
const INT64 = 7;

function tensor(name: string, dims: number[], type: number, raw: Bytes): Bytes {
  return join(...dims.map((dim) => int(1, dim)), int(2, type), text(8, name), bytes(9, raw));
}

const floats = (name: string, dims: number[], values: Float32Array): Bytes =>
  tensor(name, dims, FLOAT, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));

const ints = (name: string, values: number[]): Bytes =>
  tensor(name, [values.length], INT64, new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer));

type Attribute = { i: number } | { f: number } | { ints: number[] };

function attribute(name: string, value: Attribute): Bytes {
  if ("i" in value) return join(text(1, name), int(3, value.i), int(20, 2));
  if ("ints" in value) return join(text(1, name), ...value.ints.map((item) => int(8, item)), int(20, 7));
  return join(text(1, name), varint((2 << 3) | 5), new Uint8Array(Float32Array.of(value.f).buffer), int(20, 1));
}

function valueInfo(name: string, type: number, dims: (string | number)[]): Bytes {
  const shape = dims.map((dim) => bytes(1, typeof dim === "number" ? int(1, dim) : text(2, dim)));
  return join(text(1, name), bytes(2, bytes(1, join(int(1, type), bytes(2, join(...shape))))));
}

/** Tensors of a safetensors file in f32. */
function safetensors(path: string): (name: string) => { dims: number[]; values: Float32Array } {
  const file = readFileSync(path);
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + length).toString());
  return (name) => {
    const entry = header[name];
    if (entry?.dtype !== "F32") throw new Error(`${path} has no f32 tensor ${name}`);
    const [from, to] = entry.data_offsets as [number, number];
    const raw = file.subarray(8 + length + from, 8 + length + to);
    return { dims: entry.shape, values: new Float32Array(Uint8Array.from(raw).buffer) };
  };
}

const WIDTH = 384;
const HEADS = 12;
const LAYERS = 6;

/**
 * all-MiniLM-L6-v2 as an ONNX graph in the form that exporters write (separate query, key and value products, additive
 * mask, GELU by `Erf`), which the runtime's own optimiser then fuses. Inputs `input_ids` and `attention_mask`,
 * `[batch, length]`; output `vector`, `[batch, 384]`, L2 norm 1.
 */
export function miniLmOnnx(weightsPath: string): Uint8Array {
  const weight = safetensors(weightsPath);
  const nodes: Bytes[] = [];
  const initializers: Bytes[] = [];
  let count = 0;

  const node = (type: string, inputs: string[], attributes: Record<string, Attribute> = {}, output = `t${count++}`): string => {
    const parts = [...inputs.map((input) => text(1, input)), text(2, output), text(3, `${type}_${output}`), text(4, type)];
    for (const [name, value] of Object.entries(attributes)) parts.push(bytes(5, attribute(name, value)));
    nodes.push(bytes(1, join(...parts)));
    return output;
  };
  const floatConstant = (name: string, dims: number[], values: Float32Array): string => {
    initializers.push(bytes(5, floats(name, dims, values)));
    return name;
  };
  const scalar = (value: number): string => floatConstant(`c${count++}`, [], Float32Array.of(value));
  const shape = (...dims: number[]): string => {
    const name = `s${count++}`;
    initializers.push(bytes(5, ints(name, dims)));
    return name;
  };
  const parameter = (name: string): string => {
    const { dims, values } = weight(name);
    return floatConstant(name, dims, values);
  };
  const linear = (input: string, name: string): string => {
    const { dims, values } = weight(`${name}.weight`);
    const [to, from] = dims as [number, number];
    const transposed = new Float32Array(values.length);
    for (let row = 0; row < to; row++) for (let at = 0; at < from; at++) transposed[at * to + row] = values[row * from + at]!;
    return node("Add", [parameter(`${name}.bias`), node("MatMul", [input, floatConstant(`${name}.weight`, [from, to], transposed)])]);
  };
  const norm = (input: string, name: string): string =>
    node("LayerNormalization", [input, parameter(`${name}.weight`), parameter(`${name}.bias`)], { axis: { i: -1 }, epsilon: { f: 1e-12 } });

  const words = node("Gather", [parameter("embeddings.word_embeddings.weight"), "input_ids"]);
  const length = node("Slice", [node("Shape", ["input_ids"]), shape(1), shape(2)]);
  const positions = node("Slice", [parameter("embeddings.position_embeddings.weight"), shape(0), length, shape(0)]);
  const segment = floatConstant("segment", [WIDTH], weight("embeddings.token_type_embeddings.weight").values.slice(0, WIDTH));
  let hidden = norm(node("Add", [node("Add", [words, segment]), positions]), "embeddings.LayerNorm");

  const mask = node("Cast", ["attention_mask"], { to: { i: FLOAT } });
  const bias = node("Mul", [node("Sub", [scalar(1), node("Unsqueeze", [mask, shape(1, 2)])]), scalar(-3.4e38)]);
  for (let layer = 0; layer < LAYERS; layer++) {
    const prefix = `encoder.layer.${layer}`;
    const heads = (name: string, order: number[]): string =>
      node("Transpose", [node("Reshape", [linear(hidden, `${prefix}.attention.self.${name}`), shape(0, 0, HEADS, WIDTH / HEADS)])], {
        perm: { ints: order },
      });
    const scores = node("MatMul", [heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1])]);
    const masked = node("Add", [node("Div", [scores, scalar(Math.sqrt(WIDTH / HEADS))]), bias]);
    const context = node("MatMul", [node("Softmax", [masked], { axis: { i: -1 } }), heads("value", [0, 2, 1, 3])]);
    const merged = node("Reshape", [node("Transpose", [context], { perm: { ints: [0, 2, 1, 3] } }), shape(0, 0, WIDTH)]);
    const attended = norm(node("Add", [linear(merged, `${prefix}.attention.output.dense`), hidden]), `${prefix}.attention.output.LayerNorm`);
    const inner = linear(attended, `${prefix}.intermediate.dense`);
    const erf = node("Erf", [node("Div", [inner, scalar(Math.SQRT2)])]);
    const gelu = node("Mul", [node("Mul", [inner, node("Add", [erf, scalar(1)])]), scalar(0.5)]);
    hidden = norm(node("Add", [linear(gelu, `${prefix}.output.dense`), attended]), `${prefix}.output.LayerNorm`);
  }

  const column = node("Unsqueeze", [mask, shape(2)]);
  const sum = node("ReduceSum", [node("Mul", [hidden, column]), shape(1)], { keepdims: { i: 0 } });
  const mean = node("Div", [sum, node("ReduceSum", [column, shape(1)], { keepdims: { i: 0 } })]);
  const square = node("ReduceSum", [node("Mul", [mean, mean]), shape(1)], { keepdims: { i: 1 } });
  node("Div", [mean, node("Sqrt", [square])], {}, "vector");

  const graph = join(
    ...nodes,
    text(2, "minilm"),
    ...initializers,
    bytes(11, valueInfo("input_ids", INT64, ["batch", "length"])),
    bytes(11, valueInfo("attention_mask", INT64, ["batch", "length"])),
    bytes(12, valueInfo("vector", FLOAT, ["batch", WIDTH])),
  );
  return join(int(1, 8), text(2, "palate-bench"), bytes(7, graph), bytes(8, int(2, 17)));
}
