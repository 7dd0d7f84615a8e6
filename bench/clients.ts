/** Clients share the items: each takes the next as soon as it has finished one. Ends with the first failure. */
export async function shareOut<Item>(
  items: Iterable<Item>,
  clients: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  const client = async (): Promise<void> => {
    for (let next = rest.next(); !next.done; next = rest.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: clients }, client));
}
