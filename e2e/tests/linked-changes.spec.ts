/** Our own messages are changed and deleted in the browser; and a number that goes down is told to everybody who sees it. */
import type { Page } from "@playwright/test";
import { expectClean } from "../support/axe.ts";
import { type LinkedShop, accounts, begin, card, qrOf, readQr, test } from "../support/linked.ts";
import { bubble, expect, field, logIn, messages, open, say } from "../support/test.ts";

/** Numbers of a range kept free for fiction. */
const CLEO = "447700900110";

async function linked(page: Page, shop: LinkedShop, number: string, name: string): Promise<void> {
  await shop.phones.add(number, "Corner Shop");
  await accounts(page);
  const dialog = await begin(page, name);
  await shop.phones.scan(number, await readQr(qrOf(dialog)));
  await dialog.getByRole("button", { name: "Done" }).click();
}

const menu = async (page: Page, text: string) => {
  await bubble(page, text).hover();
  await bubble(page, text).getByRole("button", { name: "More" }).click();
};

test("a text is edited and deleted for everyone, by mouse and by key", async ({ browser, shop }) => {
  const number = "447700900020";
  await shop.phones.add(CLEO, "Cleo");
  const page = await logIn(browser, await shop.link(), { context: { deviceScaleFactor: 2, reducedMotion: "reduce" } });
  await linked(page, shop, number, "Kiosk");
  await shop.phones.write(CLEO, number, "When do you open?");
  await page.getByRole("link", { name: "Inbox" }).first().click();
  await open(page, "Cleo");
  await say(page, "At nine");
  await expect(messages(page).getByRole("img", { name: "Sent" })).toBeVisible();

  await field(page).fill("half a thought");
  await menu(page, "At nine");
  await page.getByRole("menuitem", { name: "Edit" }).click();
  const editing = page.getByLabel("Edit message", { exact: true });
  await expect(editing).toBeFocused();
  await expect(editing).toHaveValue("At nine");
  await expectClean(page, "editing");
  await editing.fill("At ten");
  await page.keyboard.press("Escape");
  await expect(field(page)).toHaveValue("half a thought");
  await expect(bubble(page, "At nine")).toBeVisible();

  await field(page).fill("");
  await field(page).press("ArrowUp");
  await expect(editing).toBeFocused();
  await editing.fill("At eight");
  await page.keyboard.press("Enter");
  await expect(bubble(page, "At eight")).toContainText("edited");
  await expect(field(page)).toBeFocused();

  await menu(page, "At eight");
  await page.getByRole("menuitem", { name: "Delete for everyone" }).click();
  const question = page.getByRole("dialog", { name: "Delete for everyone?" });
  await expectClean(page, "the question");
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect(bubble(page, "At eight")).toBeVisible();
  await menu(page, "At eight");
  await page.getByRole("menuitem", { name: "Delete for everyone" }).click();
  await question.getByRole("button", { name: "Delete for everyone" }).click();
  await expect(bubble(page, "This message was deleted")).toBeVisible();
  // The customer's own message can't be changed.
  await bubble(page, "When do you open?").hover();
  await expect(bubble(page, "When do you open?").getByRole("button", { name: "Reply (R)" })).toBeVisible();
  await expect(bubble(page, "When do you open?").getByRole("button", { name: "More" })).toHaveCount(0);
  await page.context().close();
});

test("a number that goes down is told at once, wherever one is in the app", async ({ browser, shop }) => {
  const number = "447700900021";
  const page = await logIn(browser, await shop.link(), { context: { deviceScaleFactor: 2, reducedMotion: "reduce" } });
  await linked(page, shop, number, "Stall");
  await expect(card(page, "Stall")).toContainText("Connected");
  await page.getByRole("link", { name: "Inbox" }).first().click();
  await shop.phones.unlink(number);
  const toast = page.getByRole("status").filter({ hasText: "Stall: Unlinked" });
  await expect(toast).toContainText("ended on the phone");
  await expectClean(page, "a number is down");
  await page.context().close();
});
