import { useState } from "react";
import type { Message } from "@/api/types";
import { t } from "@/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { toastError } from "@/ui/toast";
import { deleteMessage, newClientId } from "./api";

interface DeleteDialogProps {
  message: Message;
  onChanged: (message: Message) => void;
  onClose: () => void;
}

/** Asked once: what is deleted for everyone can't be brought back. */
export function DeleteDialog({ message, onChanged, onClose }: DeleteDialogProps) {
  const [busy, setBusy] = useState(false);
  const remove = () => {
    setBusy(true);
    deleteMessage(message.id, newClientId()).then(onChanged, toastError).finally(onClose);
  };
  return (
    <Dialog
      title={t("change.deleteTitle")}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button variant="danger" busy={busy} onClick={remove}>
            {t("change.delete")}
          </Button>
        </>
      }
    >
      {message.text !== null && (
        <p className="mb-3 line-clamp-3 rounded-xl bg-bubble-out px-3 py-2 [overflow-wrap:anywhere]" dir="auto">
          {message.text}
        </p>
      )}
      <p className="text-ink-2">{t("change.deleteText")}</p>
    </Dialog>
  );
}
