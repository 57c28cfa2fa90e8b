import { useParams } from "@tanstack/react-router";
import { ContactPage } from "@/features/contacts/contact-page";

export default function Contact() {
  const { contactId } = useParams({ from: "/app/contacts/$contactId" });
  return <ContactPage key={contactId} contactId={contactId} />;
}
