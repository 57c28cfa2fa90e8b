/** The line breaks, the server dies: the badge says so, and afterwards nothing is missing. */
import { Line } from "../support/line.ts";
import { badge, expect, expectSamePage, markPage, messages, open, row, test } from "../support/test.ts";

test("after a cut everything that was missed is there, in order, without a reload", async ({ demo, phones, logIn }) => {
  const line = await Line.to(demo.url);
  const shop = demo.number("Shop").phone_number_id;
  const otto = await phones.invent("Otto Gap");
  await phones.write(shop, otto, "number 0");
  const lena = await logIn("lena", { via: (link) => line.via(link) });
  await open(lena, "Otto Gap");
  await expect(badge(lena)).toHaveText("Live");
  await markPage(lena);

  line.cut();
  await expect(badge(lena)).not.toHaveText("Live");
  for (let number = 1; number <= 30; number += 1) await phones.write(shop, otto, `number ${number}`);
  const gil = await phones.invent("Gil Meanwhile");
  await phones.write(shop, gil, "new while you were away");
  await phones.settle();
  await expect(messages(lena)).not.toContainText("number 1");

  line.mend();
  await expect(badge(lena)).toHaveText("Live", { timeout: 20_000 });
  await expect(messages(lena).getByRole("article").last()).toContainText("number 30");
  const shown = await messages(lena).getByRole("article").allInnerTexts();
  const numbers = shown.map((text) => Number(/number (\d+)/.exec(text)?.[1]));
  expect(numbers).toEqual(Array.from({ length: 31 }, (_, index) => index));
  await expect(row(lena, "Gil Meanwhile")).toContainText("new while you were away");
  await expectSamePage(lena);
  await lena.context().close();
  await line.close();
});

test("a server that dies and comes back goes on where it was", async ({ demo, phones, logIn }) => {
  const shop = demo.number("Shop").phone_number_id;
  const kit = await phones.invent("Kit Phoenix");
  await phones.write(shop, kit, "before the crash");
  const lena = await logIn("lena");
  await open(lena, "Kit Phoenix");
  await expect(messages(lena)).toContainText("before the crash");
  await markPage(lena);

  await demo.crash();
  await expect(badge(lena)).not.toHaveText("Live");
  await demo.comeBack();
  await expect(badge(lena)).toHaveText("Live", { timeout: 20_000 });
  const again = await phones.invent("Kit Phoenix", kit.wa_id);
  await phones.write(shop, again, "after the crash");
  await expect(messages(lena)).toContainText("after the crash");
  await expect(messages(lena).getByRole("article")).toHaveCount(2);
  await expectSamePage(lena);
});
