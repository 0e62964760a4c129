import config from "./playwright.config.ts";

/** Benches are Playwright files that print a table of ratios; they assert nothing about time. */
export default { ...config, testDir: "bench", testMatch: /\.bench\.ts$/, timeout: 1_800_000, projects: config.projects?.map((project) => ({ ...project, testIgnore: undefined, testMatch: project.name === "webgpu" ? /\.webgpu\.bench\.ts$/ : /^(?!.*\.webgpu\.).*\.bench\.ts$/, timeout: 1_800_000 })) };
