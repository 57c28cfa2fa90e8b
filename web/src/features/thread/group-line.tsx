/** What happened to a group, in words. Comes late: until then the line says it in English, as it is stored. */
import { t } from "@/i18n";
import { listAt, objectAt, textAt } from "@/lib/content";

type Content = Record<string, unknown>;

const KEYS = {
  group_joined: "group.joined",
  group_left: "group.left",
  group_added: "group.added",
  group_removed: "group.removed",
  group_renamed: "group.renamed",
} as const;

function nameOf(who: Content | null): string {
  if (who === null) return t("group.somebody");
  return who.us === true ? t("group.you") : (textAt(who, "name") ?? t("group.somebody"));
}

export function GroupLine({ content }: { content: Content }) {
  const key = KEYS[textAt(content, "type") as keyof typeof KEYS];
  const who = listAt(content, "members").map(nameOf).join(", ");
  return <>{t(key, { who, by: nameOf(objectAt(content, "by")), subject: textAt(content, "subject") ?? "" })}</>;
}
