import { expect, test } from "vitest";
import { makeMessage } from "@/testing/objects";
import { mergeMessage } from "./message";

const failed = makeMessage({ direction: "out", status: "failed", attempts: 1, failed_at: 5, error: { code: 131026, title: "Undeliverable", detail: "" } });

test("an answer that was written before the attempt ended does not take its outcome back", () => {
  const merged = mergeMessage(failed, { ...failed, status: "sending", attempts: 0, failed_at: null, error: null });
  expect(merged).toEqual(failed);
});

test("a message that is tried again is on its way again", () => {
  const merged = mergeMessage(failed, { ...failed, status: "sending", failed_at: null, error: null });
  expect(merged.status).toBe("sending");
  expect(merged.error).toBeNull();
});
