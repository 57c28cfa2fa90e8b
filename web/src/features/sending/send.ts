/** Puts what was written into the outbox, with the bubble that stands for it. */
import type { Conversation, Message, SendBody } from "@/api/types";
import { newClientId } from "./api";
import type { LocalFile } from "./local";
import { localMessage, quotedOf } from "./local";
import { enqueue } from "./outbox";
import type { Pending } from "./pending";
import type { Planned } from "./plan";

export interface Sender {
  conversation: Conversation;
  userId: string;
  findMessage: (id: string) => Message | undefined;
}

export type Content = Omit<SendBody, "client_id">;

function entry({ conversation, userId, findMessage }: Sender, body: SendBody, at: number, file: { blob: Blob; look: LocalFile } | null, template: Record<string, unknown> | null): Pending {
  const quoted = body.quote_id === undefined ? undefined : findMessage(body.quote_id);
  const message = localMessage(body, {
    account_id: conversation.account_id,
    conversation_id: conversation.id,
    author_id: userId,
    at,
    quoted: quoted ? quotedOf(quoted) : null,
    file: file?.look ?? null,
    template,
  });
  return { client_id: body.client_id, user_id: userId, conversation_id: conversation.id, body, message, file: file?.blob ?? null, state: "waiting" };
}

export function sendPlanned(sender: Sender, planned: Planned[]): void {
  const now = Date.now();
  enqueue(
    planned.map(({ body, attachment }, index) =>
      // A millisecond apart, so that they have one order everywhere.
      entry(sender, body, now + index, attachment && { blob: attachment.file, look: attachment.look }, null),
    ),
  );
}

export function sendContent(sender: Sender, content: Content, template?: Record<string, unknown>): void {
  enqueue([entry(sender, { client_id: newClientId(), ...content }, Date.now(), null, template ?? null)]);
}
