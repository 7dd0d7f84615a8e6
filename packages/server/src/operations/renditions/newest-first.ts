import type { ObjectKey } from '../../domain/image/object-key.ts';
import type { ListedObject } from '../../object-store/object-store.ts';

export interface DatedObject {
  readonly key: ObjectKey;
  readonly storedAt: Date;
}

/** Costs a request for each object whose time the store doesn't list. */
export async function newestFirst(all: readonly ListedObject[]): Promise<DatedObject[]> {
  const dated = await Promise.all(all.map(async (one) => ({ key: one.key, storedAt: await one.storedAt() })));
  return dated.toSorted((one, other) => other.storedAt.getTime() - one.storedAt.getTime());
}
