/** axe finds nothing on the main pages, in both themes. */
import type { Page } from "@playwright/test";
import axe from "axe-core";
import { expect, field, list, logIn as logInWith, open, test } from "../support/test.ts";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

async function expectClean(page: Page, what: string): Promise<void> {
  // Colours on their way are nobody's colours.
  await page.evaluate(async () => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => null))));
  // By the debugger, since the page's own policy forbids foreign scripts.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(async (values) => {
    const { axe: inPage } = window as unknown as { axe: typeof axe };
    return inPage.run({ runOnly: { type: "tag", values } });
  }, TAGS);
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
  expect.soft(found, what).toEqual([]);
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`main pages are accessible (${colorScheme})`, async ({ browser, demo }) => {
    test.setTimeout(120_000);
    const context = { colorScheme, reducedMotion: "reduce" } as const;
    const stranger = await (await browser.newContext(context)).newPage();
    await stranger.goto(`${demo.url}/login`);
    await expect(stranger.getByRole("button", { name: "Log in" })).toBeVisible();
    await expectClean(stranger, "login");
    await stranger.context().close();

    const page = await logInWith(browser, await demo.link("marta"), { context });
    await expect(list(page).getByRole("listitem").nth(3)).toBeVisible();
    await expectClean(page, "inbox");
    await open(page, "Daniel Okafor");
    await expect(page.getByRole("article").nth(3)).toBeVisible();
    await expect(field(page)).toBeEditable();
    await expectClean(page, "thread");
    await page.getByRole("article").last().focus();
    await expect(page.getByRole("article").last().getByRole("button", { name: /^Reply/ })).toBeVisible();
    await expectClean(page, "actions of a message");
    await page.getByRole("button", { name: "Emoji" }).click();
    await expect(page.getByRole("button", { name: "grinning face", exact: true })).toBeVisible();
    await expectClean(page, "emoji");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Attach and more" }).click();
    await expectClean(page, "what can be attached");
    for (const [item, title] of [
      ["Template", "Choose a template"],
      ["Buttons and lists", "Buttons and lists"],
      ["Location", "Send a location"],
    ] as const) {
      if ((await page.getByRole("menu").count()) === 0) await page.getByRole("button", { name: "Attach and more" }).click();
      await page.getByRole("menuitem", { name: item }).click();
      await expect(page.getByRole("dialog", { name: title })).toBeVisible();
      await expectClean(page, title);
      await page.keyboard.press("Escape");
      await expect(page.getByRole("dialog")).toHaveCount(0);
    }
    await page.getByRole("button", { name: "Record a voice message" }).click();
    await expect(page.getByRole("timer")).toBeVisible();
    await expectClean(page, "recording");
    await page.getByRole("button", { name: "Discard the recording" }).click();
    const account = `/accounts/${demo.number("Shop").account_id}/templates`;
    for (const path of [account, "/contacts", "/contacts/duplicates", "/accounts", "/accounts/dead-letters", "/settings"]) {
      await page.goto(new URL(path, page.url()).href);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await page.waitForLoadState("networkidle");
      await expectClean(page, path);
    }
    await page.context().close();
  });
}
