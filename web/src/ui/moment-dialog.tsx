import { useState } from "react";
import { t } from "@/i18n";
import { HOUR_MS, dateTimeOf } from "@/i18n/format";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { TextField } from "./field";

interface MomentProps {
  title: string;
  explain: string;
  action: string;
  onChoose: (at: number) => void;
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

/** Chooses a moment to come: one of a few usual ones, or any other. */
export function MomentDialog({ title, explain, action, onChoose, onClose }: MomentProps) {
  const [openedAt] = useState(() => Date.now());
  const [custom, setCustom] = useState(() => fieldValue(morningIn(1)));
  const chosen = new Date(custom).getTime();
  const choices = [
    { label: t("snooze.hour"), at: openedAt + HOUR_MS },
    { label: t("snooze.later"), at: openedAt + 3 * HOUR_MS },
    { label: t("snooze.tomorrow"), at: morningIn(1) },
    { label: t("snooze.monday"), at: nextMonday() },
  ];
  return (
    <Dialog title={title} onClose={onClose}>
      <p className="mb-4 text-ink-3">{explain}</p>
      <ul className="space-y-2">
        {choices.map(({ label, at }) => (
          <li key={label}>
            <Button className="w-full justify-between!" onClick={() => onChoose(at)}>
              {label}
              <span className="text-sm font-normal text-ink-3">{dateTimeOf(at)}</span>
            </Button>
          </li>
        ))}
      </ul>
      <form
        className="mt-4 flex items-end gap-2 border-t border-line pt-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (chosen > openedAt) onChoose(chosen);
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
          {action}
        </Button>
      </form>
    </Dialog>
  );
}
