/** What tests begin with: a running demo, its customers, and people who log in. */
import { type Browser, type BrowserContextOptions, type Locator, type Page, test as base, expect } from "@playwright/test";
import { Demo } from "./hoopoe.ts";
import { Phones } from "./phones.ts";

interface Fixtures {
  /** Opens a browser of somebody's own, logged in and on the inbox. */
  logIn: (mailbox: string, options?: LogInOptions) => Promise<Page>;
  phones: Phones;
}

export interface LogInOptions {
  /** Where the link leads; by default to the server itself. */
  via?: (link: string) => string;
  context?: BrowserContextOptions;
}

export const test = base.extend<Fixtures, { demo: Demo }>({
  demo: [
    async ({}, use) => {
      const demo = await Demo.start();
      await use(demo);
      await demo.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  phones: async ({ demo }, use) => {
    await use(new Phones(demo.poster.phones));
  },
  logIn: async ({ browser, demo }, use) => {
    const opened: Page[] = [];
    await use(async (mailbox, options = {}) => {
      const page = await logIn(browser, await demo.link(mailbox), options);
      opened.push(page);
      return page;
    });
    await Promise.all(opened.map((page) => page.context().close()));
  },
});

export { expect };

export async function logIn(browser: Browser, link: string, { via = (url) => url, context = {} }: LogInOptions = {}): Promise<Page> {
  const page = await (await browser.newContext(context)).newPage();
  await page.goto(via(link));
  await expect(page.getByRole("navigation", { name: "Main" }).filter({ visible: true })).toBeVisible();
  return page;
}

/** The list of conversations. */
export function list(page: Page): Locator {
  return page.getByRole("region", { name: "Conversations" });
}

/** One row of the list. */
export function row(page: Page, name: string): Locator {
  return list(page).getByRole("link").filter({ hasText: name });
}

/** The open conversation. */
export function thread(page: Page, name: string): Locator {
  return page.getByRole("region", { name: `Conversation with ${name}` });
}

/** Its messages. */
export function messages(page: Page): Locator {
  return page.getByRole("log", { name: "Messages" });
}

/** The field in which answers are written. */
export function field(page: Page): Locator {
  return page.getByLabel("Message", { exact: true });
}

/** Writes and sends. */
export async function say(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press("Enter");
}

/** The last bubble that holds these words. */
export function bubble(page: Page, text: string): Locator {
  return messages(page).getByRole("article").filter({ hasText: text }).last();
}

/** Opens a conversation from the list. */
export async function open(page: Page, name: string): Promise<void> {
  await row(page, name).click();
  await expect(thread(page, name)).toBeVisible();
}

/** Notes on the page itself that it must not be loaded again; `expectSamePage` tells whether it was. */
export async function markPage(page: Page): Promise<void> {
  await page.evaluate(() => Object.assign(window, { wasHereBefore: true }));
}

export async function expectSamePage(page: Page): Promise<void> {
  expect(await page.evaluate(() => "wasHereBefore" in window)).toBe(true);
}

/** The badge that tells whether the line is live. */
export function badge(page: Page): Locator {
  return page.getByRole("navigation", { name: "Main" }).getByRole("status");
}
