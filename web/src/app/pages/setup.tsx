import { useNavigate } from "@tanstack/react-router";
import { SetupPage } from "@/features/auth/setup-page";

export default function Setup() {
  const navigate = useNavigate();
  return <SetupPage onDone={() => void navigate({ to: "/accounts", replace: true })} />;
}
