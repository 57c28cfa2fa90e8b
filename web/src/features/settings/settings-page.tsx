import { LogOut } from "lucide-react";
import { Suspense, lazy, useState } from "react";
import { ApiError } from "@/api/client";
import { hasRole, useMe } from "@/directory/api";
import { LANGUAGES, type LanguageCode, loadLanguage, t, useLanguage, withWords } from "@/i18n";
import { PASSWORD_LENGTH } from "@/lib/password";
import { type Theme, setPrefs, usePrefs } from "@/lib/prefs";
import { Button } from "@/ui/button";
import { SelectField, Switch, TextField } from "@/ui/field";
import { Card, Page } from "@/ui/page";
import { FormError, Skeleton } from "@/ui/states";
import { toast, toastError } from "@/ui/toast";
import { About } from "./about";
import { useChangeProfile } from "./api";
import { Developers } from "./developers";
import { People } from "./people";

const SavedReplies = lazy(withWords("sending", () => import("./saved-replies")));

interface SettingsProps {
  onLogout: () => void;
  /** Plays the sound once, so that one hears what was switched on. */
  onTrySound: () => void;
}

export function SettingsPage({ onLogout, onTrySound }: SettingsProps) {
  const me = useMe();
  return (
    <Page
      title={t("nav.settings")}
      description={t("settings.description", { name: me.tenant.name })}
      actions={
        <Button icon={<LogOut className="size-4 rtl:-scale-x-100" />} onClick={onLogout}>
          {t("action.logout")}
        </Button>
      }
    >
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Profile />
        <Password />
        <Appearance />
        <Notifications onTrySound={onTrySound} />
        {hasRole(me, "admin") && <Developers />}
        <About />
      </div>
      <Suspense fallback={<Skeleton className="mt-4 h-40 rounded-2xl" />}>
        <SavedReplies />
      </Suspense>
      {hasRole(me, "admin") && <People />}
    </Page>
  );
}

function Profile() {
  const { user } = useMe();
  const [name, setName] = useState(user.name);
  const change = useChangeProfile();
  return (
    <Card title={t("settings.profile")}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate({ name: name.trim() }, { onSuccess: saved });
        }}
      >
        <TextField label={t("user.name")} required maxLength={100} autoComplete="name" value={name} onChange={(event) => setName(event.target.value)} />
        <TextField label={t("user.email")} value={user.email} readOnly hint={t("settings.emailHint")} />
        <FormError error={change.error} />
        <Button type="submit" variant="primary" disabled={name.trim() === user.name} busy={change.isPending}>
          {t("action.save")}
        </Button>
      </form>
    </Card>
  );
}

function saved(): void {
  toast({ tone: "success", title: t("settings.saved") });
}


function Password() {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useChangeProfile();
  const error = change.error instanceof ApiError ? change.error : null;
  const done = () => {
    setCurrent("");
    setNext("");
    saved();
  };
  return (
    <Card title={t("settings.password")}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate({ password: next, current_password: current }, { onSuccess: done });
        }}
      >
        <TextField
          label={t("settings.currentPassword")}
          type="password"
          autoComplete="current-password"
          required
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
          error={error?.field === "current_password" ? error.message : null}
        />
        <TextField
          label={t("settings.newPassword")}
          type="password"
          autoComplete="new-password"
          required
          minLength={PASSWORD_LENGTH}
          hint={t("user.passwordHint", { n: PASSWORD_LENGTH })}
          value={next}
          onChange={(event) => setNext(event.target.value)}
          error={error?.field === "password" ? error.message : null}
        />
        {!error?.field && <FormError error={change.error} />}
        <Button type="submit" variant="primary" busy={change.isPending}>
          {t("settings.changePassword")}
        </Button>
      </form>
    </Card>
  );
}

const THEMES: readonly Theme[] = ["system", "light", "dark"];

function Appearance() {
  const { theme } = usePrefs();
  const language = useLanguage();
  const change = useChangeProfile();
  const choose = (code: LanguageCode) => {
    setPrefs({ language: code });
    void loadLanguage(code);
    change.mutate({ locale: code }, { onError: toastError });
  };
  return (
    <Card title={t("settings.appearance")}>
      <div className="space-y-4">
        <SelectField label={t("settings.theme")} value={theme} onChange={(event) => setPrefs({ theme: event.target.value as Theme })}>
          {THEMES.map((item) => (
            <option key={item} value={item}>
              {t(`theme.${item}`)}
            </option>
          ))}
        </SelectField>
        <SelectField label={t("settings.language")} value={language} onChange={(event) => choose(event.target.value as LanguageCode)}>
          {Object.entries(LANGUAGES).map(([code, { name }]) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </SelectField>
      </div>
    </Card>
  );
}

function Notifications({ onTrySound }: { onTrySound: () => void }) {
  const { sound, notifications } = usePrefs();
  const supported = "Notification" in window;
  const [denied, setDenied] = useState(supported && Notification.permission === "denied");
  const ask = async (on: boolean) => {
    const answer = on ? await Notification.requestPermission() : "default";
    setDenied(answer === "denied");
    setPrefs({ notifications: answer === "granted" });
  };
  return (
    <Card title={t("settings.notifications")}>
      <div className="space-y-5">
        <Switch
          label={t("settings.browserNotifications")}
          hint={denied || !supported ? t("settings.notificationsDenied") : t("settings.browserNotificationsHint")}
          checked={notifications && !denied}
          disabled={denied || !supported}
          onChange={(on) => void ask(on)}
        />
        <Switch
          label={t("settings.sound")}
          hint={t("settings.soundHint")}
          checked={sound}
          onChange={(on) => {
            setPrefs({ sound: on });
            if (on) onTrySound();
          }}
        />
      </div>
    </Card>
  );
}
