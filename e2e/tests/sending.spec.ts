/** Answers: from the field to the customer's phone, with ticks, failures, quotes, reactions, and the 24-hour window. */
import type { Page } from "@playwright/test";
import type { Customer, Phones } from "../support/phones.ts";
import { bubble, expect, expectSamePage, field, list, markPage, messages, open, row, say, test, thread } from "../support/test.ts";

const DAY_MS = 24 * 60 * 60_000;

/** Waits until the phone shows it. */
async function onPhone(phones: Phones, number: string, customer: Customer, text: string) {
  await expect.poll(async () => (await phones.shown(number, customer)).some((item) => item.text === text)).toBe(true);
  return (await phones.shown(number, customer)).find((item) => item.text === text);
}

const tick = (page: Page, text: string, name: string) => bubble(page, text).getByRole("img", { name });

test("an answer reaches the phone, and its ticks follow until it is read", async ({ demo, phones, logIn }) => {
  const shop = demo.number("Shop").phone_number_id;
  const nia = await phones.invent("Nia Answered");
  await phones.write(shop, nia, "Are you open on Sunday?");
  const [lena, takeshi] = [await logIn("lena"), await logIn("takeshi")];
  await open(lena, "Nia Answered");
  await open(takeshi, "Nia Answered");
  await markPage(lena);

  await field(lena).fill("Yes, we are.");
  await field(lena).press("Shift+Enter");
  await field(lena).pressSequentially("From ten to four");
  await field(lena).press("Enter");
  await expect(field(lena)).toHaveValue("");
  await expect(bubble(lena, "From ten to four")).toBeVisible();
  await say(lena, "See you then");

  await onPhone(phones, shop, nia, "Yes, we are.\nFrom ten to four");
  await onPhone(phones, shop, nia, "See you then");
  await expect(tick(lena, "From ten to four", "Delivered")).toBeVisible();
  await phones.read(shop, nia);
  for (const page of [lena, takeshi]) {
    await expect(tick(page, "From ten to four", "Read")).toBeVisible();
    await expect(messages(page).getByRole("article")).toHaveCount(3);
    await expect(messages(page).getByRole("article").last()).toContainText("See you then");
  }
  await expect(row(takeshi, "Nia Answered")).toContainText("See you then");
  await expectSamePage(lena);
});

test("a failure says why in plain words, and Retry sends it", async ({ demo, phones, logIn }) => {
  const shop = demo.number("Shop").phone_number_id;
  const fay = await phones.invent("Fay Failing");
  await phones.write(shop, fay, "Hello?");
  const lena = await logIn("lena");
  await open(lena, "Fay Failing");
  await phones.fault({ kind: "refuse", http_status: 400, code: 131026, message: "Message undeliverable" });
  await say(lena, "Here we are");
  await expect(messages(lena)).toContainText("The number may not use WhatsApp");
  await expect(tick(lena, "Here we are", "Not sent")).toBeVisible();

  await messages(lena).getByRole("button", { name: "1 attempt" }).click();
  await expect(lena.getByRole("dialog", { name: "Attempts" })).toContainText("Refused by WhatsApp");
  await lena.keyboard.press("Escape");
  await messages(lena).getByRole("button", { name: "Try again" }).click();
  await onPhone(phones, shop, fay, "Here we are");
  await expect(tick(lena, "Here we are", "Delivered")).toBeVisible();
  await expect(messages(lena)).not.toContainText("Not sent.");
});

test("without a certain answer a person decides whether to send again", async ({ demo, phones, logIn }) => {
  const shop = demo.number("Shop").phone_number_id;
  const uma = await phones.invent("Uma Unsure");
  await phones.write(shop, uma, "Hello?");
  const lena = await logIn("lena");
  await open(lena, "Uma Unsure");
  await phones.fault({ kind: "lose_request" });
  await say(lena, "Did you get this?");
  await expect(messages(lena)).toContainText("WhatsApp did not confirm it");
  await messages(lena).getByRole("button", { name: "Send again" }).click();
  await expect(messages(lena)).toContainText("the customer gets it twice");
  await messages(lena).getByRole("button", { name: "Send again" }).click();
  await onPhone(phones, shop, uma, "Did you get this?");
  await expect(tick(lena, "Did you get this?", "Delivered")).toBeVisible();
});

test("a quote reaches the phone and leads back to what it answers", async ({ demo, phones, logIn }) => {
  const shop = demo.number("Shop").phone_number_id;
  const quill = await phones.invent("Quill Quoted");
  const question = await phones.write(shop, quill, "Do you deliver to the islands?");
  await phones.write(shop, quill, "And how much is it?");
  const lena = await logIn("lena");
  await open(lena, "Quill Quoted");
  await bubble(lena, "to the islands").hover();
  await lena.keyboard.press("r");
  await expect(field(lena)).toBeFocused();
  await expect(thread(lena, "Quill Quoted").getByRole("button", { name: "Do not quote" })).toBeVisible();
  await say(lena, "Every Tuesday");
  await expect(bubble(lena, "Every Tuesday")).toContainText("Do you deliver to the islands?");
  const shown = await onPhone(phones, shop, quill, "Every Tuesday");
  expect(JSON.stringify(shown)).toContain(question);
  await bubble(lena, "And how much").hover();
  await bubble(lena, "And how much").getByRole("button", { name: /^Reply/ }).click();
  await thread(lena, "Quill Quoted").getByRole("button", { name: "Do not quote" }).click();
  await expect(thread(lena, "Quill Quoted").getByRole("button", { name: "Do not quote" })).toHaveCount(0);
  await bubble(lena, "And how much").hover();
  await bubble(lena, "And how much").getByRole("button", { name: /^Reply/ }).click();
  await expect(thread(lena, "Quill Quoted").getByRole("button", { name: "Do not quote" })).toBeVisible();
  await field(lena).press("Escape");
  await expect(thread(lena, "Quill Quoted").getByRole("button", { name: "Do not quote" })).toHaveCount(0);
});

