/** `hoopoe watch` prints every event once, in order, across a crash of the server. */
import { Process } from "../support/hoopoe.ts";
import { expect, test } from "../support/test.ts";

interface Line {
  stream: string;
  seq: number;
  type: string;
  data: { message?: { text: string } };
}

test("the tail misses nothing and repeats nothing when the server dies and comes back", async ({ demo, phones }) => {
  const stream = `account:${demo.number("Shop").account_id}`;
  const shop = demo.number("Shop").phone_number_id;
  const tail = Process.start(["watch", "--json", "--after", "start", "--link", await demo.link("marta")]);
  const seen: Line[] = [];
  const until = async (text: string) => {
    await tail.line((line) => {
      const event = JSON.parse(line) as Line;
      if (event.stream === stream) seen.push(event);
      return event.data.message?.text === text;
    });
  };
  const finn = await phones.invent("Finn Tail");
  await phones.write(shop, finn, "first of the tail");
  await until("first of the tail");
  await demo.crash();
  await demo.comeBack();
  const again = await phones.invent("Finn Tail", finn.wa_id);
  for (const text of ["second of the tail", "third of the tail"]) await phones.write(shop, again, text);
  await until("third of the tail");
  await tail.stop();
  expect(seen.map((event) => event.seq)).toEqual(seen.map((_, index) => (seen[0]?.seq ?? 0) + index));
  expect(seen[0]?.seq).toBe(1);
});
