import { actorsOf, invalidUsersOf, stateOf } from '../../domain/access/api-key.ts';
import { parseKeyId } from '../../domain/access/api-key-text.ts';
import type { Principal } from '../../domain/access/principal.ts';
import type { Minter } from '../../domain/access/upload-token.ts';
import { rememberEach } from '../../domain/remember.ts';
import { unauthenticated } from './credential.ts';
import type { NoteKeyUse } from './key-uses.ts';
import type { RecentKey, RecentKeys } from './recent-keys.ts';

/** The id of a minter is no guess: we signed the token. */
const SIGNED_BY_US = (): void => undefined;

/** What a token inherits of the credential that minted it. */
export type LiveMinter = Pick<Extract<Principal, { kind: 'uploader' }>, 'actors' | 'keyspace'>;

export interface MintersOptions {
  /** null: API keys aren't accepted, so neither are tokens that a key minted. */
  readonly keys: RecentKeys | null;
  readonly noteUse: NoteKeyUse;
  /** Whether tokens of an issuer are accepted, and so the tokens that they minted. */
  readonly acceptsJwt: boolean;
  readonly clock: { now(): Date };
}

/**
 * Tells the minter of a token, which may still mint, and the keys that it replaces. Errors: `unauthenticated`, those of
 * a read of the key and of `noteUse`.
 */
export function createMinters({
  keys,
  noteUse,
  acceptsJwt,
  clock,
}: MintersOptions): (minter: Minter) => Promise<LiveMinter> {
  const isInvalid = rememberEach(({ key }: RecentKey) => invalidUsersOf(key).length > 0);

  return async ({ kind, actor }) => {
    if (kind === 'jwt') {
      if (acceptsJwt) return { actors: [actor], keyspace: actor };
      throw unauthenticated('wrong-minter');
    }
    const id = parseKeyId(actor);
    const minter = id && (await keys?.get(id, SIGNED_BY_US));
    if (!minter) throw unauthenticated('wrong-minter');
    const state = stateOf(minter.key, clock.now());
    if (state !== 'live') throw unauthenticated(state);
    if (isInvalid(minter)) throw unauthenticated('invalid-user');
    await noteUse(minter);
    return { actors: actorsOf(minter.key), keyspace: minter.key.keyspace };
  };
}
