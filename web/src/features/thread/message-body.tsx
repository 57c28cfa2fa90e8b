import { Suspense, lazy } from "react";
import type { Message } from "@/api/types";
import { t } from "@/i18n";
import { objectAt, textAt } from "@/lib/content";
import { surely } from "@/lib/lazy";
import { RichText } from "@/ui/rich-text";
import { Skeleton } from "@/ui/states";
import { AudioMessage, DocumentMessage, ImageMessage, StickerMessage, VideoMessage } from "./media";

/** Cards are fetched when the first one comes into a thread; words and pictures are what most messages are. */
const ContactCards = lazy(surely(async () => ({ default: (await import("./cards")).ContactCards })));
const LocationCard = lazy(surely(async () => ({ default: (await import("./cards")).LocationCard })));
const OrderCard = lazy(surely(async () => ({ default: (await import("./cards")).OrderCard })));
const Referral = lazy(surely(async () => ({ default: (await import("./cards")).Referral })));
const ReplyCard = lazy(surely(async () => ({ default: (await import("./cards")).ReplyCard })));
const UnsupportedCard = lazy(surely(async () => ({ default: (await import("./cards")).UnsupportedCard })));
const SentCard = lazy(surely(async () => ({ default: (await import("@/ui/sent-card")).SentCard })));

interface BodyProps {
  message: Message;
  onOpenImage: (messageId: string) => void;
}

export function MessageBody({ message, onOpenImage }: BodyProps) {
  return (
    <Suspense fallback={<Skeleton className="h-20 w-64 max-w-full" />}>
      {objectAt(message.content, "referral") && <Referral content={message.content} />}
      <Content message={message} onOpenImage={onOpenImage} />
    </Suspense>
  );
}

function Content({ message, onOpenImage }: BodyProps) {
  const { content } = message;
  switch (message.type) {
    case "text":
      return <RichText text={message.text ?? ""} />;
    case "image":
    case "video":
    case "audio":
    case "voice":
    case "document":
    case "sticker":
      return <MediaContent message={message} onOpenImage={onOpenImage} />;
    case "location":
      return <LocationCard content={content} />;
    case "contacts":
      return <ContactCards content={content} />;
    case "template":
      return <SentCard content={content} text={message.text} media={<TemplateHeader message={message} onOpenImage={onOpenImage} />} />;
    case "interactive":
      if (message.direction === "out") return <SentCard content={content} text={message.text} />;
      return <ReplyCard message={message} />;
    case "button":
      return <ReplyCard message={message} />;
    case "order":
      return (
        <>
          <OrderCard content={content} />
          <Caption text={textAt(content, "text")} />
        </>
      );
    case "reaction":
      return <RichText text={t("thread.reacted", { emoji: message.text ?? "" })} />;
    case "unsupported":
      return <UnsupportedCard content={content} />;
    case "system":
      return null;
  }
}

function MediaContent({ message, onOpenImage }: BodyProps) {
  const { media, content } = message;
  // A message whose media row is not there yet still says what it is.
  if (!media) return <RichText text={message.text ?? t(`type.${message.type}`)} />;
  const caption = message.text ?? textAt(content, "caption");
  switch (message.type) {
    case "image":
      return (
        <>
          <ImageMessage message={message} onOpen={() => onOpenImage(message.id)} />
          <Caption text={caption} />
        </>
      );
    case "video":
      return (
        <>
          <VideoMessage media={media} />
          <Caption text={caption} />
        </>
      );
    case "sticker":
      return <StickerMessage media={media} />;
    case "audio":
    case "voice":
      return <AudioMessage media={media} voice={message.type === "voice"} />;
    default:
      return (
        <>
          <DocumentMessage media={media} filename={textAt(content, "filename")} />
          <Caption text={caption} />
        </>
      );
  }
}

/** The picture, film or file above a template's words. */
function TemplateHeader({ message, onOpenImage }: BodyProps) {
  const { media } = message;
  if (!media) return null;
  const look = media.mime.startsWith("image/") ? (
    <ImageMessage message={message} onOpen={() => onOpenImage(message.id)} />
  ) : media.mime.startsWith("video/") ? (
    <VideoMessage media={media} />
  ) : (
    <DocumentMessage media={media} filename={media.filename} />
  );
  return <div className="mb-2">{look}</div>;
}

/** As wide as what it belongs to, however long it is. */
function Caption({ text }: { text: string | null }) {
  if (text === null || text === "") return null;
  return (
    <div className="w-0 min-w-full px-1 pt-1.5">
      <RichText text={text} />
    </div>
  );
}
