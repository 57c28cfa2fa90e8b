/** Templates of a number: written with every kind of part, reviewed, changed, deleted. */
import type { Page } from "@playwright/test";
import { expect, test } from "../support/test.ts";

/** A PNG of one pixel. */
const PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

const editor = (page: Page) => page.getByRole("dialog");
const card = (page: Page, name: string) => page.getByRole("article", { name });

async function addButton(page: Page, kind: string, number: number) {
  await editor(page).getByRole("button", { name: "Add button" }).click();
  await page.getByRole("menuitem", { name: kind }).click();
  const group = editor(page).getByRole("group", { name: `Button ${number}` });
  // It begins where one writes first.
  await expect(group.getByRole("textbox").first()).toBeFocused();
  return group;
}

test("a template with every part is written, approved, changed and deleted", async ({ demo, logIn }) => {
  const page = await logIn("marta");
  await page.goto(`${demo.url}/accounts/${demo.number("Shop").account_id}/templates`);
  await page.getByRole("button", { name: "New template" }).click();

  // What is wrong is told at its field, and the first one has the focus.
  await editor(page).getByRole("button", { name: "Hand in for review" }).click();
  await expect(editor(page).getByLabel("Name", { exact: true })).toBeFocused();
  await expect(editor(page).getByLabel("Name", { exact: true })).toHaveAccessibleDescription("Please fill this in.");

  await editor(page).getByLabel("Name", { exact: true }).fill("Fern Care-Tips");
  await expect(editor(page).getByLabel("Name", { exact: true })).toHaveValue("fern_care_tips");
  await editor(page).getByLabel("Language").selectOption("en_GB");
  await editor(page).getByLabel("Category").selectOption("MARKETING");
  await editor(page).getByLabel("Heading", { exact: true }).selectOption("image");
  await editor(page).locator("input[type=file]").setInputFiles({ name: "fern.png", mimeType: "image/png", buffer: PIXEL });
  await expect(editor(page).getByRole("region", { name: "Preview" }).getByRole("img", { name: "fern.png" })).toBeVisible();
  const text = editor(page).getByLabel("Text", { exact: true });
  await text.fill("Dear ");
  await editor(page).getByRole("button", { name: "Add variable" }).click();
  await text.press("End");
  await text.pressSequentially(", your fern is *thirsty*.");
  await expect(text).toHaveValue("Dear {{1}}, your fern is *thirsty*.");
  await editor(page).getByLabel("Sample for {{1}}").fill("Ana");
  await expect(editor(page).getByRole("region", { name: "Preview" })).toContainText("Dear Ana, your fern is thirsty.");
  await editor(page).getByLabel("Small print").fill("Fern & Co");

  await (await addButton(page, "Quick reply", 1)).getByLabel("Label").fill("Thank you");
  const site = await addButton(page, "Open a website", 2);
  await site.getByLabel("Label").fill("Read on");
  await site.getByLabel("Address").fill("fern.example");
  await (await addButton(page, "Call a number", 3)).getByLabel("Label").fill("Call us");
  await editor(page).getByRole("group", { name: "Button 3" }).getByLabel("Phone number").fill("+44 20 7946 0000");
  await (await addButton(page, "Copy a code", 4)).getByLabel("Sample code").fill("FERN25");
  await editor(page).getByRole("button", { name: "Hand in for review" }).click();
  await expect(site.getByLabel("Address")).toHaveAccessibleDescription("An address begins with https:// and a domain.");
  await site.getByLabel("Address").fill("https://fern.example/care/");
  await site.getByLabel("The end differs").check();
  await site.getByLabel("Sample for the end").fill("12");
  await editor(page).getByRole("button", { name: "Hand in for review" }).click();
  await expect(editor(page)).toHaveCount(0);

  const made = card(page, "fern_care_tips en_GB");
  await expect(made).toContainText("Dear Ana");
  await expect(made).toContainText("Approved");
  for (const label of ["Thank you", "Read on", "Call us", "Copy code"]) await expect(made).toContainText(label);

  await made.getByRole("button", { name: "Edit fern_care_tips" }).click();
  await expect(editor(page).getByLabel("Name", { exact: true })).not.toBeEditable();
  await expect(editor(page).getByRole("group", { name: "Button 2" }).getByLabel("Sample for the end")).toHaveValue("12");
  await editor(page).getByLabel("Heading", { exact: true }).selectOption("none");
  await editor(page).getByLabel("Text", { exact: true }).fill("Dear {{1}}, water it today.");
  // Nothing written is lost by a slip of the hand.
  await page.keyboard.press("Escape");
  await editor(page).getByRole("button", { name: "Keep writing" }).click();
  await editor(page).getByRole("button", { name: "Hand in again" }).click();
  await expect(editor(page)).toHaveCount(0);
  await expect(made).toContainText("water it today");
  await expect(made).toContainText("Approved");

  await made.getByRole("button", { name: "Delete fern_care_tips" }).click();
  await editor(page).getByRole("button", { name: "Delete", exact: true }).click();
  await expect(made).toHaveCount(0);
});

test("a rejected template says why, and a name that is taken is told at its field", async ({ demo, logIn }) => {
  const page = await logIn("marta");
  await page.goto(`${demo.url}/accounts/${demo.number("Shop").account_id}/templates`);
  const write = async (name: string) => {
    await page.getByRole("button", { name: "New template" }).click();
    await editor(page).getByLabel("Name", { exact: true }).fill(name);
    await editor(page).getByLabel("Text", { exact: true }).fill("Win a thousand ferns");
    await editor(page).getByRole("button", { name: "Hand in for review" }).click();
  };
  await write("reject_me");
  await expect(card(page, "reject_me en_US")).toContainText("Rejected: a variable or a sample is missing");
  await write("reject_me");
  await expect(editor(page).getByLabel("Name", { exact: true })).toHaveAccessibleDescription(/There is a template of this name/);
  await editor(page).getByRole("button", { name: "Cancel" }).click();
});
