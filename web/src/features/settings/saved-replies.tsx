import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { MessageSquareText, Pencil, Plus } from "lucide-react";
import { useRef, useState } from "react";
import { ApiError } from "@/api/client";
import type { SavedReply } from "@/api/types";
import { hasRole, useMe } from "@/directory/api";
import { applySavedReply, savedRepliesQuery } from "@/directory/replies";
import { type Key, t } from "@/i18n";
import { VARIABLES } from "@/lib/variables";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, TextField } from "@/ui/field";
import { Card } from "@/ui/page";
import { Empty, Failed, FormError, Skeleton } from "@/ui/states";
import { toast, toastError } from "@/ui/toast";
import { createSavedReply, deleteSavedReply, updateSavedReply } from "./saved-replies-api";

const TEXT_LIMIT = 4096;

/** Everyone may look, managers and admins may change them. */
export default function SavedReplies() {
  const manager = hasRole(useMe(), "manager");
  const query = useQuery(savedRepliesQuery);
  const [editing, setEditing] = useState<SavedReply | "new" | null>(null);
  const create = manager ? (
    <Button small variant="primary" icon={<Plus className="size-4" />} onClick={() => setEditing("new")}>
      {t("savedReplies.new")}
    </Button>
  ) : null;
  const replies = query.data?.toSorted((a, b) => a.shortcut.localeCompare(b.shortcut));
  return (
    <div className="mt-4">
      <Card title={t("savedReplies.title")} actions={create}>
        <p className="-mt-2 mb-3 text-ink-3">{t("savedReplies.description")}</p>
        {query.isPending && <Skeleton className="h-32" />}
        {query.isError && !query.data && <Failed error={query.error} retry={() => void query.refetch()} />}
        {replies?.length === 0 && (
          <Empty icon={<MessageSquareText className="size-6" />} title={t("savedReplies.emptyTitle")}>
            {t(manager ? "savedReplies.emptyText" : "savedReplies.emptyAgent")}
          </Empty>
        )}
        <ul className="divide-y divide-line">
          {replies?.map((reply) => (
            <li key={reply.id} className="flex items-start gap-3 py-3 first:pt-0 last:pb-0">
              <div className="min-w-0 grow">
                <p className="flex flex-wrap items-baseline gap-x-2">
                  <span className="font-medium text-accent-ink">/{reply.shortcut}</span>
                  <bdi className="min-w-0 truncate font-medium">{reply.title}</bdi>
                </p>
                <p className="line-clamp-2 text-sm whitespace-pre-line text-ink-3" dir="auto">
                  {reply.text}
                </p>
              </div>
              {manager && (
                <IconButton label={t("savedReplies.edit", { name: reply.shortcut })} onClick={() => setEditing(reply)}>
                  <Pencil className="size-4" />
                </IconButton>
              )}
            </li>
          ))}
        </ul>
      </Card>
      {editing && <EditReply reply={editing === "new" ? null : editing} onClose={() => setEditing(null)} />}
    </div>
  );
}

function EditReply({ reply, onClose }: { reply: SavedReply | null; onClose: () => void }) {
  const client = useQueryClient();
  const [shortcut, setShortcut] = useState(reply?.shortcut ?? "");
  const [title, setTitle] = useState(reply?.title ?? "");
  const [text, setText] = useState(reply?.text ?? "");
  const area = useRef<HTMLTextAreaElement>(null);
  const save = useMutation({
    mutationFn: () => {
      const fields = { shortcut, title: title.trim(), text: text.trim() };
      return reply ? updateSavedReply(reply.id, fields) : createSavedReply(fields);
    },
    onSuccess: (saved) => {
      applySavedReply(client, saved.id, saved);
      onClose();
    },
  });
  const error = save.error instanceof ApiError ? save.error : null;
  const fieldError = (field: string) => (error?.field === field ? error.message : null);
  const insert = (variable: string) => {
    const at = area.current?.selectionStart ?? text.length;
    setText(`${text.slice(0, at)}{{${variable}}}${text.slice(area.current?.selectionEnd ?? at)}`);
    area.current?.focus();
  };
  return (
    <Dialog title={reply ? t("savedReplies.edit", { name: reply.shortcut }) : t("savedReplies.new")} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <TextField
          label={t("savedReplies.shortcut")}
          hint={t("savedReplies.shortcutHint")}
          error={fieldError("shortcut")}
          required
          dir="ltr"
          maxLength={32}
          pattern="[a-z0-9_\-]+"
          autoCapitalize="none"
          value={shortcut}
          onChange={(event) => setShortcut(event.target.value.toLowerCase().replace(/^\/|[^a-z0-9_-]/g, ""))}
        />
        <TextField label={t("savedReplies.name")} required maxLength={100} value={title} onChange={(event) => setTitle(event.target.value)} error={fieldError("title")} />
        <Field label={t("savedReplies.text")} error={fieldError("text")}>
          {(ids) => (
            <textarea ref={area} {...ids} dir="auto" required rows={5} maxLength={TEXT_LIMIT} className="control" value={text} onChange={(event) => setText(event.target.value)} />
          )}
        </Field>
        <div className="flex flex-wrap items-center gap-1.5">
          <span className="text-sm text-ink-3">{t("savedReplies.insert")}</span>
          {VARIABLES.map((variable) => (
            <button
              key={variable}
              type="button"
              title={`{{${variable}}}`}
              onClick={() => insert(variable)}
              className="rounded-full border border-line px-2.5 py-1 text-xs font-medium hover:bg-hover"
            >
              {t(`variable.${variable}` satisfies Key)}
            </button>
          ))}
        </div>
        {!error?.field && <FormError error={save.error} />}
        <div className="flex flex-wrap items-center gap-2">
          {reply && <DeleteReply reply={reply} onDone={onClose} />}
          <span className="grow" />
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="submit" variant="primary" busy={save.isPending}>
            {t("action.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Deleted at once, and made again by Undo: a question would be asked far more often than it helps. */
function DeleteReply({ reply, onDone }: { reply: SavedReply; onDone: () => void }) {
  const client = useQueryClient();
  const { shortcut, title, text } = reply;
  const restore = () => createSavedReply({ shortcut, title, text }).then((made) => applySavedReply(client, made.id, made), toastError);
  const remove = useMutation({
    mutationFn: () => deleteSavedReply(reply.id),
    onSuccess: () => {
      applySavedReply(client, reply.id, null);
      toast({ tone: "success", title: t("savedReplies.deleted"), action: { label: t("action.undo"), run: () => void restore() } });
      onDone();
    },
    onError: toastError,
  });
  return (
    <Button variant="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
      {t("action.delete")}
    </Button>
  );
}
