import { defineConfig } from "@playwright/test";

const executablePath = process.env.PALATE_CHROMIUM;
const quiet = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** WebGPU on Chromium's software adapter: slow, correct. */
const webgpu = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
];

export default defineConfig({
  testDir: "tests",
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 120_000,
  maxFailures: 8,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  outputDir: "test-results",
  // What a service worker answers cannot be intercepted by a test; the tests of offline use allow it.
  use: { serviceWorkers: "block", trace: "off", screenshot: "only-on-failure", actionTimeout: 30_000, viewport: { width: 1280, height: 800 } },
  projects: [
    {
      name: "cpu",
      testIgnore: /\.webgpu\.spec\.ts$/,
      use: { launchOptions: { executablePath, args: [...quiet, "--disable-gpu"] } },
    },
    {
      name: "webgpu",
      testMatch: /\.webgpu\.spec\.ts$/,
      timeout: 600_000,
      use: { launchOptions: { executablePath, args: [...quiet, ...webgpu] } },
    },
  ],
});
