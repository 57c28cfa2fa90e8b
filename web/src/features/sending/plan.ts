/** From what stands in the composer to messages: which file carries the words, and what each message's body is. Pure. */
import type { SendBody } from "@/api/types";
import type { Attachment } from "./attachment";

export const TEXT_LIMIT = 4096;
const CAPTION_LIMIT = 1024;

export interface Planned {
  body: SendBody;
  attachment: Attachment | null;
}

interface Extra {
  quoteId: string | null;
  sendAt: number | null;
}

const captionable = ({ look }: Attachment) => look.kind === "image" || look.kind === "video" || look.kind === "document";

/** The first file that can have a caption carries the words; where none can, they follow as a message of their own. */
export function planMessages(text: string, attachments: Attachment[], extra: Extra, newId: () => string): Planned[] {
  const words = text.trim();
  const bearer = words !== "" && words.length <= CAPTION_LIMIT ? attachments.find(captionable) : undefined;
  const files = attachments.map((attachment) => ({ attachment, body: mediaBody(attachment, attachment === bearer ? words : null) }));
  const alone = words !== "" && !bearer ? [{ attachment: null, body: { client_id: newId(), text: { body: words, preview_url: true } } }] : [];
  return [...files, ...alone].map(({ attachment, body }, index) => ({
    attachment,
    body: {
      ...body,
      // The quote belongs to the first of several.
      ...(extra.quoteId !== null && index === 0 ? { quote_id: extra.quoteId } : {}),
      ...(extra.sendAt !== null ? { send_at: extra.sendAt } : {}),
    },
  }));
}

function mediaBody({ client_id, look }: Attachment, caption: string | null): SendBody {
  const voice = look.kind === "voice";
  return {
    client_id,
    media: {
      upload_id: "",
      ...(caption === null ? {} : { caption }),
      ...(voice ? { voice: true } : {}),
      ...(look.kind === "document" ? { filename: look.name } : {}),
    },
  };
}
