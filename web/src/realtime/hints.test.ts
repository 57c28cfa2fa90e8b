import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { customerPresence, customerTyping, forgetHints, setCustomerPresence, setCustomerTyping } from "./hints";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  forgetHints();
  vi.useRealTimers();
});

const ben = { who: "2@lid", name: "Ben" };
const ana = { who: "1@lid", name: "Ana" };

test("members of a group type side by side, and each stops by themselves", () => {
  setCustomerTyping("cnv_1", { ...ana, activity: "typing" });
  setCustomerTyping("cnv_1", { ...ben, activity: "recording" });
  expect(customerTyping.get().cnv_1?.map((sign) => sign.name)).toEqual(["Ana", "Ben"]);
  setCustomerTyping("cnv_1", { ...ana, activity: "paused" });
  expect(customerTyping.get().cnv_1).toEqual([{ ...ben, activity: "recording" }]);
  vi.advanceTimersByTime(60_000);
  expect(customerTyping.get(), "a stop that never came").toEqual({});
});

test("somebody who keeps to themselves when they were there is not shown", () => {
  setCustomerPresence("cnv_1", { online: true, last_seen_at: null });
  setCustomerPresence("cnv_2", { online: false, last_seen_at: 5 });
  setCustomerPresence("cnv_1", { online: false, last_seen_at: null });
  expect(customerPresence.get()).toEqual({ cnv_2: { online: false, last_seen_at: 5 } });
});
