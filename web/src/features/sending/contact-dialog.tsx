import { useState } from "react";
import type { ContactCard } from "@/api/types";
import { t } from "@/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";

interface ContactProps {
  onSend: (card: ContactCard) => void;
  onClose: () => void;
}

export default function ContactDialog({ onSend, onClose }: ContactProps) {
  const [name, setName] = useState("");
  const [phone, setPhone] = useState("");
  const [email, setEmail] = useState("");
  const [organisation, setOrganisation] = useState("");
  const card = (): ContactCard => ({
    name: name.trim(),
    ...(organisation.trim() === "" ? {} : { organisation: organisation.trim() }),
    phones: phone.trim() === "" ? [] : [{ phone: phone.trim() }],
    ...(email.trim() === "" ? {} : { emails: [email.trim()] }),
  });
  return (
    <Dialog title={t("contactCard.title")} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          onSend(card());
        }}
      >
        <TextField label={t("contact.name")} required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        <TextField
          label={t("contact.phone")}
          hint={t("contact.phoneHint")}
          type="tel"
          dir="ltr"
          required
          pattern="\+?[0-9 \(\)\.\-]{6,24}"
          value={phone}
          onChange={(event) => setPhone(event.target.value)}
        />
        <TextField label={t("user.email")} type="email" dir="ltr" value={email} onChange={(event) => setEmail(event.target.value)} />
        <TextField label={t("contactCard.organisation")} maxLength={100} value={organisation} onChange={(event) => setOrganisation(event.target.value)} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="submit" variant="primary">
            {t("composer.send")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
