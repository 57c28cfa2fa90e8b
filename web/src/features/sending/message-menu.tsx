import { EllipsisVertical, PenLine, Trash2 } from "lucide-react";
import type { Message } from "@/api/types";
import { useAccount } from "@/directory/api";
import { t } from "@/i18n";
import { useMinute } from "@/lib/clock";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/menu";
import { changesOf } from "./allowed";
import { wish } from "./pending";

/** What can still be changed of a message of ours: nothing where the account can't, or where it is too late. */
export default function MessageMenu({ message }: { message: Message }) {
  const can = changesOf(message, useAccount(message.account_id), useMinute());
  if (!can.edit && !can.delete) return null;
  return (
    <Menu
      trigger={
        <IconButton label={t("change.more")} className="size-8 rounded-full!">
          <EllipsisVertical className="size-4.5" />
        </IconButton>
      }
    >
      {can.edit && (
        <MenuItem icon={<PenLine className="size-4 text-ink-3" />} onSelect={() => wish.set({ kind: "edit", message })}>
          {t("change.edit")}
        </MenuItem>
      )}
      {can.delete && (
        <MenuItem icon={<Trash2 className="size-4 text-danger" />} onSelect={() => wish.set({ kind: "delete", message })}>
          {t("change.delete")}
        </MenuItem>
      )}
    </Menu>
  );
}
