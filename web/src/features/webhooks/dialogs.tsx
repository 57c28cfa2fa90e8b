import type { Webhook } from "@/api/types";
import { t } from "@/i18n";
import { Button } from "@/ui/button";
import { CopyField } from "@/ui/copy-field";
import { Dialog } from "@/ui/dialog";
import { FormError } from "@/ui/states";
import { toast } from "@/ui/toast";
import { type WithSecret, useRemoveWebhook, useRotateSecret } from "./api";

/** The secret, shown this once. */
export function SecretDialog({ made, onClose }: { made: WithSecret; onClose: () => void }) {
  return (
    <Dialog
      title={t("webhooks.secretTitle", { name: made.webhook.name })}
      onClose={onClose}
      footer={
        <Button variant="primary" onClick={onClose}>
          {t("action.done")}
        </Button>
      }
    >
      <div className="space-y-4">
        <p className="text-ink-2">{t("webhooks.secretText")}</p>
        <CopyField label={t("webhooks.secret")} value={made.secret} />
        <p className="text-sm text-ink-3">
          <a className="underline underline-offset-2 hover:text-ink" href="https://www.standardwebhooks.com" target="_blank" rel="noreferrer">
            {t("webhooks.verify")}
          </a>
        </p>
      </div>
    </Dialog>
  );
}

interface AskProps {
  webhook: Webhook;
  onClose: () => void;
}

export function NewSecretDialog({ webhook, onClose, onMade }: AskProps & { onMade: (made: WithSecret) => void }) {
  const rotate = useRotateSecret(webhook.id);
  return (
    <Dialog
      title={t("webhooks.newSecretTitle", { name: webhook.name })}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button variant="primary" busy={rotate.isPending} onClick={() => rotate.mutate(undefined, { onSuccess: onMade })}>
            {t("webhooks.makeSecret")}
          </Button>
        </>
      }
    >
      <p className="mb-3 text-ink-2">{t("webhooks.newSecretText")}</p>
      <FormError error={rotate.error} />
    </Dialog>
  );
}

export function RemoveDialog({ webhook, onClose }: AskProps) {
  const remove = useRemoveWebhook(webhook.id);
  const removed = () => {
    toast({ tone: "success", title: t("webhooks.removed") });
    onClose();
  };
  return (
    <Dialog
      title={t("webhooks.removeTitle", { name: webhook.name })}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button variant="danger" busy={remove.isPending} onClick={() => remove.mutate(undefined, { onSuccess: removed })}>
            {t("webhooks.remove")}
          </Button>
        </>
      }
    >
      <p className="mb-3 text-ink-2">{t("webhooks.removeText")}</p>
      <FormError error={remove.error} />
    </Dialog>
  );
}
