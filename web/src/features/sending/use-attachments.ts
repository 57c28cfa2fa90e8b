import { useState } from "react";
import { ApiError } from "@/api/client";
import { errorText } from "@/ui/toast";
import { type Attachment, attachmentOf } from "./attachment";
import { endUpload, upload } from "./upload";

export interface Attachments {
  items: Attachment[];
  add: (files: Iterable<File>) => Promise<void>;
  remove: (clientId: string) => void;
  /** They are in the outbox now, with their uploads. */
  release: () => void;
}

/** The files in the composer. Their uploads begin at once: often done before the caption is written. */
export function useAttachments(conversationId: string): Attachments {
  const [items, setItems] = useState<Attachment[]>([]);
  const change = (clientId: string, over: (held: Attachment) => Attachment) =>
    setItems((held) => held.map((item) => (item.client_id === clientId ? over(item) : item)));

  const begin = (item: Attachment) => {
    upload(item.client_id, conversationId, item.file, item.look.name).then(
      ({ kind }) => change(item.client_id, (held) => ({ ...held, look: { ...held.look, kind } })),
      (error: unknown) => {
        // Without a connection it goes on in the outbox; what the server refuses must be known before it is sent.
        if (error instanceof ApiError && error.status >= 400 && error.status < 500) change(item.client_id, (held) => ({ ...held, problem: errorText(error) }));
      },
    );
  };
  return {
    items,
    add: async (files) => {
      const added = await Promise.all(Array.from(files, attachmentOf));
      setItems((held) => [...held, ...added]);
      for (const item of added) begin(item);
    },
    remove: (clientId) => {
      endUpload(clientId);
      setItems((held) => held.filter((item) => item.client_id !== clientId));
    },
    release: () => setItems([]),
  };
}
