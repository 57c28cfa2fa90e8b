/** What a customer writes is on every screen that may show it, at once and without a reload. */
import { expect, expectSamePage, list, markPage, messages, open, row, test, thread } from "../support/test.ts";

test("a new customer's message appears in two agents' lists and in the open thread", async ({ demo, phones, logIn }) => {
  const [lena, takeshi] = [await logIn("lena"), await logIn("takeshi")];
  await Promise.all([markPage(lena), markPage(takeshi)]);
  const shop = demo.number("Shop").phone_number_id;
  const ivy = await phones.invent("Ivy Thorne");
  await phones.write(shop, ivy, "Do you sell thistles?");

  for (const page of [lena, takeshi]) {
    await expect(row(page, "Ivy Thorne")).toContainText("Do you sell thistles?");
    await expect(list(page).getByRole("listitem").first()).toContainText("Ivy Thorne");
  }
  await open(lena, "Ivy Thorne");
  await phones.write(shop, ivy, "The purple ones");
  await expect(messages(lena)).toContainText("The purple ones");
  await expect(row(takeshi, "Ivy Thorne")).toContainText("The purple ones");
  await Promise.all([expectSamePage(lena), expectSamePage(takeshi)]);
});

test("somebody on another number is not bothered", async ({ demo, phones, logIn }) => {
  const omar = await logIn("omar");
  const quinn = await phones.invent("Quinn Elsewhere");
  await phones.write(demo.number("Shop").phone_number_id, quinn, "For the shop only");
  const other = await phones.invent("Dora Delivery");
  await phones.write(demo.number("Deliveries").phone_number_id, other, "For deliveries");
  await expect(row(omar, "Dora Delivery")).toBeVisible();
  await expect(row(omar, "Quinn Elsewhere")).toHaveCount(0);
});

test("an unknown number becomes a contact on another browser's contacts page", async ({ demo, phones, logIn }) => {
  const marta = await logIn("marta");
  await marta.getByRole("link", { name: "Contacts" }).first().click();
  await expect(marta.getByRole("heading", { name: "Contacts" })).toBeVisible();
  const total = marta.locator("dl div", { hasText: "Contacts" }).locator("dd");
  await expect(total).toHaveText(/\d/);
  const before = Number(await total.innerText());
  await markPage(marta);

  const nameless = await phones.invent(null);
  await phones.write(demo.number("Shop").phone_number_id, nameless, "hello?");
  const contact = marta.getByRole("main").getByRole("link").filter({ hasText: `+${nameless.wa_id}` });
  await expect(contact.first()).toBeVisible();
  await expect(total).toHaveText(String(before + 1));

  const named = await phones.invent("Newt Fresh");
  await phones.write(demo.number("Shop").phone_number_id, named, "hello!");
  await expect(marta.getByRole("main").getByRole("link").filter({ hasText: "Newt Fresh" })).toBeVisible();
  await expectSamePage(marta);
});

test("pictures and voice messages are shown and play", async ({ demo, phones, logIn }) => {
  const lena = await logIn("lena");
  const shop = demo.number("Shop").phone_number_id;
  const iris = await phones.invent("Iris Lens");
  await phones.send(shop, iris, { sample: "potted_fern", text: "Look at this fern" });
  await phones.send(shop, iris, { sample: "voice_note_en" });
  await open(lena, "Iris Lens");
  const picture = messages(lena).getByRole("img", { name: "Look at this fern" });
  await expect(picture).toBeVisible();
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);

  await picture.click();
  await expect(lena.getByRole("dialog")).toBeVisible();
  await lena.keyboard.press("Escape");
  await expect(lena.getByRole("dialog")).toHaveCount(0);

  await messages(lena).getByRole("button", { name: "Play" }).click();
  await expect(messages(lena).getByRole("button", { name: "Pause" })).toBeVisible();
});

test("colleagues see who looks and who types", async ({ demo, phones, logIn }) => {
  const wren = await phones.invent("Wren Watched");
  await phones.write(demo.number("Shop").phone_number_id, wren, "anyone there?");
  const [lena, takeshi] = [await logIn("lena"), await logIn("takeshi")];
  await open(lena, "Wren Watched");
  await open(takeshi, "Wren Watched");
  const name = demo.person("takeshi").name;
  await expect(thread(lena, "Wren Watched").getByText(`Also looking: ${name}`)).toBeAttached();

  const conversation = new URL(lena.url()).pathname.split("/").at(-1) ?? "";
  const typist = await demo.typist("takeshi");
  typist.type(conversation, true);
  await expect(thread(lena, "Wren Watched")).toContainText(`${name} is typing a reply…`);
  typist.type(conversation, false);
  await expect(thread(lena, "Wren Watched")).not.toContainText("is typing a reply…");
  typist.leave();

  await takeshi.context().close();
  await expect(thread(lena, "Wren Watched").getByText(`Also looking: ${name}`)).toHaveCount(0);
});

test("what one tab reads is read in the other", async ({ demo, phones, logIn }) => {
  const first = await logIn("lena");
  const second = await first.context().newPage();
  await second.goto(new URL("/inbox", first.url()).href);
  const remy = await phones.invent("Remy Twice");
  await phones.write(demo.number("Shop").phone_number_id, remy, "one");
  await phones.write(demo.number("Shop").phone_number_id, remy, "two");
  for (const page of [first, second]) await expect(row(page, "Remy Twice")).toContainText("2 unread");
  await second.bringToFront();
  await open(second, "Remy Twice");
  for (const page of [second, first]) await expect(row(page, "Remy Twice")).not.toContainText("unread");
});
