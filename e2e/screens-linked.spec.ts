/** Pictures of linking a phone: every step, and every state on the page of accounts. */
import type { Page } from "@playwright/test";
import { type LinkedShop, accounts, begin, card, qrOf, readQr, test } from "./support/linked.ts";
import { PHONE, WIDE, shoot } from "./support/shoot.ts";
import { expect, logIn } from "./support/test.ts";

const STATES = [
  ["needs_qr", null],
  ["connecting", null],
  ["disconnected", "The connection broke and is being restored."],
  ["replaced", "Another program uses this link. If that is a second Hoopoe, stop one of them, then connect again here."],
  ["logged_out", "The phone ended the link. Link it again to go on."],
  ["banned", "WhatsApp keeps this number out for about 26 h: it wrote to too many people. Connect again after that."],
  ["outdated", "WhatsApp no longer accepts this version's protocol. Install a newer Hoopoe."],
  ["error", "WhatsApp refused the connection. Connect again; if it stays, reset the link."],
] as const;

interface Answer {
  items: Record<string, unknown>[];
}

/** As if there were an account in every state. */
async function everyState(page: Page): Promise<void> {
  await page.route("**/api/v1/accounts?*", async (route) => {
    const answer = (await (await route.fetch()).json()) as Answer;
    const [first] = answer.items;
    const more = STATES.map(([state, state_reason], n) => ({ ...first, id: `acc_${n}`, name: `Shop ${n + 1}`, state, state_reason }));
    await route.fulfill({ json: { ...answer, items: [...answer.items, ...more] } });
  });
  await page.reload();
  await expect(card(page, "Shop 8")).toBeVisible();
}

async function steps(page: Page, shop: LinkedShop, number: string, theme: string, name: string): Promise<void> {
  await accounts(page);
  await page.getByRole("button", { name: "Add a number" }).first().click();
  await shoot(page, `link-way-${theme}`);
  await page.getByRole("dialog").getByRole("button", { name: /^Link a phone/ }).click();
  await page.getByRole("dialog").getByLabel("Name").fill(name);
  await shoot(page, `link-new-${theme}`);
  await page.getByRole("dialog").getByRole("button", { name: "Back" }).click();
  await page.keyboard.press("Escape");
  const dialog = await begin(page, name);
  await shoot(page, `link-qr-${theme}`);
  await dialog.screenshot({ path: `screens/link-dialog-${theme}.png`, animations: "disabled" });
  await dialog.getByRole("button", { name: "Link with phone number instead" }).click();
  await shoot(page, `link-number-${theme}`);
  await dialog.getByLabel("Phone number").fill(`+${number}`);
  await dialog.getByRole("button", { name: "Get a code" }).click();
  await expect(dialog.getByText("Type this code.")).toBeVisible();
  await shoot(page, `link-code-${theme}`);
  await dialog.getByRole("button", { name: "Scan a QR code instead" }).click();
  await expect(qrOf(dialog)).toBeVisible();
  await shop.phones.scan(number, await readQr(qrOf(dialog)));
  await expect(dialog.getByText("Linked", { exact: true })).toBeVisible();
  await shoot(page, `link-done-${theme}`);
  await dialog.getByRole("button", { name: "Done" }).click();
  await shoot(page, `link-account-${theme}`);
  await card(page, name).getByRole("button", { name: "Reset this session" }).click();
  await shoot(page, `link-reset-${theme}`);
  await page.keyboard.press("Escape");
  await everyState(page);
  await shoot(page, `link-states-${theme}`);
  await card(page, "Shop 8").scrollIntoViewIfNeeded();
  await shoot(page, `link-states-end-${theme}`);
  await passkey(page);
  await shoot(page, `link-passkey-${theme}`);
}

async function passkey(page: Page): Promise<void> {
  const offer = { kind: "passkey", code: null, expires_at: Date.now() + 90_000, message: null };
  await page.route("**/api/v1/accounts/acc_0/link", (route) => route.fulfill({ json: offer }));
  await card(page, "Shop 1").getByRole("button", { name: "Link a phone" }).click();
  await expect(page.getByRole("dialog").getByText("Confirm on the phone")).toBeVisible();
}

let next = 447700900010;
const NAMES = ["Front desk", "Counter", "Workshop", "Back office"];
for (const theme of ["light", "dark"] as const) {
  for (const [size, viewport] of [["wide", WIDE], ["phone", PHONE]] as const) {
    test(`linking, ${size}, ${theme}`, async ({ browser, shop }) => {
      test.setTimeout(180_000);
      next += 1;
      const number = String(next);
      await shop.phones.add(number, "Corner Shop");
      const context = { viewport, colorScheme: theme, reducedMotion: "reduce", deviceScaleFactor: 2 } as const;
      const page = await logIn(browser, await shop.link(), { context });
      await steps(page, shop, number, `${size}-${theme}`, NAMES[(next - 1) % 4] ?? "");
      await page.context().close();
    });
  }
}
