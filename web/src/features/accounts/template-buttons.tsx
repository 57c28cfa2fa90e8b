import { Copy, CornerUpLeft, ExternalLink, Phone, Plus, X } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { t } from "@/i18n";
import { ADDRESS_END, type ButtonForm, type ButtonKind, LIMITS, addButton, isVariableAddress, mayAdd } from "@/lib/template-form";
import { Button, IconButton } from "@/ui/button";
import { TextField } from "@/ui/field";
import { Menu, MenuItem } from "@/ui/menu";
import type { PartProps } from "./template-editor";

const KINDS: readonly ButtonKind[] = ["quick_reply", "url", "phone_number", "copy_code"];

const ICON: Record<ButtonKind, ReactNode> = {
  quick_reply: <CornerUpLeft className="size-4 rtl:-scale-x-100" />,
  url: <ExternalLink className="size-4" />,
  phone_number: <Phone className="size-4" />,
  copy_code: <Copy className="size-4" />,
};

export function Buttons({ form, set, problemAt }: PartProps) {
  const { buttons } = form;
  const rows = useRef<HTMLFieldSetElement>(null);
  const add = (kind: ButtonKind) => {
    const next = addButton(buttons, kind);
    set({ buttons: next });
    const at = next.findIndex((button) => !buttons.includes(button));
    // After the menu has given the focus back and the row is drawn.
    requestAnimationFrame(() => rows.current?.querySelectorAll("[role=group]")[at]?.querySelector("input")?.focus());
  };
  const offered = KINDS.filter((kind) => mayAdd(buttons, kind));
  return (
    <fieldset ref={rows} className="space-y-3">
      <legend className="mb-1.5 text-sm font-medium text-ink-2">{t("accountTemplates.buttons")}</legend>
      {buttons.map((button, index) => (
        <div key={button.id} role="group" aria-label={t("accountTemplates.buttonN", { n: index + 1 })} className="rounded-xl border border-line p-3">
          <div className="mb-2 flex items-center gap-2 text-sm font-medium text-ink-2">
            {button.kind !== "other" && ICON[button.kind]}
            <span className="grow">{t(`templateButton.${button.kind}`)}</span>
            <IconButton label={t("accountTemplates.removeButton", { n: index + 1 })} className="-my-1.5 -me-1.5" onClick={() => set({ buttons: buttons.toSpliced(index, 1) })}>
              <X className="size-4" />
            </IconButton>
          </div>
          <ButtonFields
            button={button}
            change={(change) => set({ buttons: buttons.with(index, { ...button, ...change }) })}
            problemAt={(name) => problemAt(`buttons.${index}.${name}`)}
          />
        </div>
      ))}
      {offered.length > 0 && (
        <Menu
          align="start"
          trigger={
            <Button small icon={<Plus className="size-4" />} aria-label={t("accountTemplates.addButton")}>
              {t("accountTemplates.addButton")}
            </Button>
          }
        >
          {offered.map((kind) => (
            <MenuItem key={kind} icon={ICON[kind]} onSelect={() => add(kind)}>
              {t(`templateButton.${kind}`)}
            </MenuItem>
          ))}
        </Menu>
      )}
    </fieldset>
  );
}

interface ButtonFieldsProps {
  button: ButtonForm;
  change: (change: Partial<ButtonForm>) => void;
  problemAt: (name: string) => string | null;
}

function ButtonFields({ button, change, problemAt }: ButtonFieldsProps) {
  const label = (
    <TextField label={t("accountTemplates.buttonText")} error={problemAt("text")} maxLength={LIMITS.button} value={button.text} onChange={(event) => change({ text: event.target.value })} />
  );
  switch (button.kind) {
    case "quick_reply":
      return label;
    case "url":
      return (
        <div className="space-y-3">
          {label}
          <Address button={button} change={change} problemAt={problemAt} />
        </div>
      );
    case "phone_number":
      return (
        <div className="grid gap-3 sm:grid-cols-2">
          {label}
          <TextField label={t("accountTemplates.phone")} type="tel" dir="ltr" placeholder="+44 20 7946 0000" error={problemAt("phone")} maxLength={LIMITS.phone} value={button.phone} onChange={(event) => change({ phone: event.target.value })} />
        </div>
      );
    case "copy_code":
      return (
        <TextField
          label={t("accountTemplates.code")}
          hint={t("accountTemplates.codeHint")}
          dir="ltr"
          error={problemAt("code")}
          maxLength={LIMITS.code}
          value={button.code}
          onChange={(event) => change({ code: event.target.value })}
        />
      );
    case "other":
      return <p className="text-sm text-ink-3">{t("accountTemplates.otherButton")}</p>;
  }
}

/** An address that is the same for everybody, or one whose end is filled in when the template is sent. */
function Address({ button, change, problemAt }: ButtonFieldsProps) {
  const isVariable = isVariableAddress(button.url);
  return (
    <>
      <TextField
        label={t("accountTemplates.url")}
        type="url"
        dir="ltr"
        placeholder="https://example.com/order"
        error={problemAt("url")}
        maxLength={LIMITS.url}
        value={button.url}
        onChange={(event) => change({ url: event.target.value })}
      />
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={isVariable}
          onChange={(event) => change({ url: event.target.checked ? button.url.trim() + ADDRESS_END : button.url.replaceAll(/\{\{.*?\}\}/g, "") })}
        />
        {t("accountTemplates.urlVariable")}
      </label>
      {isVariable && (
        <TextField
          label={t("accountTemplates.urlExample")}
          dir="ltr"
          error={problemAt("example")}
          value={button.example}
          onChange={(event) => change({ example: event.target.value })}
        />
      )}
    </>
  );
}
