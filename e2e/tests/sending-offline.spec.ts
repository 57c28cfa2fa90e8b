/** Writing without a connection, over a reload, and in several tabs. */
import { Line } from "../support/line.ts";
import { badge, bubble, expect, field, messages, open, say, test, thread } from "../support/test.ts";

test("what is written offline survives a reload and goes out once, in order", async ({ demo, phones, logIn }) => {
  const line = await Line.to(demo.url);
  const shop = demo.number("Shop").phone_number_id;
  const olga = await phones.invent("Olga Offline");
  await phones.write(shop, olga, "Hello?");
  const lena = await logIn("lena", { via: (link) => line.via(link) });
  await open(lena, "Olga Offline");
  await expect(field(lena)).toBeEditable();
  const address = lena.url();

  line.cut();
  await expect(badge(lena)).not.toHaveText("Live");
  await say(lena, "first, on the train");
  await say(lena, "second, in the tunnel");
  await expect(thread(lena, "Olga Offline")).toContainText("Offline: 2 messages will go out when you are back");
  await expect(bubble(lena, "second").getByRole("img", { name: "Sending" })).toBeVisible();

  await lena.goto("about:blank");
  line.mend();
  await lena.goto(address);
  await expect(bubble(lena, "second, in the tunnel").getByRole("img", { name: "Delivered" })).toBeVisible();
  await expect(messages(lena).getByRole("article")).toHaveCount(3);
  const texts = (await phones.shown(shop, olga)).map((item) => item.text);
  expect(texts).toEqual(["Hello?", "first, on the train", "second, in the tunnel"]);
  await lena.context().close();
  await line.close();
});

test("a lost answer of the server does not make two messages", async ({ demo, phones, logIn }) => {
  const shop = demo.number("Shop").phone_number_id;
  const otis = await phones.invent("Otis Once");
  await phones.write(shop, otis, "Hello?");
  const lena = await logIn("lena");
  await open(lena, "Otis Once");
  let lost = 0;
  await lena.route("**/api/v1/conversations/*/messages", async (route) => {
    if (route.request().method() !== "POST" || lost > 0) return route.fallback();
    lost += 1;
    await route.fetch();
    return route.abort();
  });
  await say(lena, "only once");
  await expect(bubble(lena, "only once").getByRole("img", { name: "Delivered" })).toBeVisible();
  await expect(messages(lena).getByRole("article")).toHaveCount(2);
  expect((await phones.shown(shop, otis)).filter((item) => item.text === "only once")).toHaveLength(1);
  expect(lost).toBe(1);
});

test("a draft is there in another tab, and gone from it once it is sent", async ({ demo, phones, logIn }) => {
  const shop = demo.number("Shop").phone_number_id;
  const dan = await phones.invent("Dan Drafted");
  await phones.write(shop, dan, "Which colours are there?");
  const lena = await logIn("lena");
  await open(lena, "Dan Drafted");
  await field(lena).fill("There is red");
  const other = await lena.context().newPage();
  await other.goto(lena.url());
  await expect(field(other)).toHaveValue("There is red");
  await field(lena).pressSequentially(", and green");
  await expect(field(other)).toHaveValue("There is red, and green");
  await field(lena).press("Enter");
  await expect(field(lena)).toHaveValue("");
  await expect(field(other)).toHaveValue("");
  await expect(bubble(other, "There is red, and green")).toBeVisible();
});
