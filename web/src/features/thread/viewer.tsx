import { ChevronLeft, ChevronRight, Download, X, ZoomIn, ZoomOut } from "lucide-react";
import { type KeyboardEvent, type PointerEvent, useState } from "react";
import type { Message } from "@/api/types";
import { t } from "@/i18n";
import { dateTimeOf } from "@/i18n/format";
import { ModalShell } from "@/ui/dialog";
import { RichText } from "@/ui/rich-text";

interface ViewerProps {
  items: Message[];
  openId: string;
  onClose: () => void;
}

const LARGEST = 6;
const STEP = 1.5;
const RESTING = { scale: 1, x: 0, y: 0 };

/** Pictures of the loaded thread, one at a time: arrows to move, + and − or the wheel to zoom, drag to look around. */
export default function Viewer({ items, openId, onClose }: ViewerProps) {
  const images = items.filter((item) => item.type === "image" && item.media?.state === "ready" && item.deleted_at === null);
  const [id, setId] = useState(openId);
  const [view, setView] = useState(RESTING);
  const index = images.findIndex((item) => item.id === id);
  const shown = images[index];

  const go = (step: number) => {
    const next = images[index + step];
    if (!next) return;
    setId(next.id);
    setView(RESTING);
  };
  const zoom = (factor: number) => {
    const scale = Math.min(LARGEST, Math.max(1, view.scale * factor));
    setView(scale === 1 ? RESTING : { ...view, scale });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") go(event.key === forward ? 1 : -1);
    if (event.key === "+" || event.key === "=") zoom(STEP);
    if (event.key === "-") zoom(1 / STEP);
    if (event.key === "0") setView(RESTING);
  };
  const onPointerMove = (event: PointerEvent) => {
    if (event.buttons !== 1 || view.scale === 1) return;
    setView({ ...view, x: view.x + event.movementX, y: view.y + event.movementY });
  };
  if (!shown?.media) return null;
  return (
    <ModalShell label={t("viewer.title")} onClose={onClose} className="m-0 h-dvh max-h-none w-screen max-w-none bg-[#0c0a09] text-white">
      {/* Keys work wherever the focus is inside the dialog. */}
      {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div className="flex h-full flex-col" onKeyDown={onKeyDown}>
        <header className="flex items-center gap-1 p-3">
          <p className="min-w-0 grow truncate px-2 text-sm text-white/80">
            {dateTimeOf(shown.provider_at)} · {t("viewer.place", { n: index + 1, of: images.length })}
          </p>
          <Tool label={t("viewer.zoomOut")} onClick={() => zoom(1 / STEP)} disabled={view.scale === 1}>
            <ZoomOut className="size-5" />
          </Tool>
          <Tool label={t("viewer.zoomIn")} onClick={() => zoom(STEP)} disabled={view.scale === LARGEST}>
            <ZoomIn className="size-5" />
          </Tool>
          <a href={shown.media.url} download={shown.media.filename ?? ""} aria-label={t("media.download")} title={t("media.download")} className={TOOL}>
            <Download className="size-5" />
          </a>
          <Tool label={t("action.close")} onClick={onClose}>
            <X className="size-5" />
          </Tool>
        </header>
        <div
          className="relative min-h-0 grow touch-none overflow-hidden"
          onWheel={(event) => zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15)}
          onPointerMove={onPointerMove}
        >
          <img
            src={shown.media.url}
            alt={shown.text ?? t("type.image")}
            draggable={false}
            className="size-full object-contain select-none"
            style={{ transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})`, cursor: view.scale > 1 ? "grab" : "default" }}
          />
          {index > 0 && (
            <Tool label={t("viewer.previous")} onClick={() => go(-1)} className="absolute start-3 top-1/2">
              <ChevronLeft className="size-6 rtl:-scale-x-100" />
            </Tool>
          )}
          {index < images.length - 1 && (
            <Tool label={t("viewer.next")} onClick={() => go(1)} className="absolute end-3 top-1/2">
              <ChevronRight className="size-6 rtl:-scale-x-100" />
            </Tool>
          )}
        </div>
        {shown.text && (
          <div className="p-4 text-center">
            <RichText text={shown.text} />
          </div>
        )}
      </div>
    </ModalShell>
  );
}

const TOOL =
  "inline-flex size-10 items-center justify-center rounded-full bg-white/10 hover:bg-white/20 disabled:opacity-40 focus-visible:outline-white";

interface ToolProps {
  label: string;
  onClick: () => void;
  disabled?: boolean;
  className?: string;
  children: React.ReactNode;
}

function Tool({ label, onClick, disabled, className = "", children }: ToolProps) {
  return (
    <button type="button" aria-label={label} title={label} onClick={onClick} disabled={disabled} className={`${TOOL} ${className}`}>
      {children}
    </button>
  );
}
