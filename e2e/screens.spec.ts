/** Takes pictures of the pages into screens/ (not in git): `make screens`. `make images` puts some of them into the README. */
import { Phones } from "./support/phones.ts";
import { PHONE, WIDE, shoot } from "./support/shoot.ts";
import { expect, field, list, logIn, messages, open, test } from "./support/test.ts";

for (const theme of ["light", "dark"] as const) {
  test(`wide, ${theme}`, async ({ browser, demo }) => {
    test.setTimeout(180_000);
    const context = { viewport: WIDE, colorScheme: theme, reducedMotion: "reduce" } as const;
    const stranger = await (await browser.newContext(context)).newPage();
    await stranger.goto(`${demo.url}/login`);
    await expect(stranger.getByRole("button", { name: "Log in" })).toBeVisible();
    await shoot(stranger, `login-${theme}`);
    await stranger.context().close();

    const colleague = await logIn(browser, await demo.link("takeshi"));
    await open(colleague, "Olivia Bennett");
    const page = await logIn(browser, await demo.link("marta"), { context });
    await expect(list(page).getByRole("listitem").nth(3)).toBeVisible();
    await shoot(page, `list-${theme}`);
    for (const [name, file] of [
      ["Olivia Bennett", "inbox"],
      ["Daniel Okafor", "voice"],
      ["Grace Liu", "cards"],
      ["Marcus Webb", "order"],
      ["ليلى حداد", "arabic"],
    ] as const) {
      await list(page).getByRole("searchbox").fill(name);
      await expect(list(page).getByRole("listitem")).toHaveCount(1);
      await open(page, name);
      await expect(messages(page).getByRole("article").first()).toBeAttached();
      await expect(field(page).or(page.getByRole("button", { name: "Choose a template" })).first()).toBeVisible();
      await list(page).getByRole("button", { name: "Clear" }).click();
      await expect(list(page).getByRole("listitem").nth(3)).toBeVisible();
      await shoot(page, `${file}-${theme}`);
    }
    await open(page, "Olivia Bennett");
    await expect(field(page)).toBeEditable();
    await page.getByRole("button", { name: "Attach and more" }).click();
    await page.getByRole("menuitem", { name: "Buttons and lists" }).click();
    await page.getByLabel("Text", { exact: true }).fill("Which one shall we keep for you?");
    await page.getByLabel("Button 1").fill("The olive tree");
    await shoot(page, `interactive-${theme}`);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Emoji" }).click();
    await expect(page.getByRole("button", { name: "grinning face", exact: true })).toBeVisible();
    await shoot(page, `emoji-${theme}`);
    await page.keyboard.press("Escape");
    const picture = messages(page).getByRole("button", { name: "Open the picture" });
    if ((await picture.count()) > 0) {
      await picture.first().click();
      await expect(page.getByRole("dialog")).toBeVisible();
      await shoot(page, `viewer-${theme}`);
      await page.keyboard.press("Escape");
      await expect(page.getByRole("dialog")).toHaveCount(0);
    }
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("dialog")).toBeVisible();
    await shoot(page, `palette-${theme}`);
    await page.keyboard.press("Escape");
    for (const path of ["contacts", "contacts/duplicates", "accounts", "accounts/dead-letters", "settings"]) {
      await page.goto(`${demo.url}/${path}`);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await shoot(page, `${path.replace("/", "-")}-${theme}`);
    }
    await page.getByRole("link", { name: "Contacts" }).first().click();
    await page.getByRole("main").getByRole("link", { name: /Andreea/ }).click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Andreea");
    await shoot(page, `contact-${theme}`);
    await Promise.all([page.context().close(), colleague.context().close()]);
  });

  test(`phone, ${theme}`, async ({ browser, demo }) => {
    const context = { viewport: PHONE, colorScheme: theme, isMobile: true, hasTouch: true, deviceScaleFactor: 2, reducedMotion: "reduce" } as const;
    const page = await logIn(browser, await demo.link("marta"), { context });
    await expect(list(page).getByRole("listitem").nth(3)).toBeVisible();
    await shoot(page, `phone-list-${theme}`);
    await open(page, "Olivia Bennett");
    await expect(messages(page).getByRole("article").first()).toBeAttached();
    await expect(field(page)).toBeEditable();
    await shoot(page, `phone-${theme}`);
    for (const path of ["contacts", "accounts", "settings"]) {
      await page.goto(`${demo.url}/${path}`);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await shoot(page, `phone-${path}-${theme}`);
    }
    await page.context().close();
  });
}

test("the simulated phone", async ({ browser, demo }) => {
  const page = await (await browser.newContext({ viewport: WIDE })).newPage();
  await page.goto(demo.poster.phones);
  await page.getByText("Olivia Bennett").first().click();
  await shoot(page, "simulator");
  await page.context().close();
});

test("somebody types and a line is down", async ({ browser, demo }) => {
  const phones = new Phones(demo.poster.phones);
  const page = await logIn(browser, await demo.link("lena"));
  await open(page, "Olivia Bennett");
  const typist = await demo.typist("takeshi");
  typist.type(new URL(page.url()).pathname.split("/").at(-1) ?? "", true);
  await expect(messages(page)).toBeVisible();
  await expect(page.getByText("is typing a reply…")).toBeVisible();
  const writer = await phones.invent("Sam Sudden");
  await phones.write(demo.number("Shop").phone_number_id, writer, "New conversation while you read");
  await expect(list(page)).toContainText("Sam Sudden");
  await shoot(page, "typing");
  typist.leave();
  await demo.crash();
  await expect(page.getByRole("navigation", { name: "Main" }).getByRole("status")).not.toHaveText("Live");
  await page.screenshot({ path: "screens/reconnecting.png" });
  await demo.comeBack();
  await page.context().close();
});
