import { expect, test } from "vitest";
import { makeMessage } from "@/testing/objects";
import { isDeleting, mergeMessage, withChange, withStatus } from "./message";

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

const counts = (sent: number, delivered: number, read: number, failed = 0) => ({ total: sent + failed, sent, delivered, read, failed });
const toGroup = makeMessage({ direction: "out", status: "read", sent_at: 1, recipients: counts(1, 1, 1) });
const told = { message_id: toGroup.id, conversation_id: toGroup.conversation_id, at: 9 };

test("a member of a group who turns up later takes the tick back", () => {
  const later = withStatus(toGroup, { ...told, status: "sent", recipients: counts(2, 1, 1) });
  expect(later).toMatchObject({ status: "sent", recipients: { total: 2, read: 1 } });
  expect(mergeMessage(later, toGroup)).toEqual(later);
  expect(mergeMessage(toGroup, later)).toEqual(later);
});

test("a failure at one member of a group is news, and older news of the same changes nothing", () => {
  const sent = { ...toGroup, status: "sent" as const, recipients: counts(2, 1, 1) };
  const failed = withStatus(sent, { ...told, status: "read", recipients: counts(1, 1, 1, 1) });
  expect(failed).toMatchObject({ status: "read", recipients: { failed: 1 }, read_at: null });
  expect(withStatus(failed, { ...told, status: "sent", recipients: counts(2, 1, 1) })).toBe(failed);
});

const change = { id: "msg_9", kind: "edit", text: "Yes", author_id: "usr_1", client_id: "c", status: "sending", error: null, at: 10 } as const;
const ours = makeMessage({ direction: "out", status: "sent", text: "Yess" });

test("an answer that was written before a change was done does not take it back", () => {
  const done = { ...ours, text: "Yes", edited_at: 12 };
  expect(mergeMessage(done, { ...ours, change })).toMatchObject({ text: "Yes", edited_at: 12 });
  expect(mergeMessage(done, { ...ours, change }).change).toBeNull();
  const gone = { ...ours, deleted_at: 12 };
  expect(mergeMessage(gone, { ...ours, change: { ...change, kind: "delete" } })).toMatchObject({ deleted_at: 12 });
  const failed = { ...ours, change: { ...change, status: "failed" as const } };
  expect(mergeMessage(failed, { ...ours, change }).change?.status).toBe("failed");
  expect(mergeMessage(failed, { ...ours, change: { ...change, id: "msg_10" } }).change?.status).toBe("sending");
});

test("an edit shows at once, one that failed does not, and a deletion leaves the words until it is done", () => {
  expect(withChange({ ...ours, change }).text).toBe("Yes");
  expect(withChange({ ...ours, change: { ...change, status: "failed" } }).text).toBe("Yess");
  const deleting = { ...ours, change: { ...change, kind: "delete" as const, text: null } };
  expect([withChange(deleting).text, isDeleting(deleting), isDeleting(ours)]).toEqual(["Yess", true, false]);
});
