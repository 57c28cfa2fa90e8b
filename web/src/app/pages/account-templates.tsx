import { useParams } from "@tanstack/react-router";
import { TemplatesPage } from "@/features/accounts/templates-page";

export default function AccountTemplates() {
  const { accountId } = useParams({ from: "/app/accounts/$accountId/templates" });
  return <TemplatesPage key={accountId} accountId={accountId} />;
}
