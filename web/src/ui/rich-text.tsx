import { memo } from "react";
import { cx } from "@/lib/cx";
import { type Piece, isFewEmoji, parseText } from "@/lib/whatsapp-text";

/** A message's words with WhatsApp's marks. Everything is drawn as text nodes, so nothing can become markup. */
export const RichText = memo(function RichText({ text }: { text: string }) {
  return (
    <div
      dir="auto"
      className={cx("min-w-0 [overflow-wrap:anywhere] whitespace-pre-wrap", isFewEmoji(text) ? "text-[2.25rem] leading-tight" : "text-md")}
    >
      <Pieces pieces={parseText(text)} />
    </div>
  );
});

function Pieces({ pieces }: { pieces: Piece[] }) {
  // The pieces of a text never move, so their place is their identity.
  return pieces.map((piece, index) => <PieceNode key={index} piece={piece} />);
}

function PieceNode({ piece }: { piece: Piece }) {
  switch (piece.kind) {
    case "text":
      return piece.text;
    case "link":
      return (
        <a href={piece.href} target="_blank" rel="noopener noreferrer" className="underline decoration-1 underline-offset-2 hover:decoration-2">
          {piece.text}
        </a>
      );
    case "code":
      return piece.block ? (
        <code className="my-1 block rounded-lg bg-black/5 px-2 py-1.5 font-mono text-sm dark:bg-white/8">{piece.text}</code>
      ) : (
        <code className="rounded bg-black/5 px-1 font-mono text-[0.92em] dark:bg-white/8">{piece.text}</code>
      );
    case "bold":
      return (
        <strong className="font-semibold">
          <Pieces pieces={piece.pieces} />
        </strong>
      );
    case "italic":
      return (
        <em>
          <Pieces pieces={piece.pieces} />
        </em>
      );
    case "strike":
      return (
        <s>
          <Pieces pieces={piece.pieces} />
        </s>
      );
  }
}
