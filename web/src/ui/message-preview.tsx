import {
  Ban,
  Contact,
  File,
  Image,
  Info,
  LayoutTemplate,
  ListChecks,
  MapPin,
  Mic,
  Music,
  ShoppingBag,
  SmilePlus,
  Sticker,
  Video,
} from "lucide-react";
import type { ComponentType } from "react";
import type { MessageType } from "@/api/types";
import { t } from "@/i18n";

const ICON: Partial<Record<MessageType, ComponentType<{ className?: string }>>> = {
  image: Image,
  video: Video,
  audio: Music,
  voice: Mic,
  document: File,
  sticker: Sticker,
  location: MapPin,
  contacts: Contact,
  interactive: ListChecks,
  button: ListChecks,
  order: ShoppingBag,
  system: Info,
  reaction: SmilePlus,
  template: LayoutTemplate,
  unsupported: Ban,
};

/** The words for a message where there is room for one line only. */
export function previewText(type: MessageType, text: string | null): string {
  if (text) return text.replace(/\s+/g, " ");
  // A text without words is one that was taken back.
  return type === "text" ? t("thread.deleted") : t(`type.${type}`);
}

export function MessagePreview({ type, text }: { type: MessageType; text: string | null }) {
  const Icon = ICON[type];
  return (
    <>
      {Icon && <Icon className="me-1 inline size-3.5 shrink-0 align-[-2px]" />}
      <bdi>{previewText(type, text)}</bdi>
    </>
  );
}
