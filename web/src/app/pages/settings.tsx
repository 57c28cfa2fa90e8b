import { SettingsPage } from "@/features/settings/settings-page";
import { logout } from "../session";
import { playSound } from "../sound";

export default function Settings() {
  return <SettingsPage onLogout={() => void logout()} onTrySound={playSound} />;
}
