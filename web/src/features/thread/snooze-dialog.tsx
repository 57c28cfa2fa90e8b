import { useState } from "react";
import { t } from "@/i18n";
import { HOUR_MS, dateTimeOf } from "@/i18n/format";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";

interface SnoozeProps {
  onSnooze: (until: number) => void;
  onClose: () => void;
}

const MORNING = 9;

function morningIn(days: number): number {
  const date = new Date();
  date.setDate(date.getDate() + days);
  return date.setHours(MORNING, 0, 0, 0);
}

function nextMonday(): number {
  const days = (8 - new Date().getDay()) % 7;
  return morningIn(days === 0 ? 7 : days);
}

/** A moment in the form that the browser's own date and time field wants: local time without a zone. */
function fieldValue(at: number): string {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function SnoozeDialog({ onSnooze, onClose }: SnoozeProps) {
  const [openedAt] = useState(() => Date.now());
  const [custom, setCustom] = useState(() => fieldValue(morningIn(1)));
  const chosen = new Date(custom).getTime();
  const choices = [
    { label: t("snooze.hour"), until: openedAt + HOUR_MS },
    { label: t("snooze.later"), until: openedAt + 3 * HOUR_MS },
    { label: t("snooze.tomorrow"), until: morningIn(1) },
    { label: t("snooze.monday"), until: nextMonday() },
  ];
  return (
    <Dialog title={t("snooze.title")} onClose={onClose}>
      <p className="mb-4 text-ink-3">{t("snooze.explain")}</p>
      <ul className="space-y-2">
        {choices.map(({ label, until }) => (
          <li key={label}>
            <Button className="w-full justify-between!" onClick={() => onSnooze(until)}>
              {label}
              <span className="text-sm font-normal text-ink-3">{dateTimeOf(until)}</span>
            </Button>
          </li>
        ))}
      </ul>
      <form
        className="mt-4 flex items-end gap-2 border-t border-line pt-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (chosen > openedAt) onSnooze(chosen);
        }}
      >
        <div className="min-w-0 grow">
          <TextField
            label={t("snooze.custom")}
            type="datetime-local"
            required
            min={fieldValue(openedAt)}
            value={custom}
            onChange={(event) => setCustom(event.target.value)}
          />
        </div>
        <Button type="submit" variant="primary">
          {t("thread.snooze")}
        </Button>
      </form>
    </Dialog>
  );
}
