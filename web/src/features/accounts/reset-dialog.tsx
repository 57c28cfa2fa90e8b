import type { Account } from "@/api/types";
import { t } from "@/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { FormError } from "@/ui/states";
import { useResetLink } from "./link-offer";

interface ResetDialogProps {
  account: Account;
  onClose: () => void;
  /** It waits to be linked again now. */
  onDone: () => void;
}

/** Always works, whatever the link's state; asked once, because messages stop until the phone is linked again. */
export default function ResetDialog({ account, onClose, onDone }: ResetDialogProps) {
  const reset = useResetLink(account.id);
  return (
    <Dialog
      title={t("reset.title", { name: account.name })}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button variant="danger" busy={reset.isPending} onClick={() => reset.mutate(undefined, { onSuccess: onDone })}>
            {t("linkHelp.reset")}
          </Button>
        </>
      }
    >
      <ul className="list-disc space-y-2 ps-5 text-ink-2 marker:text-ink-3">
        <li>{t("reset.ends")}</li>
        <li>{t("reset.stays")}</li>
        <li>{t("reset.next")}</li>
      </ul>
      {reset.error && (
        <div className="mt-4">
          <FormError error={reset.error} />
        </div>
      )}
    </Dialog>
  );
}
