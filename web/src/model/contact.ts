/** Rules about contacts that hold in every cache. Pure. */
import type { Contact } from "@/api/types";

/** Contacts carry no version; their change time decides, and an equal time is the same or a fresher copy. */
export function isFresher(next: Contact, held: Contact | undefined): boolean {
  return held === undefined || next.updated_at >= held.updated_at;
}