test("a reaction shows on the phone and can be taken back", async ({ demo, phones, logIn }) => {
  const shop = demo.number("Shop").phone_number_id;
  const rea = await phones.invent("Rea Reacting");
  await phones.write(shop, rea, "I love the shop");
  const lena = await logIn("lena");
  await open(lena, "Rea Reacting");
  const reactions = async () => (await phones.shown(shop, rea))[0]?.reactions.map((reaction) => reaction.emoji) ?? [];
  await bubble(lena, "I love the shop").hover();
  await bubble(lena, "I love the shop").getByRole("button", { name: "React" }).click();
  await lena.getByRole("button", { name: "❤️" }).click();
  const shown = messages(lena).getByRole("list", { name: "Reactions" }).getByRole("button");
  await expect(shown).toHaveText("❤️");
  await expect.poll(reactions).toEqual(["❤️"]);
  await shown.click();
  await expect(shown).toHaveCount(0);
  await expect.poll(reactions).toEqual([]);
});

test("once the window is closed a template is sent, with its blanks filled", async ({ demo, phones, logIn }) => {
  const shop = demo.number("Shop").phone_number_id;
  const tess = await phones.invent("Tess Templated");
  await phones.send(shop, tess, { kind: "text", text: "This was long ago", at_ms: Date.now() - 2 * DAY_MS });
  const marta = await logIn("marta");
  await marta.getByRole("link", { name: "Accounts" }).first().click();
  await marta.getByRole("region", { name: "Shop" }).getByRole("link", { name: "Templates" }).click();
  await marta.getByRole("button", { name: "Fetch from Meta" }).click();
  await expect(marta.getByRole("article", { name: /order_update en_US/ })).toContainText("Approved");

  await marta.getByRole("link", { name: "Inbox" }).first().click();
  // Too long ago to be among the first rows.
  await list(marta).getByRole("searchbox").fill("Tess");
  await open(marta, "Tess Templated");
  await expect(thread(marta, "Tess Templated")).toContainText("The 24-hour window is closed");
  await expect(field(marta)).toHaveCount(0);
  await marta.getByRole("button", { name: "Choose a template" }).click();
  const dialog = marta.getByRole("dialog");
  await dialog.getByRole("searchbox").fill("appointment");
  await dialog.getByRole("button", { name: /appointment_reminder/ }).click();
  const send = dialog.getByRole("button", { name: "Send the template" });
  await expect(send).toBeDisabled();
  const blanks = dialog.getByRole("combobox");
  for (let index = 0; index < (await blanks.count()); index += 1) await blanks.nth(index).fill(`Filled ${index + 1}`);
  await expect(dialog.getByRole("region", { name: "Preview" })).toContainText("Filled 1");
  await send.click();
  await expect(bubble(marta, "Filled 1")).toBeVisible();
  await expect(tick(marta, "Filled 1", "Delivered")).toBeVisible();
  const shown = (await phones.shown(shop, tess)).find((item) => item.kind === "template");
  expect(JSON.stringify(shown)).toContain("Filled 1");
});

test("a message for later waits, and can be cancelled and then sent at once", async ({ demo, phones, logIn }) => {
  const shop = demo.number("Shop").phone_number_id;
  const lara = await phones.invent("Lara Later");
  await phones.write(shop, lara, "Remind me tomorrow");
  const lena = await logIn("lena");
  await open(lena, "Lara Later");
  await field(lena).fill("Good morning");
  await lena.getByRole("button", { name: "Send later" }).click();
  await lena.getByRole("dialog").getByRole("button", { name: /In an hour/ }).click();
  await expect(messages(lena)).toContainText("Will be sent");
  await messages(lena).getByRole("button", { name: "Cancel" }).click();
  await expect(messages(lena)).toContainText("Cancelled, not sent.");
  expect((await phones.shown(shop, lara)).map((item) => item.text)).not.toContain("Good morning");
  await messages(lena).getByRole("button", { name: "Send now" }).click();
  await onPhone(phones, shop, lara, "Good morning");
});

test("a saved reply is filled in after a slash, and a second answer is asked about", async ({ demo, phones, logIn }) => {
  const shop = demo.number("Shop").phone_number_id;
  const ada = await phones.invent("Ada Greeted");
  await phones.write(shop, ada, "Hi");
  const marta = await logIn("marta");
  await marta.getByRole("link", { name: "Settings" }).first().click();
  await marta.getByRole("button", { name: "New saved reply" }).click();
  const form = marta.getByRole("dialog");
  await form.getByLabel("Shortcut").fill("welcome");
  await form.getByLabel("Title").fill("Welcome");
  await form.getByLabel("Text").fill("Welcome {{contact.first_name}}, this is {{agent.name}}");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(marta.getByText("/welcome")).toBeVisible();

  const [lena, takeshi] = [await logIn("lena"), await logIn("takeshi")];
  await open(lena, "Ada Greeted");
  await open(takeshi, "Ada Greeted");
  await field(lena).pressSequentially("/wel");
  await expect(lena.getByRole("option", { name: /Welcome/ })).toBeVisible();
  await lena.keyboard.press("Enter");
  await expect(field(lena)).toHaveValue(/^Welcome Ada, this is /);
  await expect(thread(takeshi, "Ada Greeted")).toContainText("is replying");
  await say(takeshi, "Hello Ada");
  await expect(takeshi.getByRole("button", { name: "Send anyway" })).toBeFocused();
  await takeshi.keyboard.press("Enter");
  await onPhone(phones, shop, ada, "Hello Ada");
});
