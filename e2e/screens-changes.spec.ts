/** Pictures of changing what was sent, of a number that went down, and of linking a phone from right to left. */
import type { Page } from "@playwright/test";
import { type LinkedShop, accounts, begin, qrOf, readQr, test } from "./support/linked.ts";
import { PHONE, WIDE, shoot } from "./support/shoot.ts";
import { bubble, expect, logIn, messages, open, say } from "./support/test.ts";

const NAMES = ["Fern corner", "Herb garden", "Seed shed", "Glasshouse"];
const CUSTOMER = "447700900120";
let nth = 0;

async function menu(page: Page, text: string): Promise<void> {
  await bubble(page, text).focus();
  await bubble(page, text).getByRole("button", { name: "More" }).click();
}

async function changes(page: Page, shop: LinkedShop, number: string, customer: string, look: string): Promise<void> {
  await shop.phones.write(customer, number, "Is the olive tree still there?");
  await page.getByRole("link", { name: "Inbox" }).filter({ visible: true }).first().click();
  await open(page, `Dina ${nth}`);
  await say(page, "Yes, it wiats for you.");
  await expect(messages(page).getByRole("img", { name: "Sent" })).toBeVisible();
  await menu(page, "Yes, it wiats for you.");
  await shoot(page, `change-menu-${look}`);
  await page.getByRole("menuitem", { name: "Edit" }).click();
  await expect(page.getByLabel("Edit message", { exact: true })).toBeFocused();
  await shoot(page, `change-editing-${look}`);
  await page.getByLabel("Edit message", { exact: true }).fill("Yes, it waits for you.");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(bubble(page, "Yes, it waits for you.")).toContainText("edited");
  await shop.phones.refuseNext(number, "400");
  await menu(page, "Yes, it waits for you.");
  await page.getByRole("menuitem", { name: "Edit" }).click();
  await page.getByLabel("Edit message", { exact: true }).fill("Yes, until Friday.");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Not edited;")).toBeVisible();
  await shoot(page, `change-failed-${look}`);
  await menu(page, "Yes, it waits for you.");
  await page.getByRole("menuitem", { name: "Delete for everyone" }).click();
  await shoot(page, `change-question-${look}`);
  await page.getByRole("dialog").getByRole("button", { name: "Delete for everyone" }).click();
  await expect(bubble(page, "This message was deleted")).toBeVisible();
  await shoot(page, `change-deleted-${look}`);
  await shop.phones.unlink(number);
  await expect(page.getByRole("status").filter({ hasText: "Unlinked" })).toBeVisible();
  await shoot(page, `change-down-${look}`);
}

/** As if the language were written from right to left. */
async function rightToLeft(page: Page, shop: LinkedShop, look: string): Promise<void> {
  await accounts(page);
  await page.evaluate(() => (document.documentElement.dir = "rtl"));
  await page.getByRole("button", { name: "Add a number" }).first().click();
  await shoot(page, `rtl-way-${look}`);
  await page.getByRole("dialog").getByRole("button", { name: /^Link a phone/ }).click();
  await page.getByRole("dialog").getByLabel("Name").fill(`مشتل الزيتون ${nth}`);
  await shoot(page, `rtl-new-${look}`);
  await page.getByRole("button", { name: "Show the QR code" }).click();
  const dialog = page.getByRole("dialog", { name: /^Link / });
  await expect(qrOf(dialog)).toBeVisible();
  await shoot(page, `rtl-qr-${look}`);
  await dialog.getByRole("button", { name: "Link with phone number instead" }).click();
  await dialog.getByLabel("Phone number").fill("+44 7700 900 001");
  await shoot(page, `rtl-number-${look}`);
  await dialog.getByRole("button", { name: "Get a code" }).click();
  await expect(dialog.getByText("Type this code.")).toBeVisible();
  await shoot(page, `rtl-code-${look}`);
  await dialog.getByRole("button", { name: "Scan a QR code instead" }).click();
  await expect(qrOf(dialog)).toBeVisible();
  const number = String(447700900060 + nth);
  await shop.phones.add(number, "Corner Shop");
  await shop.phones.scan(number, await readQr(qrOf(dialog)));
  await expect(dialog.getByText("Linked", { exact: true })).toBeVisible();
  await shoot(page, `rtl-done-${look}`);
  await dialog.getByRole("button", { name: "Done" }).click();
  await shoot(page, `rtl-accounts-${look}`);
}

for (const theme of ["light", "dark"] as const) {
  for (const [size, viewport] of [["wide", WIDE], ["phone", PHONE]] as const) {
    test(`changes, ${size}, ${theme}`, async ({ browser, shop }) => {
      nth += 1;
      const [number, customer] = [String(447700900040 + nth), String(Number(CUSTOMER) + nth)];
      await shop.phones.add(number, "Corner Shop");
      await shop.phones.add(customer, `Dina ${nth}`);
      const context = { viewport, colorScheme: theme, reducedMotion: "reduce", deviceScaleFactor: 2 } as const;
      const page = await logIn(browser, await shop.link(), { context });
      await accounts(page);
      const dialog = await begin(page, NAMES[nth % 4] ?? "");
      await shop.phones.scan(number, await readQr(qrOf(dialog)));
      await dialog.getByRole("button", { name: "Done" }).click();
      await changes(page, shop, number, customer, `${size}-${theme}`);
      await page.goto(new URL("/", page.url()).href);
      await rightToLeft(page, shop, `${size}-${theme}`);
      await page.context().close();
    });
  }
}
