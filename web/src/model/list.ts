/** Small helpers for the lists that caches hold. All return the same array when nothing changed. */

export function mapSame<T>(items: T[], change: (item: T) => T): T[] {
  const next = items.map(change);
  return next.some((item, index) => item !== items[index]) ? next : items;
}

export function upsertById<T extends { id: string }>(items: T[], item: T): T[] {
  const index = items.findIndex((held) => held.id === item.id);
  return index < 0 ? [...items, item] : items.with(index, item);
}

export interface PagesOf<T> {
  pages: { items: T[]; next_cursor: string | null }[];
  pageParams: (string | null)[];
}

export function mapPages<T>(data: PagesOf<T>, change: (item: T) => T): PagesOf<T> {
  const pages = mapSame(data.pages, (page) => {
    const items = mapSame(page.items, change);
    return items === page.items ? page : { ...page, items };
  });
  return pages === data.pages ? data : { ...data, pages };
}

export function removeFromPages<T extends { id: string }>(data: PagesOf<T>, id: string): PagesOf<T> {
  const pages = mapSame(data.pages, (page) => {
    const items = page.items.filter((item) => item.id !== id);
    return items.length === page.items.length ? page : { ...page, items };
  });
  return pages === data.pages ? data : { ...data, pages };
}

export function findInPages<T extends { id: string }>(data: PagesOf<T>, id: string): T | undefined {
  for (const page of data.pages) {
    const found = page.items.find((item) => item.id === id);
    if (found) return found;
  }
  return undefined;
}
