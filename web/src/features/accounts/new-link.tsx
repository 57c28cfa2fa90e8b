import { useState } from "react";
import { ApiError } from "@/api/client";
import type { Account } from "@/api/types";
import { t } from "@/i18n";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { FormError } from "@/ui/states";
import { useCreateAccount } from "./api";
import { COLORS, ColorField } from "./color-field";
import { Honest } from "./link-note";

interface NewLinkProps {
  onBack: () => void;
  onDone: (account: Account) => void;
}

/** What the team calls the phone; the number itself is told by WhatsApp once it is linked. */
export default function NewLink({ onBack, onDone }: NewLinkProps) {
  const [name, setName] = useState("");
  const [color, setColor] = useState(COLORS[3] ?? "");
  const create = useCreateAccount();
  const error = create.error instanceof ApiError ? create.error : null;
  return (
    <form
      className="space-y-5"
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate({ channel: "linked", name: name.trim(), color }, { onSuccess: onDone });
      }}
    >
      <TextField
        label={t("accounts.name")}
        hint={t("addNumber.nameHint")}
        required
        maxLength={100}
        // It is all there is to type.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        error={error?.field === "name" ? error.message : null}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <ColorField value={color} onChange={setColor} />
      <Honest />
      {!error?.field && <FormError error={create.error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onBack}>{t("action.back")}</Button>
        <Button type="submit" variant="primary" busy={create.isPending}>
          {t("link.show")}
        </Button>
      </div>
    </form>
  );
}
