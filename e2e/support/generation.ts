import type { Page } from "@playwright/test";

/** One answer of a pretended model. */
export type Told = { text: string; finish?: string; is_default?: boolean; directive?: string | null };

/** A model of a pretended catalogue, as the operator would list it. */
export const MODEL = {
  id: "test",
  name: "Test model",
  provider: "open_ai",
  licence: "CC0-1.0",
  publishable: false,
  retention: "Nothing is kept.",
  capabilities: { stream: true, n: false, seed: false, logprobs: false, prefill: false },
  context_tokens: 8192,
  output_tokens: 4096,
  input_price_micro: 0,
  output_price_micro: 0,
  state: "available",
};

const LIBRARY = { ...MODEL, id: "library", name: "Library", provider: "library" };

/** The events of a stream, as the server sends them. */
export function events(told: Told[], size = 400): string {
  let id = 0;
  const event = (data: object) => `id: ${++id}\ndata: ${JSON.stringify(data)}\n\n`;
  let all = ": keep-alive\n\n";
  const longest = Math.max(...told.map(({ text }) => text.length));
  for (let at = 0; at < longest; at += size) {
    told.forEach(({ text }, pane) => {
      if (at < text.length) all += event({ type: "delta", pane, text: text.slice(at, at + size) });
    });
  }
  told.forEach(({ finish }, pane) => {
    all += event({ type: "done", pane, finish: finish ?? "stop", first_token_ms: 5, duration_ms: 50, leaks: false });
  });
  return all + event({ type: "end" });
}

/** Answers the page in place of a server with a language model; returns what it was asked. */
export async function pretend(page: Page, answer: () => Told[], models = [MODEL, LIBRARY]): Promise<any[]> {
  const asked: any[] = [];
  let told: Told[] = [];
  await page.route("**/api/v1/models", (route) => route.fulfill({ json: { models } }));
  await page.route("**/api/v1/generate", (route) => {
    const body = route.request().postDataJSON();
    asked.push(body);
    told = answer();
    const panes = told.map(({ is_default, directive }, pane) => ({ pane, response: `${body.id}-${pane}`, is_default: is_default ?? false, directive: directive ?? null }));
    return route.fulfill({ json: { id: body.id, panes } });
  });
  await page.route("**/api/v1/comparisons/*/stream", (route) => route.fulfill({ contentType: "text/event-stream", body: events(told) }));
  await page.route("**/api/v1/comparisons/*/reveal", (route) =>
    route.fulfill({ json: { panes: told.map(({ text, finish }, pane) => ({ pane, made_by: MODEL.name, model: MODEL.id, text, finish: finish ?? "stop" })) } }),
  );
  return asked;
}
