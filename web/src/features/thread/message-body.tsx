import type { Message } from "@/api/types";
import { t } from "@/i18n";
import { textAt } from "@/lib/content";
import { ContactCards, LocationCard, OrderCard, Referral, ReplyCard, UnsupportedCard } from "./cards";
import { AudioMessage, DocumentMessage, ImageMessage, StickerMessage, VideoMessage } from "./media";
import { RichText } from "./rich-text";

interface BodyProps {
  message: Message;
  onOpenImage: (messageId: string) => void;
}

export function MessageBody({ message, onOpenImage }: BodyProps) {
  return (
    <>
      <Referral content={message.content} />
      <Content message={message} onOpenImage={onOpenImage} />
    </>
  );
}

function Content({ message, onOpenImage }: BodyProps) {
  const { content } = message;
  switch (message.type) {
    case "text":
    case "template":
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
    case "interactive":
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

/** As wide as what it belongs to, however long it is. */
function Caption({ text }: { text: string | null }) {
  if (text === null || text === "") return null;
  return (
    <div className="w-0 min-w-full px-1 pt-1.5">
      <RichText text={text} />
    </div>
  );
}
