import { actorOf, ownerOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { minterOf, type UploadToken } from '../../domain/access/upload-token.ts';
import { MAX_TOKEN_LENGTH } from '../../domain/access/upload-token-text.ts';
import { invalidField } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';

const ID_BYTES = 16;

export interface MintUploadTokenInput extends Pick<UploadToken, 'maxBytes' | 'contentTypes' | 'maxImages' | 'fixed'> {
  /** `MIN_TOKEN_SECONDS` to `MAX_TOKEN_SECONDS`. */
  readonly expiresInSeconds: number;
}

export interface MintedUploadToken {
  readonly token: UploadToken;
  /** The credential. It isn't stored. */
  readonly text: string;
}

/**
 * Mints a token for uploads of the user that the request acts for. Nothing is written. Errors: `invalid-request` if there is no user, or if the
 * fixed fields make a token of more than `MAX_TOKEN_LENGTH` characters.
 */
export function mintUploadToken(
  services: Pick<Services, 'uploadTokens' | 'clock' | 'randomBytes'>,
  access: Access,
  { expiresInSeconds, ...terms }: MintUploadTokenInput,
): MintedUploadToken {
  const { uploadTokens, clock, randomBytes } = services;
  const actor = actorOf(access);
  if (actor === null) throw new Error('an upload token needs a credential that mints it');
  const token: UploadToken = {
    ...terms,
    id: Buffer.from(randomBytes(ID_BYTES)).toString('base64url'),
    userId: ownerOf(access),
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
