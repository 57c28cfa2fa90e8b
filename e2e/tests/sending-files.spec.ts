/** Files in answers: pasted, chosen, recorded. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { bubble, expect, field, messages, open, test, thread } from "../support/test.ts";

const PICTURE = join(import.meta.dirname, "../../docs/images/phone.png");

test("a pasted picture is previewed, captioned and sent", async ({ demo, phones, logIn }) => {
  const shop = demo.number("Shop").phone_number_id;
  const pia = await phones.invent("Pia Pictured");
  await phones.write(shop, pia, "What does it look like?");
  const lena = await logIn("lena");
  await open(lena, "Pia Pictured");
  const bytes = (await readFile(PICTURE)).toString("base64");
  await field(lena).evaluate((element, base64) => {
    const data = new DataTransfer();
    const content = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    data.items.add(new File([content], "image.png", { type: "image/png" }));
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, bytes);
  await expect(lena.getByRole("list", { name: "Files to send" }).getByRole("img")).toBeVisible();
  await lena.getByLabel("Add a caption").fill("Like this");
  await lena.getByLabel("Add a caption").press("Enter");
  await expect(lena.getByRole("list", { name: "Files to send" })).toHaveCount(0);
  await expect(bubble(lena, "Like this").getByRole("img", { name: "Like this" })).toBeVisible();
  await expect(bubble(lena, "Like this").getByRole("img", { name: "Delivered" })).toBeVisible();
  const shown = (await phones.shown(shop, pia)).at(-1);
  expect(shown).toMatchObject({ kind: "image", text: "Like this" });
  expect(shown?.media?.size).toBeGreaterThan(1_000);
});

test("a file that cannot be sent says why before it is sent, and can be taken out", async ({ demo, phones, logIn }) => {
  const shop = demo.number("Shop").phone_number_id;
  const hal = await phones.invent("Hal Heic");
  await phones.write(shop, hal, "Send me a photo");
  const lena = await logIn("lena");
  await open(lena, "Hal Heic");
  const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from("ftypheic"), Buffer.alloc(64)]);
  await thread(lena, "Hal Heic").locator("input[type=file]").last().setInputFiles([{ name: "photo.heic", mimeType: "image/heic", buffer: heic }]);
  await expect(lena.getByRole("list", { name: "Files to send" }).getByRole("alert")).toContainText("photo.heic");
  await expect(lena.getByRole("button", { name: "Send", exact: true })).toBeDisabled();
  await lena.getByRole("button", { name: "Remove photo.heic" }).click();
  await expect(lena.getByRole("list", { name: "Files to send" })).toHaveCount(0);
});

test("a voice message is recorded, listened to and sent", async ({ demo, phones, logIn }) => {
  const shop = demo.number("Shop").phone_number_id;
  const vera = await phones.invent("Vera Voice");
  await phones.write(shop, vera, "Can you tell me?");
  const lena = await logIn("lena");
  await open(lena, "Vera Voice");
  await lena.getByRole("button", { name: "Record a voice message" }).click();
  await expect(lena.getByRole("timer")).toHaveText("0:02");
  await lena.getByRole("button", { name: "Stop and listen" }).click();
  await lena.getByRole("button", { name: "Listen", exact: true }).click();
  await lena.getByRole("button", { name: "Send the voice message" }).click();
  const note = messages(lena).getByRole("article").last();
  await expect(note.getByRole("button", { name: "Play" })).toBeVisible();
  await expect(note.getByRole("img", { name: "Delivered" })).toBeVisible();
  await expect(field(lena)).toBeVisible();
  const shown = (await phones.shown(shop, vera)).at(-1);
  expect(shown?.kind).toBe("audio");
  expect(shown?.media?.mime).toContain("audio/ogg");
  expect(JSON.stringify(shown?.content)).toContain('"voice":true');
});
