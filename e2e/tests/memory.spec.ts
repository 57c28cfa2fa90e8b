/** A tab that is open all day: what it holds is bounded by what it shows, however much has passed through it. Counts are judged, never times. */
import { mkdir, writeFile } from "node:fs/promises";
import type { CDPSession, Page } from "@playwright/test";
import { expect, list, messages, row, test } from "../support/test.ts";
import type { Customer, Phones } from "../support/phones.ts";

const CUSTOMERS = 20;
/** Rows that are on screen without scrolling. */
const ROWS = 8;
const WARM = 1_000;
const MESSAGES = 5_000;
/** After so many messages somebody turns to the next conversation. */
const TURN = 200;
const AT_ONCE = 10;

/** ui.md's budget for a tab. */
const HEAP_MB = 80;
/** What the engine itself keeps for later (compiled code, shapes) and lets go of at its own time. */
const SLACK = 1.1;
/** The longest stretch of a thread that is kept, each bubble with its parts, beside the list. */
const NODES_OF_A_THREAD = 25_000;

interface Held {
  heapMb: number;
  nodes: number;
  listeners: number;
  documents: number;
}

async function held(cdp: CDPSession): Promise<Held> {
  // Twice: what finalisers let go of is collected by the second.
  await cdp.send("HeapProfiler.collectGarbage");
  await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  const { nodes, jsEventListeners, documents } = await cdp.send("Memory.getDOMCounters");
  return { heapMb: Number((usedSize / 1024 / 1024).toFixed(1)), nodes, listeners: jsEventListeners, documents };
}

/** Sends numbered messages in turn, a few at once, and waits until the list shows the last one. */
async function traffic(page: Page, phones: Phones, number: string, customers: Customer[], from: number, to: number): Promise<void> {
  let next = from;
  const worker = async () => {
    while (next < to) {
      const index = next++;
      const customer = customers[index % customers.length];
      if (customer) await phones.write(number, customer, `message ${index}, and a few words more so that it is a message as people write them`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const last = customers[(to - 1) % customers.length];
  await expect(row(page, last?.name ?? "")).toContainText(`message ${to - 1},`);
}

/** Opens a conversation by its place in the list, which messages change all the time, and looks at the newest message. */
async function turnTo(page: Page, place: number): Promise<void> {
  await list(page).getByRole("link").nth(place % ROWS).click();
  await expect(messages(page).getByRole("article").last()).toBeVisible();
}

async function leave(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Inbox" }).first().click();
  await expect(messages(page)).toHaveCount(0);
}

test("five thousand messages later a tab holds no more than before", async ({ demo, phones, logIn }) => {
  test.setTimeout(600_000);
  const shop = demo.number("Shop").phone_number_id;
  const customers: Customer[] = [];
  for (let index = 0; index < CUSTOMERS; index += 1) customers.push(await phones.invent(`Memory ${String.fromCharCode(65 + index)}`));
  const page = await logIn("marta");
  await expect(list(page).getByRole("listitem").first()).toBeVisible();
  const cdp = await page.context().newCDPSession(page);

  await traffic(page, phones, shop, customers, 0, WARM);
  for (let place = 0; place < ROWS; place += 1) await turnTo(page, place);
  await leave(page);
  const before = await held(cdp);

  let most = 0;
  for (let from = WARM; from < MESSAGES; from += TURN) {
    await turnTo(page, from / TURN);
    await traffic(page, phones, shop, customers, from, from + TURN);
    most = Math.max(most, (await held(cdp)).nodes);
  }
  for (let place = 0; place < ROWS; place += 1) await turnTo(page, place);
  await leave(page);
  const after = await held(cdp);

  const report = { messages: MESSAGES, conversations: CUSTOMERS, before, after, most_nodes: most };
  await mkdir("reports", { recursive: true });
  await writeFile("reports/memory.json", `${JSON.stringify(report, null, 2)}\n`);
  console.log(`memory: ${JSON.stringify(report)}`);
  expect(most).toBeLessThan(NODES_OF_A_THREAD);
  expect(after.nodes).toBeLessThan(before.nodes * SLACK);
  expect(after.listeners).toBeLessThan(before.listeners * SLACK);
  expect(after.documents).toBeLessThanOrEqual(before.documents);
  expect(after.heapMb).toBeLessThan(HEAP_MB);
});
