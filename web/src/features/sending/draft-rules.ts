/** Drafts: which copy shows, and which events are only the echo of what this tab saved. Pure. */
import type { Draft } from "@/api/types";

export const EMPTY_DRAFT: Draft = { text: "", quote_id: null };

/** Only what is written, without what the server notes beside it. */
export function plainDraft(draft: Draft | null): Draft {
  return draft ? { text: draft.text, quote_id: draft.quote_id } : EMPTY_DRAFT;
}

export function isEmpty(draft: Draft): boolean {
  return draft.text.trim() === "" && draft.quote_id === null;
}

export function sameDraft(a: Draft | null, b: Draft | null): boolean {
  const [one, other] = [a ?? EMPTY_DRAFT, b ?? EMPTY_DRAFT];
  return one.text === other.text && one.quote_id === other.quote_id;
}

/**
 * Every save comes back as an event, perhaps after the next one has been made. An echo must not put an older text under
 * the typing hands, while the same text from another tab must be shown.
 */
export class Echoes {
  private readonly expected = new Map<string, (Draft | null)[]>();

  expect(conversationId: string, draft: Draft | null): void {
    this.expected.set(conversationId, [...(this.expected.get(conversationId) ?? []), draft]);
  }

  /** True once per save of ours. */
  take(conversationId: string, draft: Draft | null): boolean {
    const list = this.expected.get(conversationId) ?? [];
    const at = list.findIndex((item) => sameDraft(item, draft));
    if (at < 0) return false;
    // Events come in order: whatever was saved before this one has come or will not come any more.
    this.expected.set(conversationId, list.slice(at + 1));
    return true;
  }

  /** The save failed: nothing will come. */
  forget(conversationId: string, draft: Draft | null): void {
    const list = this.expected.get(conversationId) ?? [];
    const at = list.lastIndexOf(draft);
    if (at >= 0) this.expected.set(conversationId, list.toSpliced(at, 1));
  }
}
