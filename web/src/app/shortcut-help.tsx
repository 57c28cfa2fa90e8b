import { type Key, t } from "@/i18n";
import { Dialog } from "@/ui/dialog";

const KEYS: readonly { keys: string[]; what: Key }[] = [
  { keys: ["J", "K"], what: "help.move" },
  { keys: ["Enter"], what: "help.open" },
  { keys: ["R"], what: "help.reply" },
  { keys: ["A"], what: "help.assign" },
  { keys: ["E"], what: "help.resolve" },
  { keys: ["S"], what: "help.snooze" },
  { keys: ["/"], what: "help.search" },
  { keys: ["Ctrl", "K"], what: "help.palette" },
  { keys: ["?"], what: "help.help" },
];

export default function ShortcutHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t("help.title")} onClose={onClose}>
      <dl className="divide-y divide-line">
        {KEYS.map(({ keys, what }) => (
          <div key={what} className="flex items-center justify-between gap-4 py-2.5">
            <dt>{t(what)}</dt>
            <dd className="flex gap-1">
              {keys.map((key) => (
                <kbd key={key} className="min-w-7 rounded-md border border-line bg-hover px-1.5 py-0.5 text-center font-sans text-sm font-medium">
                  {key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
