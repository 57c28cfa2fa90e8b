/** Linked phones as they are this moment: who types, who is there, what was read on the phone, pictures, groups. */
import { accounts, begin, portrait, qrOf, readQr, test } from "../support/linked.ts";
import { bubble, expect, field, logIn, open, row } from "../support/test.ts";

const NORA = "447700900200";
const BEN = "447700900201";

test("whoever has a conversation open sees the customer type and be there, and the other way round", async ({ browser, shop }) => {
  const number = "447700900010";
  await Promise.all([shop.phones.add(NORA, "Nora"), shop.phones.add(BEN, "Ben"), shop.phones.add(number, "Corner Shop")]);
  const context = { deviceScaleFactor: 2 };
  const page = await logIn(browser, await shop.link(), { context });
  await accounts(page);
  const dialog = await begin(page, "Night desk");
  await shop.phones.scan(number, await readQr(qrOf(dialog)));
  await expect(dialog.getByText("Linked", { exact: true })).toBeVisible();
  await dialog.getByRole("button", { name: "Done" }).click();

  await shop.phones.setPicture(NORA, number, await portrait(page, "#3a7", "#fc6"));
  await shop.phones.write(BEN, number, "Good morning");
  const first = await shop.phones.write(NORA, number, "Do you have olive trees?");
  await page.getByRole("link", { name: "Inbox" }).first().click();
  await expect(row(page, "Nora").locator("img")).toBeVisible();
  await expect(row(page, "Nora")).toContainText("1");
  await shop.phones.readOnPhone(number, NORA, first.id ?? "");
  await expect(row(page, "Nora").getByText(/unread/i)).toHaveCount(0);

  await open(page, "Nora");
  const header = page.locator("header").filter({ has: page.getByRole("heading", { name: "Nora" }) });
  await expect(header).toContainText("online");
  await shop.phones.activity(NORA, number, "composing");
  await expect(header).toContainText("typing…");
  await expect(row(page, "Nora")).toContainText("typing…");
  await shop.phones.activity(NORA, number, "recording");
  await expect(header).toContainText("recording a voice message…");
  await shop.phones.write(NORA, number, "For the terrace");
  await expect(bubble(page, "For the terrace")).toBeVisible();
  await expect(header).not.toContainText("recording");
  await shop.phones.setOnline(NORA, false, Math.floor(Date.now() / 1000) - 8_000);
  await expect(header).toContainText("last seen 2 hours ago");
  await field(page).pressSequentially("We do");
  await expect.poll(() => shop.phones.seenTyping(NORA)).toContain("composing");
  await shop.phones.setPicture(NORA, number, null);
  await expect(row(page, "Nora").locator("img")).toHaveCount(0);

  const group = await shop.phones.group("Suppliers", [BEN, number]);
  await shop.phones.writeToGroup(BEN, group, "Delivery on Monday");
  await open(page, "Suppliers");
  await shop.phones.addToGroup(group, BEN, NORA);
  await expect(page.getByText("Ben added Nora")).toBeVisible();
  await shop.phones.renameGroup(group, BEN, "Suppliers north");
  await expect(row(page, "Suppliers north")).toBeVisible();
  await page.context().close();
});
