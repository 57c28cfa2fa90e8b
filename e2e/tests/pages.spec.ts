/** Finding things, older messages, roles, and small screens. */
import { expect, list, messages, open, row, test, thread } from "../support/test.ts";

test("search finds by name and by number, wherever it is", async ({ logIn }) => {
  const marta = await logIn("marta");
  const search = list(marta).getByRole("searchbox", { name: "Search name or number" });
  await search.fill("okaf");
  await expect(row(marta, "Daniel Okafor")).toBeVisible();
  await expect(list(marta).getByRole("listitem")).toHaveCount(1);
  await search.fill("900101");
  await expect(row(marta, "Olivia Bennett")).toBeVisible();
  await search.fill("佐藤 美");
  await expect(row(marta, "佐藤 美咲")).toBeVisible();
  await search.fill("nobody of this name");
  await expect(list(marta).getByText("Nothing found for")).toBeVisible();
  await list(marta).getByRole("button", { name: "Clear" }).click();
  await expect(list(marta).getByRole("listitem").nth(3)).toBeVisible();
});

test("older messages come on scrolling up, all of them, in order", async ({ demo, phones, logIn }) => {
  const shop = demo.number("Shop").phone_number_id;
  const vera = await phones.invent("Vera Verbose");
  for (let number = 1; number <= 130; number += 1) await phones.write(shop, vera, `page ${number}.`);
  await phones.settle();
  const lena = await logIn("lena");
  await open(lena, "Vera Verbose");
  await expect(messages(lena)).toContainText("page 130.");
  await expect(messages(lena)).not.toContainText("page 1.");
  await expect
    .poll(async () => {
      await messages(lena).evaluate((log) => log.scrollTo({ top: 0 }));
      return messages(lena).getByText("The beginning of the conversation with").count();
    })
    .toBe(1);
  const shown = await messages(lena).getByRole("article").allInnerTexts();
  const numbers = shown.map((text) => Number(/page (\d+)\./.exec(text)?.[1]));
  expect(numbers).toEqual(Array.from({ length: 130 }, (_, index) => index + 1));
});

test("an agent sees chat, a manager also accounts, an admin everything", async ({ logIn }) => {
  const [lena, andrei, marta] = [await logIn("lena"), await logIn("andrei"), await logIn("marta")];
  await expect(lena.getByRole("link", { name: "Accounts" })).toHaveCount(0);
  for (const path of ["/accounts", "/accounts/dead-letters"]) {
    await lena.goto(new URL(path, lena.url()).href);
    await expect(lena.getByText("This page is for other roles")).toBeVisible();
  }
  for (const page of [andrei, marta]) {
    await page.getByRole("link", { name: "Accounts" }).first().click();
    await expect(page.getByText("Deliveries").first()).toBeVisible();
  }
  await expect(andrei.getByRole("button", { name: "Add a number" })).toHaveCount(0);
  await expect(marta.getByRole("button", { name: "Add a number" })).toBeVisible();
});

test("the server keeps an agent out as well as the page does", async ({ demo, logIn }) => {
  const lena = await logIn("lena");
  const token = await demo.token("lena");
  const ask = (path: string) =>
    lena.request.get(`${demo.url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
  expect((await ask("/me")).status()).toBe(200);
  for (const path of ["/dead-letters", "/meta-apps", "/health", `/accounts/${demo.number("Deliveries").account_id}`]) {
    expect([403, 404], path).toContain((await ask(path)).status());
  }
});

test("a message to a number that is not connected is a dead letter", async ({ logIn }) => {
  const marta = await logIn("marta");
  await marta.goto(new URL("/accounts/dead-letters", marta.url()).href);
  await expect(marta.getByText("For a number that is not connected").first()).toBeVisible();
});

test("on a phone there is one pane at a time, with a way back", async ({ demo, phones, logIn }) => {
  const name = "Pia Pocket";
  await phones.write(demo.number("Shop").phone_number_id, await phones.invent(name), "Hi");
  const page = await logIn("marta", { context: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } });
  await expect(list(page)).toBeVisible();
  await open(page, name);
  await expect(list(page)).toBeHidden();
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wider).toBeLessThanOrEqual(0);
  await thread(page, name).getByRole("button", { name: "Back" }).click();
  await expect(list(page)).toBeVisible();
  await expect(page).toHaveURL(/\/inbox$/);
});

test("dark mode follows the system and the person", async ({ logIn }) => {
  const page = await logIn("marta", { context: { colorScheme: "dark" } });
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.goto(new URL("/settings", page.url()).href);
  await page.getByLabel("Theme").selectOption("light");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
});
