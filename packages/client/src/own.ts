/** The table's own entry of that name: names come from the service, and `constructor` may be one. */
export const own = <Value>(
  table: Readonly<Record<string, Value>> | null | undefined,
  name: string,
): Value | undefined => (table && Object.hasOwn(table, name) ? table[name] : undefined);
