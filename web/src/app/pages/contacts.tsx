import { useNavigate, useSearch } from "@tanstack/react-router";
import { ContactsPage } from "@/features/contacts/contacts-page";

export default function Contacts() {
  const { q } = useSearch({ from: "/app/contacts" });
  const navigate = useNavigate();
  return (
    <ContactsPage
      q={q ?? ""}
      onSearch={(next) => void navigate({ to: "/contacts", search: next === "" ? {} : { q: next }, replace: true })}
      onOpen={(contactId) => void navigate({ to: "/contacts/$contactId", params: { contactId } })}
    />
  );
}
