import { actorsOf, invalidUsersOf, stateOf } from '../../domain/access/api-key.ts';
import { parseKeyId } from '../../domain/access/api-key-text.ts';
import type { Principal } from '../../domain/access/principal.ts';
import type { Minter } from '../../domain/access/upload-token.ts';
import { isTokenShaped, type UploadTokenText } from '../../domain/access/upload-token-text.ts';
import { userIdFault } from '../../domain/access/user-id.ts';
import { rememberEach } from '../../domain/remember.ts';
import { type CredentialVerifier, unauthenticated } from './credential.ts';
import type { NoteKeyUse } from './key-uses.ts';
import type { RecentKey, RecentKeys } from './recent-keys.ts';

/** The id of a minter is no guess: we signed the token. */
const SIGNED_BY_US = (): void => undefined;

type Uploader = Extract<Principal, { kind: 'uploader' }>;

export interface UploadTokenVerifierOptions {
  readonly tokens: UploadTokenText;
  /** null: API keys aren't accepted, so neither are tokens that a key minted. */
  readonly keys: RecentKeys | null;
  readonly noteUse: NoteKeyUse;
  /** Whether tokens of an issuer are accepted, and so the upload tokens that they minted. */
  readonly acceptsJwt: boolean;
  readonly clock: { now(): Date };
}

/**
 * Verifies upload tokens. A token that an API key minted ends with that key, at once in the process that ends it, and
 * within five seconds in every other. Errors besides `unauthenticated`: those of a read of the key and of `noteUse`.
 */
export function createUploadTokenVerifier({
  tokens,
  keys,
  noteUse,
  acceptsJwt,
  clock,
}: UploadTokenVerifierOptions): CredentialVerifier {
  const isInvalid = rememberEach(({ key }: RecentKey) => invalidUsersOf(key).length > 0);

  /** The minter, which may still mint, and the keys that it replaces. */
  async function liveMinter({ kind, actor }: Minter): Promise<Pick<Uploader, 'actors' | 'keyspace'>> {
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
  }

  return {
    matches: isTokenShaped,

    async verify(credential) {
      const token = tokens.tokenIn(credential);
      if (!token) throw unauthenticated('malformed');
      if (token.expiresAt <= clock.now()) throw unauthenticated('expired');
      if (userIdFault(token.userId) !== undefined) throw unauthenticated('invalid-user');
      return { kind: 'uploader', token, ...(await liveMinter(token.mintedBy)) };
    },
  };
}
