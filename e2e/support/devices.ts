import { percentile, row } from "./table.ts";

/** A method by the CPU and by another device, as the worker answers. */
export type OnBoth = { method: string; same_state: number; own_state: number; cpu_ms: number[]; device_ms: number[] };

/** Differences and times of each method, a line each. */
export function devicesTable(methods: OnBoth[]): string {
  const ms = (times: number[]) => percentile(times, 0.5).toFixed(2);
  const lines = methods.map((one) => row(one.method, one.same_state.toExponential(1), one.own_state.toExponential(1), ms(one.cpu_ms), ms(one.device_ms)));
  return ["", row("", "same state", "own state", "CPU ms", "WebGPU ms"), ...lines].join("\n");
}
