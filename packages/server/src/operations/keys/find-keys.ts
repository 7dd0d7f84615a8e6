import type { ApiKey } from '../../domain/access/api-key.ts';
import type { Services } from '../../services.ts';

export interface FindKeysInput {
  /** Only keys of this user; undefined: all. */
  readonly owner: string | undefined;
  readonly cursor: string | undefined;
  readonly limit: number;
}

export interface FoundKeys {
  readonly keys: readonly ApiKey[];
  readonly nextCursor: string | null;
}

/** A page of keys, the newest first. Errors: `invalid-cursor`. */
export async function findKeys(
  { keys, keyCursors }: Pick<Services, 'keys' | 'keyCursors'>,
  { owner, cursor, limit }: FindKeysInput,
): Promise<FoundKeys> {
  const filters = JSON.stringify([owner]);
  const after = cursor === undefined ? undefined : keyCursors.open(cursor, filters);
  const page = await keys.find({ owner, after, limit });
  return { keys: page.keys, nextCursor: page.next === null ? null : keyCursors.seal(page.next, filters) };
}
