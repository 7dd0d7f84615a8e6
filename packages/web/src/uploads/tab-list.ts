/** What this tab keeps under a key, for a reload. */
export function readList<Item>(key: string): readonly Item[] {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? '[]') as readonly Item[];
  } catch {
    return [];
  }
}

export function writeList(key: string, items: readonly unknown[]): void {
  try {
    if (items.length === 0) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(items));
  } catch {
    // Without storage a reload forgets them.
  }
}
