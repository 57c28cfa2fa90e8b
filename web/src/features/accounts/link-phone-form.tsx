import { useState } from "react";
import type { ApiError } from "@/api/client";
import { t } from "@/i18n";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { FormError } from "@/ui/states";
import type { StartLink } from "./link-offer";

interface PhoneFormProps {
  error: ApiError | null;
  busy: boolean;
  onStart: (how: StartLink) => void;
  onBack: () => void;
}

/** For whoever has no second screen, or a camera that is broken: WhatsApp wants to know which phone will type the code. */
export function PhoneForm({ error, busy, onStart, onBack }: PhoneFormProps) {
  const [phone, setPhone] = useState("");
  const ofField = error?.field === "phone";
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        onStart({ method: "code", phone: phone.trim() });
      }}
    >
      <p className="text-ink-2 text-pretty">{t("link.numberText")}</p>
      <TextField
        label={t("link.number")}
        hint={t("link.numberHint")}
        error={ofField ? error.message : null}
        type="tel"
        dir="ltr"
        autoComplete="tel"
        placeholder="+34 600 000 000"
        required
        // The person has just asked for it.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        value={phone}
        onChange={(event) => setPhone(event.target.value)}
      />
      {!ofField && <FormError error={error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onBack}>{t("link.withQr")}</Button>
        <Button type="submit" variant="primary" busy={busy}>
          {t("link.getCode")}
        </Button>
      </div>
    </form>
  );
}
