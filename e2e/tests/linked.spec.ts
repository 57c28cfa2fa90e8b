/** Linking a phone in the browser: scanned, typed, answered, ended on the phone, reset. */
import { expectClean } from "../support/axe.ts";
import { accounts, begin, card, qrOf, readQr, test } from "../support/linked.ts";
import { bubble, expect, field, logIn, messages, open, row, say } from "../support/test.ts";

/** Numbers of a range kept free for fiction. */
const ANA = "447700900100";

test("a phone is linked by the QR code on the screen, writes, is answered, and its end shows", async ({ browser, shop }) => {
  const number = "447700900001";
  await shop.phones.add(ANA, "Ana");
  await shop.phones.add(number, "Corner Shop");
  const context = { deviceScaleFactor: 2 };
  const page = await logIn(browser, await shop.link(), { context });
  await accounts(page);
  const colleague = await logIn(browser, await shop.link());
  await accounts(colleague);
  const dialog = await begin(page, "Front desk");
  await expect(card(colleague, "Front desk")).toContainText("Not linked");
  await shop.phones.scan(number, await readQr(qrOf(dialog)));
  await expect(dialog.getByText("Linked", { exact: true })).toBeVisible();
  await expect(dialog).toContainText("+44 7700 900 001");
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(card(colleague, "Front desk")).toContainText("Connected");

  await shop.phones.write(ANA, number, "Is the olive tree still there?");
  await page.getByRole("link", { name: "Inbox" }).first().click();
  await open(page, "Ana");
  await expect(bubble(page, "Is the olive tree still there?")).toBeVisible();
  await expect(page.getByText(/left to answer|window/i)).toHaveCount(0);
  await expect(field(page)).toBeEditable();
  await say(page, "Yes, it waits for you.");
  await expect(bubble(page, "Yes, it waits for you.")).toBeVisible();
  await expect.poll(() => shop.phones.texts(ANA)).toContain("Yes, it waits for you.");
  await expect(messages(page).getByRole("img", { name: "Sent" })).toBeVisible();

  await shop.phones.unlink(number);
  await expect(card(colleague, "Front desk")).toContainText("Unlinked");
  await card(colleague, "Front desk").getByRole("button", { name: "Link again" }).click();
  await shop.phones.scan(number, await readQr(qrOf(colleague.getByRole("dialog", { name: "Link Front desk" }))));
  await expect(colleague.getByRole("dialog").getByText("Linked", { exact: true })).toBeVisible();
  await Promise.all([page.context().close(), colleague.context().close()]);
});

test("a phone is linked by a code that is typed", async ({ browser, shop }) => {
  const number = "447700900002";
  await shop.phones.add(number, "Corner Shop");
  // The ring would be waited for.
  const page = await logIn(browser, await shop.link(), { context: { reducedMotion: "reduce" } });
  await accounts(page);
  const dialog = await begin(page, "Back office");
  await dialog.getByRole("button", { name: "Link with phone number instead" }).click();
  await dialog.getByLabel("Phone number").fill("12");
  await dialog.getByRole("button", { name: "Get a code" }).click();
  await expect(dialog.getByLabel("Phone number")).toHaveAttribute("aria-invalid", "true");
  await dialog.getByLabel("Phone number").fill("+44 7700 900002");
  await page.keyboard.press("Enter");
  const code = dialog.getByRole("img", { name: /^(\w ){7}\w$/ });
  await expect(code).toBeVisible();
  await expectClean(page, "a code to type");
  await shop.phones.type(number, (await code.innerText()).replace(/\s/g, ""));
  await expect(dialog.getByText("Linked", { exact: true })).toBeVisible();
  await expect(dialog.getByRole("status")).toHaveText("Linked.");
  await page.context().close();
});

test("a session is reset after a question, and every step is accessible", async ({ browser, shop }) => {
  test.setTimeout(240_000);
  const number = "447700900003";
  await shop.phones.add(number, "Corner Shop");
  const context = { deviceScaleFactor: 2, colorScheme: "dark", reducedMotion: "reduce" } as const;
  const page = await logIn(browser, await shop.link(), { context });
  await accounts(page);
  await page.getByRole("button", { name: "Add a number" }).first().click();
  await expectClean(page, "which way");
  await page.keyboard.press("Escape");
  const dialog = await begin(page, "Workshop");
  await expectClean(page, "a QR code");
  await shop.phones.scan(number, await readQr(qrOf(dialog)));
  await expect(dialog.getByText("Linked", { exact: true })).toBeVisible();
  await expectClean(page, "linked");
  await dialog.getByRole("button", { name: "Choose who sees it" }).click();
  await expect(page.getByRole("dialog", { name: "People on Workshop" })).toBeVisible();
  await page.keyboard.press("Escape");
  await card(page, "Workshop").getByRole("button", { name: "Reset this session" }).click();
  const question = page.getByRole("dialog", { name: "Reset the session of Workshop?" });
  await expect(question).toBeVisible();
  await expectClean(page, "the question");
  await question.getByRole("button", { name: "Reset this session" }).click();
  await expect(qrOf(page.getByRole("dialog", { name: "Link Workshop" }))).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(card(page, "Workshop")).toContainText("Not linked");
  await expect(card(page, "Workshop").getByRole("button", { name: "Link a phone" })).toBeVisible();
  await expectClean(page, "accounts");
  await page.context().close();
});

test("who has read a message to a group stands behind its ticks", async ({ browser, shop }) => {
  const [number, bo, cleo] = ["447700900004", "447700900101", "447700900102"];
  await shop.phones.add(number, "Corner Shop");
  await shop.phones.add(bo, "Bo");
  await shop.phones.add(cleo, "Cleo");
  const page = await logIn(browser, await shop.link(), { context: { deviceScaleFactor: 2, reducedMotion: "reduce" } });
  await accounts(page);
  const dialog = await begin(page, "Van");
  await shop.phones.scan(number, await readQr(qrOf(dialog)));
  await dialog.getByRole("button", { name: "Done" }).click();
  const group = await shop.phones.group("Wedding", [bo, cleo, number]);
  await shop.phones.writeToGroup(bo, group, "Is the cake ready?");
  await page.getByRole("link", { name: "Inbox" }).first().click();
  await row(page, "Is the cake ready?").click();
  await say(page, "It is on its way.");
  await expect.poll(() => shop.phones.texts(cleo)).toContain("It is on its way.");
  const id = (await shop.phones.inbox(cleo)).find(({ text }) => text === "It is on its way.")?.id ?? "";
  await shop.phones.report(bo, number, group, id, true);
  const answer = bubble(page, "It is on its way.");
  await answer.getByRole("button", { name: /^Read by 1 of \d$/ }).click();
  const members = page.getByRole("dialog", { name: "Who has this message" });
  await expect(members.getByRole("listitem").filter({ hasText: "Bo" }).getByRole("img", { name: "Read" })).toBeVisible();
  await expectClean(page, "who has a message");
  // What comes while the list is open shows in it.
  await shop.phones.report(cleo, number, group, id, true);
  await expect(members.getByRole("heading", { name: "Read by 2 of 2" })).toBeVisible();
  await expect(members.getByRole("listitem")).toHaveCount(2);
  await page.keyboard.press("Escape");
  await expect(answer.getByRole("button", { name: "Read by 2 of 2" })).toBeFocused();
  await page.context().close();
});
