import { actorOf, ownerOf, requireScope } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { MAX_TOKEN_LENGTH } from '../../domain/access/sealed-claims.ts';
import { type FixedFields, mayReplace, minterOf, type UploadToken } from '../../domain/access/upload-token.ts';
import { invalidField } from '../../domain/errors.ts';
import { randomId } from '../../domain/random-id.ts';
import type { Services } from '../../services.ts';
import { replaceable } from '../uploads/replaceable.ts';
import { requireDecoded } from '../uploads/require-decoded.ts';

export interface MintUploadTokenInput extends Pick<UploadToken, 'maxBytes' | 'contentTypes' | 'maxImages'> {
  readonly fixed: Omit<FixedFields, 'replaces'>;
  /** The id of a ready image whose bytes each upload is to replace. */
  readonly replaces?: string | undefined;
  /** `MIN_TOKEN_SECONDS` to `MAX_TOKEN_SECONDS`. */
  readonly expiresInSeconds: number;
}

export interface MintedUploadToken {
  readonly token: UploadToken;
  /** The credential. It isn't stored. */
  readonly text: string;
}

/**
 * Mints a token for the user whom the request acts for, and writes nothing. Errors: `invalid-request` if there is no
 * user, or if fixed fields make the token longer than `MAX_TOKEN_LENGTH`; `unsupported-type` if this service doesn't
 * decode one of its types; for a token that replaces bytes those of `replaceable`.
 */
export async function mintUploadToken(
  services: Pick<Services, 'uploadTokens' | 'images' | 'clock' | 'randomBytes' | 'settings'>,
  access: Access,
  { expiresInSeconds, replaces, ...terms }: MintUploadTokenInput,
): Promise<MintedUploadToken> {
  const { uploadTokens, clock, randomBytes, settings } = services;
  for (const type of terms.contentTypes ?? []) requireDecoded(settings, type);
  const actor = actorOf(access);
  if (actor === null) throw new Error('an upload token needs a credential that mints it');
  const userId = ownerOf(access);
  if (mayReplace(terms)) requireScope(access, 'images:write');
  const picture = replaces === undefined ? null : await replaceable(services, access, replaces);
  const token: UploadToken = {
    ...terms,
    fixed: { ...terms.fixed, ...(picture && { replaces: picture.id }) },
    id: randomId(randomBytes),
    userId,
    mintedBy: minterOf(actor),
    expiresAt: new Date((Math.floor(clock.now().getTime() / 1000) + expiresInSeconds) * 1000),
  };
  const text = uploadTokens.textOf(token);
  if (text.length <= MAX_TOKEN_LENGTH) return { token, text };
  throw invalidField(
    terms.fixed.metadata ? '/metadata' : '/tags',
    `expected a token of at most ${MAX_TOKEN_LENGTH} characters; got one of ${text.length}: shorten tags or metadata`,
  );
}
