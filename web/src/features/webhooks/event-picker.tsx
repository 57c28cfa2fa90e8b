import type { WebhookEventType } from "@/api/types";
import { t } from "@/i18n";
import { Switch } from "@/ui/field";
import { EVERYTHING, GROUPS, eventName } from "./events";

interface EventPickerProps {
  value: WebhookEventType[];
  error: string | null;
  onChange: (types: WebhookEventType[]) => void;
}

export function EventPicker({ value, error, onChange }: EventPickerProps) {
  const everything = value.includes(EVERYTHING);
  return (
    <fieldset aria-describedby={error === null ? undefined : "event-error"}>
      <legend className="mb-2 block text-sm font-medium text-ink-2">{t("webhooks.events")}</legend>
      <div className="space-y-4 rounded-xl border border-line p-4">
        <Switch
          label={t("webhooks.everything")}
          hint={t("webhooks.everythingHint")}
          checked={everything}
          onChange={(on) => onChange(on ? [EVERYTHING] : [])}
        />
        {!everything && (
          <div className="grid gap-x-6 gap-y-4 border-t border-line pt-4 sm:grid-cols-2">
            {GROUPS.map(({ group, types }) => (
              <Group key={group} label={t(`webhookGroup.${group}`)} types={types} value={value} onChange={onChange} />
            ))}
          </div>
        )}
      </div>
      {error !== null && (
        <p id="event-error" className="mt-1.5 text-sm text-danger">
          {error}
        </p>
      )}
    </fieldset>
  );
}

interface GroupProps {
  label: string;
  types: readonly WebhookEventType[];
  value: WebhookEventType[];
  onChange: (types: WebhookEventType[]) => void;
}

function Group({ label, types, value, onChange }: GroupProps) {
  const toggle = (type: WebhookEventType, on: boolean) => onChange(on ? [...value, type] : value.filter((held) => held !== type));
  return (
    <div role="group" aria-label={label}>
      <p className="mb-1 text-sm font-semibold">{label}</p>
      {types.map((type) => (
        <label key={type} className="-mx-2 flex cursor-pointer items-start gap-2.5 rounded-lg px-2 py-1.5 hover:bg-hover">
          <input
            type="checkbox"
            className="mt-1 size-4 shrink-0 accent-accent"
            checked={value.includes(type)}
            onChange={(event) => toggle(type, event.target.checked)}
          />
          <span className="min-w-0">
            {eventName(type)}
            <code dir="ltr" className="block text-xs text-ink-3">
              {type}
            </code>
          </span>
        </label>
      ))}
    </div>
  );
}
