// Keeps the site usable without a network: pages, scripts, wasm and the starter pack after one visit. A page keeps any
// other pack that it uses in a cache of its own, which is looked into here too.
// Votes and profiles never pass through here: requests for /api and /models are left alone.
// The build fills in VERSION (hash of FILES) and FILES.
const CACHE = "palate-site-{{VERSION}}";
const FILES = {{FILES}};
const SHELL = "/app.html";

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      // All or nothing: a half-filled cache would be worse than none.
      await cache.addAll(FILES);
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      const old = names.filter((name) => name.startsWith("palate-site-") && name !== CACHE);
      await Promise.all(old.map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

/** From the network, else what was kept under `name`. */
async function fresh(request, name) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(name);
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/api/") || url.pathname.startsWith("/models/")) return;
  if (request.mode === "navigate") {
    event.respondWith(fresh(request, url.pathname === "/" ? "/" : SHELL));
  } else if (url.pathname.endsWith("/manifest.json") || url.pathname.startsWith("/locales/")) {
    event.respondWith(fresh(request, url.pathname));
  } else {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});
