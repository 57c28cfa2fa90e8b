import { useState } from "react";
import { ApiError } from "@/api/client";
import type { Contact } from "@/api/types";
import { t } from "@/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { FormError } from "@/ui/states";
import { useCreateContact } from "./api";

interface CreateProps {
  onClose: () => void;
  onCreated: (contact: Contact) => void;
}

export function CreateContact({ onClose, onCreated }: CreateProps) {
  const [name, setName] = useState("");
  const [phone, setPhone] = useState("");
  const create = useCreateContact();
  const field = create.error instanceof ApiError ? create.error.field : null;
  return (
    <Dialog title={t("contacts.new")} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate({ name: name.trim(), phone: phone.trim() }, { onSuccess: onCreated });
        }}
      >
        <TextField
          label={t("contact.name")}
          required
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={field === "name" ? create.error?.message : null}
        />
        <TextField
          label={t("contact.phone")}
          hint={t("contact.phoneHint")}
          type="tel"
          dir="ltr"
          required
          placeholder="+34 600 000 000"
          value={phone}
          onChange={(event) => setPhone(event.target.value)}
          error={field === "phone" ? create.error?.message : null}
        />
        {field === null && <FormError error={create.error} />}
        <div className="flex justify-end gap-2 pt-2">
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="submit" variant="primary" busy={create.isPending}>
            {t("action.create")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
