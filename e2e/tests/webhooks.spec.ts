/** Webhooks in the browser: added, told of what happens, failing and mended, switched off and removed. */
import type { Page } from "@playwright/test";
import { expectClean } from "../support/axe.ts";
import { Receiver } from "../support/receiver.ts";
import { expect, test } from "../support/test.ts";

const dialog = (page: Page) => page.getByRole("dialog");
const card = (page: Page, name: string) => page.getByRole("region", { name });

async function openWebhooks(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Settings" }).first().click();
  await page.getByRole("link", { name: /^Webhooks/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Webhooks" })).toBeVisible();
}

/** Adds one; gives the secret that is shown once. */
async function add(page: Page, name: string, url: string, everything: boolean): Promise<string> {
  await page.getByRole("button", { name: "Add a webhook" }).click();
  await dialog(page).getByLabel("Name", { exact: true }).fill(name);
  await dialog(page).getByLabel("Address").fill(url);
  await expect(dialog(page).getByLabel("A number went down")).toBeChecked();
  if (everything) await dialog(page).getByRole("switch", { name: "Everything" }).check();
  await dialog(page).getByRole("button", { name: "Create" }).click();
  await expect(dialog(page).getByRole("heading", { name: `The secret of ${name}` })).toBeVisible();
  return dialog(page).getByLabel("Signing secret").inputValue();
}

test("a webhook is added, hears what happens, fails, and is mended", async ({ demo, logIn, phones }) => {
  const page = await logIn("marta");
  const receiver = new Receiver();
  const url = await receiver.start();
  await openWebhooks(page);
  await expect(page.getByText("No webhooks yet")).toBeVisible();
  await expectClean(page, "no webhooks");

  // What is wrong is told at its field.
  await page.getByRole("button", { name: "Add a webhook" }).click();
  await dialog(page).getByLabel("Name", { exact: true }).fill("Wrong");
  await dialog(page).getByLabel("Address").fill("ftp://hooks.example.com");
  await dialog(page).getByRole("button", { name: "Create" }).click();
  await expect(dialog(page).getByLabel("Address")).toHaveAccessibleDescription("expected an address that begins with https://");
  await expectClean(page, "a webhook that is added");
  await dialog(page).getByRole("button", { name: "Cancel" }).click();

  receiver.secret = await add(page, "Warehouse", url, true);
  expect(receiver.secret).toMatch(/^whsec_/);
  await expectClean(page, "the secret");
  await dialog(page).getByRole("button", { name: "Done" }).click();
  await expect(card(page, "Warehouse")).toContainText("Nothing sent yet");
  await card(page, "Warehouse").getByRole("button", { name: "Send a test" }).click();
  await expect(page.getByText("The test arrived")).toBeVisible();
  await expect(card(page, "Warehouse")).toContainText(url);
  expect(receiver.heard.map(({ type, signed }) => [type, signed])).toEqual([["webhook:test", true]]);

  const writer = await phones.invent("Wanda Webhook");
  await phones.write(demo.number("Shop").phone_number_id, writer, "Do you deliver?");
  const told = () => receiver.heard.filter(({ type, signed }) => type === "message:new" && signed).length;
  await expect.poll(told).toBe(1);

  receiver.status = 500;
  await phones.write(demo.number("Shop").phone_number_id, writer, "Hello?");
  await card(page, "Warehouse").getByRole("link", { name: "Log" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Log of Warehouse" })).toBeVisible();
  const waiting = page.getByRole("listitem").filter({ hasText: "The answer was 500" });
  await expect(async () => {
    await page.getByRole("button", { name: "Refresh" }).click();
    await expect(waiting).toHaveCount(1, { timeout: 1_000 });
  }).toPass();
  await expectClean(page, "the log");
  await page.getByRole("link", { name: "Webhooks" }).click();
  await expect(card(page, "Warehouse")).toContainText("Failing");
  await card(page, "Warehouse").getByRole("link", { name: "Log" }).click();
  await waiting.getByRole("button").click();
  await expect(dialog(page)).toContainText("not today");
  await expect(dialog(page)).toContainText("Hello?");
  await expectClean(page, "a delivery");
  receiver.status = 200;
  await dialog(page).getByRole("button", { name: "Try now" }).click();
  await expect(dialog(page)).toHaveCount(0);
  const again = () => receiver.heard.filter(({ type, data }) => type === "message:new" && JSON.stringify(data).includes("Hello?")).length;
  await expect.poll(again).toBeGreaterThan(1);
  await expect(async () => {
    await page.getByRole("button", { name: "Refresh" }).click();
    await expect(waiting).toHaveCount(0, { timeout: 1_000 });
  }).toPass();

  // Sent again by hand, under the same id.
  const before = receiver.heard.length;
  await page.getByRole("listitem").filter({ hasText: "New message" }).first().getByRole("button").click();
  await dialog(page).getByRole("button", { name: "Send again" }).click();
  await expect.poll(() => receiver.heard.length).toBeGreaterThan(before);
  expect(receiver.heard.filter(({ id }) => id === receiver.heard.at(-1)?.id).length).toBeGreaterThan(1);

  await page.getByRole("link", { name: "Webhooks" }).click();
  await card(page, "Warehouse").getByRole("button", { name: "Edit Warehouse" }).click();
  await dialog(page).getByRole("switch", { name: "Switched on" }).uncheck();
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await expect(card(page, "Warehouse")).toContainText("Off");
  await card(page, "Warehouse").getByRole("button", { name: "More for Warehouse" }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await dialog(page).getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("No webhooks yet")).toBeVisible();
  await receiver.stop();
});

test("webhooks are for admins", async ({ demo, logIn }) => {
  const page = await logIn("lena");
  await page.goto(`${demo.url}/settings/webhooks`);
  await expect(page.getByText("This page is for other roles")).toBeVisible();
});
