import { useParams } from "@tanstack/react-router";
import { DeliveriesPage } from "@/features/webhooks/deliveries-page";

export default function WebhookLog() {
  const { webhookId } = useParams({ from: "/app/settings/webhooks/$webhookId" });
  return <DeliveriesPage key={webhookId} webhookId={webhookId} />;
}
