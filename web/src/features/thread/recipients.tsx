/** Whom a message to a group has reached: the ticks open the list of its members. */
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { api } from "@/api/client";
import type { Message, Recipient, RecipientCounts } from "@/api/types";
import { t } from "@/i18n";
import { dateTimeOf } from "@/i18n/format";
import { readablePhone } from "@/lib/people";
import { Avatar } from "@/ui/avatar";
import { Popover } from "@/ui/popover";
import { Skeleton } from "@/ui/states";
import { Ticks } from "@/ui/ticks";

const recipientsQuery = (messageId: string, counts: RecipientCounts) =>
  queryOptions({
    // Other counts are another answer: what arrives while the list is open shows at once.
    queryKey: ["recipients", messageId, Object.values(counts).join()] as const,
    queryFn: async ({ signal }) => (await api.get<{ items: Recipient[] }>(`/messages/${messageId}/recipients`, { signal })).items,
    placeholderData: keepPreviousData,
  });

/** The highest that holds for anybody: what one looks for. */
function summary({ total, sent, delivered, read }: RecipientCounts): string {
  if (read > 0) return t("recipients.read", { n: read, total });
  if (delivered > 0) return t("recipients.delivered", { n: delivered, total });
  return t("recipients.sent", { n: sent, total });
}

export default function Recipients({ message, counts }: { message: Message; counts: RecipientCounts }) {
  const words = summary(counts);
  return (
    <Popover
      label={t("recipients.title")}
      className="w-80 max-w-[calc(100vw-2rem)] p-0!"
      trigger={
        <button
          type="button"
          aria-label={words}
          title={words}
          className="relative inline-flex items-center gap-1 rounded-sm before:absolute before:-inset-2 hover:text-ink"
        >
          {/* Drawn, not written: the label says it in words. */}
          <span data-count={`${counts.read > 0 ? counts.read : counts.delivered}/${counts.total}`} className="tabular-nums before:content-[attr(data-count)]" />
          <Ticks status={message.status} />
        </button>
      }
    >
      {() => <Members message={message} counts={counts} />}
    </Popover>
  );
}

function Members({ message, counts }: { message: Message; counts: RecipientCounts }) {
  const { data } = useQuery(recipientsQuery(message.id, counts));
  return (
    <div className="text-start text-ink">
      <h3 className="px-4 pt-3 pb-2 text-sm font-semibold">{summary(counts)}</h3>
      {!data && <Skeleton className="mx-4 mb-4 h-24" />}
      <ul className="max-h-80 overflow-y-auto pb-2">
        {data?.map((member) => (
          <Member key={member.contact?.id ?? member.phone ?? member.name} member={member} />
        ))}
      </ul>
    </div>
  );
}

function Member({ member }: { member: Recipient }) {
  const { name, phone, contact, status, error } = member;
  const at = member.played_at ?? member.read_at ?? member.delivered_at ?? member.failed_at ?? member.sent_at;
  return (
    <li className="flex items-center gap-3 px-4 py-2">
      <Avatar name={name} seed={contact?.id ?? name} url={contact?.avatar_url} size="sm" />
      <span className="min-w-0 grow">
        <bdi className="block truncate text-sm font-medium">{name}</bdi>
        <span className="block text-xs text-ink-2">
          {phone !== null && phone !== name && (
            <>
              <bdi dir="ltr">{readablePhone(phone)}</bdi>
              {" · "}
            </>
          )}
          {at !== null && <time dateTime={new Date(at).toISOString()}>{dateTimeOf(at)}</time>}
        </span>
        {error && (
          <span className="block text-xs text-danger" dir="auto">
            {error.detail || error.title}
          </span>
        )}
      </span>
      <Ticks status={status} className="text-ink-3" />
    </li>
  );
}
