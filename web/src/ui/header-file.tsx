import { FileText, FileUp, Image, MapPin, Video } from "lucide-react";
import type { ReactNode } from "react";
import { t } from "@/i18n";

/** A file for the heading of a template, as the form holds it. */
export interface HeaderFile {
  url: string;
  mime: string;
  name: string;
}

const ACCEPT: Record<string, string> = { IMAGE: "image/jpeg,image/png", VIDEO: "video/mp4", DOCUMENT: "application/pdf" };

interface FieldProps {
  id?: string;
  format: string;
  file: HeaderFile | null;
  uploading: boolean;
  invalid?: boolean;
  describedBy?: string | undefined;
  onChoose: (file: File) => void;
}

export function HeaderFileField({ id, format, file, uploading, invalid, describedBy, onChoose }: FieldProps) {
  return (
    <label
      className={`flex cursor-pointer items-center gap-3 rounded-xl border border-dashed px-4 py-3 focus-within:outline-2 focus-within:outline-accent hover:bg-hover ${invalid ? "border-danger" : "border-line-strong"}`}
    >
      <FileUp className="size-5 shrink-0 text-accent-ink" />
      <span className="min-w-0 grow truncate">
        {file ? <bdi>{file.name}</bdi> : t("templates.chooseFile")}
        {uploading && <span className="ms-2 text-sm text-ink-3">{t("composer.uploading")}</span>}
      </span>
      <input
        id={id}
        type="file"
        accept={ACCEPT[format]}
        aria-invalid={invalid}
        aria-describedby={describedBy}
        className="sr-only"
        onChange={(event) => {
          const chosen = event.target.files?.[0];
          if (chosen) onChoose(chosen);
        }}
      />
    </label>
  );
}

const PLACE: Record<string, ReactNode> = {
  IMAGE: <Image className="size-8" />,
  VIDEO: <Video className="size-8" />,
  DOCUMENT: <FileText className="size-8" />,
  LOCATION: <MapPin className="size-8" />,
};

/** What stands above the words: the file, or the place where it will be. */
export function HeaderLook({ format, file }: { format: string; file: HeaderFile | null }) {
  if (!(format in PLACE)) return null;
  if (file?.mime.startsWith("image/")) return <img src={file.url} alt={file.name} className="mb-2 max-h-48 w-full rounded-lg object-cover" />;
  if (file?.mime.startsWith("video/")) return <video src={file.url} muted preload="metadata" aria-label={file.name} className="mb-2 max-h-48 w-full rounded-lg bg-black/80 object-contain" />;
  if (file) {
    return (
      <p className="mb-2 flex items-center gap-2 rounded-lg bg-black/4 p-2 text-sm dark:bg-white/6">
        <FileText className="size-4 shrink-0" />
        <bdi className="truncate">{file.name}</bdi>
      </p>
    );
  }
  return (
    <div aria-hidden="true" className="mb-2 flex h-28 w-full items-center justify-center rounded-lg bg-black/5 text-ink-3 dark:bg-white/6">
      {PLACE[format]}
    </div>
  );
}
