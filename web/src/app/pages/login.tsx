import { useNavigate, useSearch } from "@tanstack/react-router";
import { LoginPage } from "@/features/auth/login-page";

export default function Login() {
  const { next } = useSearch({ from: "/login" });
  const navigate = useNavigate();
  return <LoginPage onDone={() => void navigate({ href: next ?? "/inbox", replace: true })} />;
}
