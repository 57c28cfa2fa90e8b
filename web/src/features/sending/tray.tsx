import { CircleAlert, File, Mic, Music, X } from "lucide-react";
import { t } from "@/i18n";
import { size } from "@/i18n/format";
import { cx } from "@/lib/cx";
import { useStore } from "@/lib/store";
import type { Attachment } from "./attachment";
import { progress } from "./pending";

/** The files above the words: how they look, how far their upload is, and a way to take each out. */
export function Tray({ items, onRemove }: { items: Attachment[]; onRemove: (clientId: string) => void }) {
  if (items.length === 0) return null;
  return (
    <ul aria-label={t("composer.files")} className="flex gap-2 overflow-x-auto p-1 pb-2">
      {items.map((item) => (
        <li key={item.client_id} className="shrink-0">
          <Tile item={item} onRemove={() => onRemove(item.client_id)} />
        </li>
      ))}
    </ul>
  );
}

const BOX = "relative h-24 overflow-hidden rounded-xl border border-line bg-hover";

function Tile({ item, onRemove }: { item: Attachment; onRemove: () => void }) {
  const { look, problem } = item;
  const picture = look.kind === "image" || look.kind === "sticker";
  return (
    <div className={cx(BOX, picture || look.kind === "video" ? "w-24" : "flex w-56 items-center gap-3 ps-3 pe-9", problem !== null && "w-64! border-danger!")}>
      {problem !== null ? (
        <p role="alert" className="flex h-full items-start gap-2 overflow-y-auto p-2 pe-8 text-sm text-danger">
          <CircleAlert className="mt-0.5 size-4 shrink-0" />
          <span className="min-w-0 [overflow-wrap:anywhere]">
            <bdi className="font-medium">{look.name}</bdi>: {problem}
          </span>
        </p>
      ) : picture ? (
        <img src={look.url} alt={look.name} className="size-full object-cover" />
      ) : look.kind === "video" ? (
        <video src={look.url} muted preload="metadata" className="size-full object-cover" aria-label={look.name} />
      ) : (
        <FileLook item={item} />
      )}
      {problem === null && <Progress clientId={item.client_id} />}
      <button
        type="button"
        aria-label={t("composer.removeFile", { name: look.name })}
        title={t("composer.removeFile", { name: look.name })}
        onClick={onRemove}
        className="absolute end-1 top-1 inline-flex size-6 items-center justify-center rounded-full bg-surface text-ink shadow-raised hover:bg-hover"
      >
        <X className="size-4" />
      </button>
    </div>
  );
}

function FileLook({ item: { look } }: { item: Attachment }) {
  const Icon = look.kind === "voice" ? Mic : look.kind === "audio" ? Music : File;
  return (
    <>
      <span className="flex size-10 shrink-0 items-center justify-center rounded-lg bg-accent-soft text-accent-ink">
        <Icon className="size-5" />
      </span>
      <span className="min-w-0">
        <bdi className="line-clamp-2 text-sm font-medium [overflow-wrap:anywhere]">{look.name}</bdi>
        <span className="text-xs text-ink-3">{size(look.size)}</span>
      </span>
    </>
  );
}

function Progress({ clientId }: { clientId: string }) {
  const share = useStore(progress, (all) => all[clientId]);
  if (share === undefined || share >= 1) return null;
  return (
    <span
      role="progressbar"
      aria-label={t("composer.uploading")}
      aria-valuenow={Math.round(share * 100)}
      aria-valuemin={0}
      aria-valuemax={100}
      className="absolute inset-x-2 bottom-2 h-1.5 overflow-hidden rounded-full bg-surface shadow-raised"
    >
      <span className="block h-full rounded-full bg-accent transition-[width]" style={{ width: `${Math.max(4, share * 100)}%` }} />
    </span>
  );
}
