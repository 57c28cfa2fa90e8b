import { CalendarClock, Contact, File, Images, LayoutTemplate, ListChecks, MapPin, Plus } from "lucide-react";
import { useRef } from "react";
import { t } from "@/i18n";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu";
import type { Allowed } from "./allowed";
import type { ComposerDialog } from "./dialogs";

interface MoreProps {
  can: Allowed;
  onFiles: (files: FileList) => void;
  onDialog: (which: ComposerDialog) => void;
  canSchedule: boolean;
}

const ICON = "size-4.5 text-ink-3";

/** Everything that is not words: files, places, cards, templates, buttons. */
export function More({ can, onFiles, onDialog, canSchedule }: MoreProps) {
  const pictures = useRef<HTMLInputElement>(null);
  const anything = useRef<HTMLInputElement>(null);
  return (
    <>
      <FileInput input={pictures} accept="image/jpeg,image/png,image/webp,video/mp4,video/3gpp" label={t("more.pictures")} onFiles={onFiles} />
      <FileInput input={anything} label={t("more.document")} onFiles={onFiles} />
      <Menu
        align="start"
        trigger={
          <IconButton label={t("more.title")} className="mb-0.5 size-10 rounded-full!">
            <Plus className="size-5.5" />
          </IconButton>
        }
      >
        {can.pictures && (
          <MenuItem icon={<Images className={ICON} />} onSelect={() => pictures.current?.click()}>
            {t("more.pictures")}
          </MenuItem>
        )}
        {can.files && (
          <MenuItem icon={<File className={ICON} />} onSelect={() => anything.current?.click()}>
            {t("more.document")}
          </MenuItem>
        )}
        {can.location && (
          <MenuItem icon={<MapPin className={ICON} />} onSelect={() => onDialog("location")}>
            {t("type.location")}
          </MenuItem>
        )}
        {can.contacts && (
          <MenuItem icon={<Contact className={ICON} />} onSelect={() => onDialog("contact")}>
            {t("type.contacts")}
          </MenuItem>
        )}
        {(can.template || can.interactive) && <MenuSeparator />}
        {can.template && (
          <MenuItem icon={<LayoutTemplate className={ICON} />} onSelect={() => onDialog("templates")}>
            {t("type.template")}
          </MenuItem>
        )}
        {can.interactive && (
          <MenuItem icon={<ListChecks className={ICON} />} onSelect={() => onDialog("interactive")}>
            {t("more.interactive")}
          </MenuItem>
        )}
        {canSchedule && (
          <>
            {can.more && <MenuSeparator />}
            <MenuItem icon={<CalendarClock className={ICON} />} onSelect={() => onDialog("schedule")}>
              {t("composer.sendLater")}
            </MenuItem>
          </>
        )}
      </Menu>
    </>
  );
}

interface FileInputProps {
  input: React.RefObject<HTMLInputElement | null>;
  label: string;
  accept?: string;
  onFiles: (files: FileList) => void;
}

function FileInput({ input, label, accept, onFiles }: FileInputProps) {
  return (
    <input
      ref={input}
      type="file"
      multiple
      hidden
      aria-label={label}
      accept={accept}
      onChange={(event) => {
        if (event.target.files && event.target.files.length > 0) onFiles(event.target.files);
        // The same file may be chosen again.
        event.target.value = "";
      }}
    />
  );
}
