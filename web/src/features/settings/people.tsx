import { useQuery } from "@tanstack/react-query";
import { Pencil, UserRoundPlus } from "lucide-react";
import { useState } from "react";
import { ApiError } from "@/api/client";
import type { Role, User } from "@/api/types";
import { useMe, usersQuery } from "@/directory/api";
import { t } from "@/i18n";
import { PASSWORD_LENGTH } from "@/lib/password";
import { useStore } from "@/lib/store";
import { online } from "@/realtime/hints";
import { Avatar } from "@/ui/avatar";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { SelectField, Switch, TextField } from "@/ui/field";
import { Card } from "@/ui/page";
import { Badge, FormError, Skeleton } from "@/ui/states";
import { useChangeUser, useCreateUser } from "./api";

const ROLES: readonly Role[] = ["agent", "manager", "admin"];

export function People() {
  const { data: users } = useQuery(usersQuery);
  const [creating, setCreating] = useState(false);
  const [editing, setEditing] = useState<User | null>(null);
  return (
    <div className="mt-4">
      <Card
        title={t("people.title")}
        actions={
          <Button small variant="primary" icon={<UserRoundPlus className="size-4" />} onClick={() => setCreating(true)}>
            {t("people.new")}
          </Button>
        }
      >
        {!users && <Skeleton className="h-40" />}
        <ul className="divide-y divide-line">
          {users?.map((user) => (
            <PersonRow key={user.id} user={user} onEdit={() => setEditing(user)} />
          ))}
        </ul>
      </Card>
      {creating && <CreatePerson onClose={() => setCreating(false)} />}
      {editing && <EditPerson user={editing} onClose={() => setEditing(null)} />}
    </div>
  );
}

function PersonRow({ user, onEdit }: { user: User; onEdit: () => void }) {
  const me = useMe().user.id;
  const here = useStore(online, (ids) => ids.includes(user.id));
  return (
    <li className="flex items-center gap-3 py-3 first:pt-0 last:pb-0">
      <Avatar name={user.name} seed={user.id} online={here} />
      <div className="min-w-0 grow">
        <p className="flex flex-wrap items-center gap-2">
          <bdi className="truncate font-medium">{user.name}</bdi>
          {user.id === me && <Badge tone="accent">{t("people.you")}</Badge>}
          {user.disabled && <Badge tone="danger">{t("people.disabled")}</Badge>}
          {here && <span className="sr-only">{t("people.online")}</span>}
        </p>
        <p dir="ltr" className="truncate text-sm text-ink-3 rtl:text-end">
          {user.email}
        </p>
      </div>
      <span className="text-sm text-ink-2">{t(`role.${user.role}`)}</span>
      <IconButton label={t("people.edit", { name: user.name })} onClick={onEdit}>
        <Pencil className="size-4" />
      </IconButton>
    </li>
  );
}

function RoleField({ value, disabled, onChange }: { value: Role; disabled?: boolean; onChange: (role: Role) => void }) {
  return (
    <SelectField
      label={t("user.role")}
      hint={t(`roleHint.${value}`)}
      value={value}
      disabled={disabled}
      onChange={(event) => onChange(event.target.value as Role)}
    >
      {ROLES.map((role) => (
        <option key={role} value={role}>
          {t(`role.${role}`)}
        </option>
      ))}
    </SelectField>
  );
}

function CreatePerson({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("agent");
  const [password, setPassword] = useState("");
  const create = useCreateUser();
  const error = create.error instanceof ApiError ? create.error : null;
  const fieldError = (field: string) => (error?.field === field ? error.message : null);
  return (
    <Dialog title={t("people.new")} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate({ name: name.trim(), email: email.trim(), role, password }, { onSuccess: onClose });
        }}
      >
        <TextField label={t("user.name")} required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} error={fieldError("name")} />
        <TextField label={t("user.email")} type="email" required value={email} onChange={(event) => setEmail(event.target.value)} error={fieldError("email")} />
        <RoleField value={role} onChange={setRole} />
        <TextField
          label={t("people.firstPassword")}
          hint={t("user.passwordHint", { n: PASSWORD_LENGTH })}
          type="password"
          autoComplete="new-password"
          required
          minLength={PASSWORD_LENGTH}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          error={fieldError("password")}
        />
        {!error?.field && <FormError error={create.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="submit" variant="primary" busy={create.isPending}>
            {t("action.create")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function EditPerson({ user, onClose }: { user: User; onClose: () => void }) {
  const mine = useMe().user.id === user.id;
  const [name, setName] = useState(user.name);
  const [role, setRole] = useState(user.role);
  const [disabled, setDisabled] = useState(user.disabled);
  const [password, setPassword] = useState("");
  const change = useChangeUser(user.id);
  return (
    <Dialog title={t("people.edit", { name: user.name })} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          const secret = password === "" ? {} : { password };
          change.mutate({ name: name.trim(), role, disabled, ...secret }, { onSuccess: onClose });
        }}
      >
        <TextField label={t("user.name")} required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        <RoleField value={role} disabled={mine} onChange={setRole} />
        <TextField
          label={t("people.resetPassword")}
          hint={t("people.resetPasswordHint")}
          type="password"
          autoComplete="new-password"
          minLength={PASSWORD_LENGTH}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        {!mine && <Switch label={t("people.disable")} hint={t("people.disableHint")} checked={disabled} onChange={setDisabled} />}
        <FormError error={change.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="submit" variant="primary" busy={change.isPending}>
            {t("action.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
