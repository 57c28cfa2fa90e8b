import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Envelope } from "@/api/events";
import { CatchUp, type Position, type Sync } from "./catch-up";

const S = "account:acc_1";
const LIFE = "one";
const event = (seq: number): Envelope => ({ seq, type: "sync:reset", at: 0, data: {} });
const events = (...numbers: number[]) => numbers.map(event);
const answer = (numbers: number[], head: number, over: Partial<Sync["streams"][number]> = {}): Sync => ({
  streams: [{ stream: S, events: events(...numbers), head, more: false, reset: false, ...over }],
});

describe("catching up", () => {
  let applied: number[];
  let since: ReturnType<typeof vi.fn<(position: Position) => Promise<Sync>>>;
  let reset: ReturnType<typeof vi.fn<() => void>>;
  let catchUp: CatchUp;

  beforeEach(() => {
    applied = [];
    since = vi.fn<(position: Position) => Promise<Sync>>();
    reset = vi.fn<() => void>();
    catchUp = new CatchUp({ apply: (list) => applied.push(...list.map((item) => item.seq)), since, reset });
    catchUp.greet(LIFE, { [S]: 10 });
  });

  test("events in order are applied, repeated ones dropped", () => {
    catchUp.events(S, events(11, 12));
    catchUp.events(S, events(12, 13));
    expect(applied).toEqual([11, 12, 13]);
    expect(since).not.toHaveBeenCalled();
  });

  test("a gap asks for what is missing and applies it once", async () => {
    since.mockResolvedValue(answer([12, 13], 13));
    catchUp.events(S, events(11));
    catchUp.events(S, events(13));
    await catchUp.ask();
    expect(since).toHaveBeenCalledExactlyOnceWith({ cursors: { [S]: 11 }, epoch: LIFE });
    expect(applied).toEqual([11, 12, 13]);
    expect(catchUp.current().cursors).toEqual({ [S]: 13 });
  });

  test("a long answer is asked for until it ends", async () => {
    since.mockResolvedValueOnce(answer([11, 12], 13, { more: true })).mockResolvedValueOnce(answer([13], 13));
    await catchUp.ask();
    expect(applied).toEqual([11, 12, 13]);
    expect(reset).not.toHaveBeenCalled();
  });

  test("a log that no longer reaches back means fetching anew from the head", () => {
    expect(catchUp.sync(answer([], 900, { reset: true }))).toBe(false);
    expect(reset).toHaveBeenCalledOnce();
    expect(catchUp.current().cursors).toEqual({ [S]: 900 });
    catchUp.events(S, events(901));
    expect(applied).toEqual([901]);
  });

  test("an answer with a hole cannot be repaired and resets", () => {
    catchUp.sync(answer([11, 13], 13));
    expect(reset).toHaveBeenCalledOnce();
    expect(catchUp.current().cursors).toEqual({ [S]: 13 });
  });

  test("an answer that ends before its head resets instead of asking for ever", () => {
    catchUp.sync(answer([], 12));
    expect(reset).toHaveBeenCalledOnce();
    expect(catchUp.current().cursors).toEqual({ [S]: 12 });
  });

  test("a head mark beyond the cursor repairs a lost last event", async () => {
    since.mockResolvedValue(answer([11], 11));
    catchUp.heads({ [S]: 11, "tenant:unknown": 5 });
    await catchUp.ask();
    expect(applied).toEqual([11]);
    catchUp.heads({ [S]: 11 });
    expect(since).toHaveBeenCalledOnce();
  });

  test("a failing question leaves the cursors for the next connection", async () => {
    since.mockRejectedValue(new Error("cut"));
    catchUp.events(S, events(15));
    await catchUp.ask();
    expect(catchUp.current().cursors).toEqual({ [S]: 10 });
  });

  test("the greeting keeps what is held, takes the head of new streams and forgets lost ones", () => {
    catchUp.events(S, events(11));
    expect(catchUp.greet(LIFE, { [S]: 20, "account:acc_2": 7 })).toBe(true);
    expect(catchUp.current().cursors).toEqual({ [S]: 11, "account:acc_2": 7 });
    expect(catchUp.greet(LIFE, { "account:acc_2": 9 })).toBe(false);
    expect(catchUp.current().cursors).toEqual({ "account:acc_2": 7 });
  });

  test("in another life of the log nothing is held: streams begin at their heads and are fetched anew", () => {
    catchUp.events(S, events(11));
    expect(catchUp.greet("two", { [S]: 4 })).toBe(true);
    expect(catchUp.current()).toEqual({ cursors: { [S]: 4 }, epoch: "two" });
    catchUp.events(S, events(5));
    expect(applied).toEqual([11, 5]);
  });

  test("a greeting of the same life keeps the cursors", () => {
    expect(catchUp.greet(LIFE, { [S]: 20 })).toBe(false);
    expect(catchUp.current()).toEqual({ cursors: { [S]: 10 }, epoch: LIFE });
  });
});
