import { t } from "@/i18n";
import { MomentDialog } from "@/ui/moment-dialog";

export default function ScheduleDialog({ onSchedule, onClose }: { onSchedule: (at: number) => void; onClose: () => void }) {
  return <MomentDialog title={t("schedule.title")} explain={t("schedule.explain")} action={t("schedule.action")} onChoose={onSchedule} onClose={onClose} />;
}
