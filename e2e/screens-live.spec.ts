/** Pictures of what linked phones show this moment: typing, presence, portraits, news of groups, and how far the past came. */
import type { Page } from "@playwright/test";
import { type LinkedShop, accounts, begin, card, portrait, qrOf, readQr, test } from "./support/linked.ts";
import { PHONE, WIDE, shoot } from "./support/shoot.ts";
import { expect, logIn, messages, open, row } from "./support/test.ts";

const PEOPLE = [
  ["447700900301", "Ana Sousa", "#e58", "#fb8"],
  ["447700900302", "Ben Okafor", "#36c", "#6cf"],
  ["447700900303", "Chiara Neri", "#285", "#bd6"],
  ["447700900304", "Dai Kim", "", ""],
] as const;
const [ANA, BEN, CHIARA] = PEOPLE.map(([number]) => number);

interface Answer {
  items: Record<string, unknown>[];
}

/** As if phones were at several points of sharing their past. */
async function pasts(page: Page): Promise<void> {
  const points = [
    ["Front desk", 45, 128, 2_000, "connected"],
    ["Workshop", 80, 1_204, 1_200_000, "connected"],
    ["Counter", 30, 12, 60_000, "disconnected"],
    ["Back office", 100, 312, 60_000, "connected"],
  ] as const;
  await page.route("**/api/v1/accounts?*", async (route) => {
    const answer = (await (await route.fetch()).json()) as Answer;
    const [first] = answer.items;
    const more = points.map(([name, history_percent, history_conversations, ago, state], n) => ({
      ...first, id: `acc_${n}`, name, state, history_percent, history_conversations, history_at: Date.now() - ago,
    }));
    await route.fulfill({ json: { ...answer, items: more } });
  });
  await page.reload();
  await expect(card(page, "Back office")).toBeVisible();
}

let linked = false;
const NUMBER = "447700900300";

/** The shop's phone, its customers, and what they wrote. */
async function open_shop(page: Page, shop: LinkedShop): Promise<void> {
  if (linked) return;
  linked = true;
  await shop.phones.add(NUMBER, "Corner Shop");
  for (const [number, name] of PEOPLE) await shop.phones.add(number, name);
  await accounts(page);
  const dialog = await begin(page, "Shop phone");
  await shop.phones.scan(NUMBER, await readQr(qrOf(dialog)));
  await expect(dialog.getByText("Linked", { exact: true })).toBeVisible();
  await dialog.getByRole("button", { name: "Done" }).click();
  for (const [number, , from, to] of PEOPLE) {
    if (from !== "") await shop.phones.setPicture(number, NUMBER, await portrait(page, from, to));
    await shop.phones.write(number, NUMBER, "Do you still have the olive tree from the window?");
  }
  const group = await shop.phones.group("Suppliers", [BEN ?? "", ANA ?? "", NUMBER]);
  await shop.phones.writeToGroup(BEN ?? "", group, "Delivery on Monday at eight");
  await page.getByRole("link", { name: "Inbox" }).first().click();
  await open(page, "Suppliers");
  await shop.phones.addToGroup(group, BEN ?? "", CHIARA ?? "");
  await shop.phones.renameGroup(group, BEN ?? "", "Suppliers north");
  await expect(row(page, "Suppliers north")).toBeVisible();
  await expect(row(page, "Chiara Neri").locator("img")).toBeVisible();
}

for (const theme of ["light", "dark"] as const) {
  for (const [size, viewport] of [["wide", WIDE], ["phone", PHONE]] as const) {
    test(`live, ${size}, ${theme}`, async ({ browser, shop }) => {
      const context = { viewport, colorScheme: theme, reducedMotion: "reduce" } as const;
      if (!linked) {
        const first = await logIn(browser, await shop.link(), { context: { deviceScaleFactor: 2 } });
        await open_shop(first, shop);
        await first.context().close();
      }
      const name = `${size}-${theme}`;
      const page = await logIn(browser, await shop.link(), { context });
      await page.getByRole("link", { name: "Inbox" }).first().click();
      const show = async (person: string, what: string) => {
        if (size === "phone") await page.goto(new URL("/inbox", page.url()).href);
        await open(page, person);
        await expect(messages(page)).toBeVisible();
        await shoot(page, `live-${what}-${name}`);
      };
      await shop.phones.setOnline(ANA ?? "", true);
      await shop.phones.setOnline(BEN ?? "", false, Math.floor(Date.now() / 1000) - 7_200);
      await shoot(page, `live-list-${name}`);
      await show("Ben Okafor", "last-seen");
      await show("Ana Sousa", "online");
      const header = page.locator("header").filter({ has: page.getByRole("heading", { name: "Ana Sousa" }) });
      await expect(header).toContainText("online");
      await shop.phones.activity(ANA ?? "", NUMBER, "composing");
      await expect(header).toContainText("typing…");
      await shoot(page, `live-typing-${name}`);
      if (size === "phone") {
        await page.getByRole("button", { name: "Back" }).click();
        await shoot(page, `live-typing-list-${name}`);
      }
      await shop.phones.activity(ANA ?? "", NUMBER, "paused");
      await show("Suppliers north", "group");
      await page.goto(new URL("/accounts", page.url()).href);
      await pasts(page);
      await shoot(page, `live-history-${name}`);
      await page.context().close();
    });
  }
}
