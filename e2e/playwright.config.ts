/**
 * A real browser against the real binary. `make test-e2e` builds both and runs this; by hand:
 *   HOOPOE_BIN=../target/release/hoopoe npx playwright test
 */
import { type PlaywrightTestConfig, defineConfig } from "@playwright/test";
import { chromium } from "./support/chromium.ts";

const BROWSER = {
  browserName: "chromium",
  locale: "en-GB",
  timezoneId: "Europe/Lisbon",
  viewport: { width: 1440, height: 900 },
  launchOptions: {
    executablePath: chromium(),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--autoplay-policy=no-user-gesture-required",
      // A microphone that beeps, and nobody to ask whether it may be used.
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
    ],
  },
} satisfies PlaywrightTestConfig["use"];

export default defineConfig({
  outputDir: "test-results",
  // Generous: a busy machine is slow, and nothing here asserts a time.
  timeout: 180_000,
  expect: { timeout: 45_000 },
  // A test that needs a second try has found something.
  retries: 0,
  workers: 1,
  forbidOnly: Boolean(process.env.CI),
  reporter: process.env.CI ? [["list"]] : [["list"], ["html", { open: "never" }]],
  use: { ...BROWSER, trace: "retain-on-failure" },
  projects: [
    { name: "e2e", testDir: "tests" },
    { name: "screens", testDir: ".", testMatch: ["screens.spec.ts", "screens-linked.spec.ts", "screens-changes.spec.ts", "screens-webhooks.spec.ts", "screens-live.spec.ts"] },
  ],
});
