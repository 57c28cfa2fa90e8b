/** axe finds nothing on the main pages, in both themes. */
import type { Page } from "@playwright/test";
import { expectClean } from "../support/axe.ts";
import { expect, field, list, logIn as logInWith, open, test } from "../support/test.ts";

for (const colorScheme of ["light", "dark"] as const) {
  test(`main pages are accessible (${colorScheme})`, async ({ browser, demo }) => {
    test.setTimeout(300_000);
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
    await page.keyboard.press("Control+k");
    await expectDialogClean(page, "Go anywhere");
    await page.getByRole("log", { name: "Messages" }).click({ position: { x: 2, y: 2 } });
    await page.keyboard.press("?");
    await expectDialogClean(page, "Keyboard shortcuts");
    await page.getByRole("button", { name: "Snooze (S)" }).click();
    await expectDialogClean(page, /^Snooze/);
    await expectPagesClean(page, demo.number("Shop").account_id);
    await page.context().close();
  });

  test(`the phone's layout is accessible (${colorScheme})`, async ({ browser, demo }) => {
    const context = { colorScheme, reducedMotion: "reduce", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const;
    const page = await logInWith(browser, await demo.link("marta"), { context });
    await expect(list(page).getByRole("listitem").nth(3)).toBeVisible();
    await expectClean(page, "list on a phone");
    await open(page, "Daniel Okafor");
    await expect(field(page)).toBeEditable();
    await expectClean(page, "thread on a phone");
    await page.context().close();
  });
}

async function expectDialogClean(page: Page, name: string | RegExp): Promise<void> {
  await expect(page.getByRole("dialog", { name })).toBeVisible();
  await expectClean(page, String(name));
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
}

async function expectPagesClean(page: Page, accountId: string): Promise<void> {
  const visit = async (path: string) => {
    await page.goto(new URL(path, page.url()).href);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await page.waitForLoadState("networkidle");
    await expectClean(page, path);
  };
  await visit(`/accounts/${accountId}/templates`);
  await page.getByRole("button", { name: /^Delete / }).first().click();
  await expectDialogClean(page, /^Delete /);
  await page.getByRole("button", { name: /^Edit / }).first().click();
  await page.getByRole("button", { name: "Add button" }).click();
  await page.getByRole("menuitem", { name: "Open a website" }).click();
  await page.getByRole("button", { name: "Hand in again" }).click();
  await expect(page.getByText("An address begins with https://")).toBeVisible();
  await expectClean(page, "template with mistakes");
  for (const path of ["/contacts", "/contacts/duplicates", "/accounts", "/accounts/dead-letters", "/settings"]) await visit(path);
  await page.goto(new URL("/contacts", page.url()).href);
  await page.getByRole("button", { name: "New contact" }).click();
  await expectDialogClean(page, "New contact");
  await page.getByRole("main").getByRole("link", { name: /Olivia/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Olivia");
  await expectClean(page, "a contact");
}
