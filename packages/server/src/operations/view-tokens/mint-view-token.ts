import { actorOf, ownerOf, requireScope } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { issuedAfter } from '../../domain/access/revocation.ts';
import { MAX_TOKEN_LENGTH } from '../../domain/access/sealed-claims.ts';
import { minterOf, type UploadBounds } from '../../domain/access/upload-token.ts';
import { type ViewToken, viewTokenId } from '../../domain/access/view-token.ts';
import { invalidField } from '../../domain/errors.ts';
import { randomId } from '../../domain/random-id.ts';
import type { Services } from '../../services.ts';
import { requireDecoded } from '../uploads/require-decoded.ts';

export interface MintViewTokenInput extends Pick<ViewToken, 'onlyTags' | 'showsOriginals' | 'showsMetadata'> {
  /** `MIN_TOKEN_SECONDS` to `MAX_TOKEN_SECONDS`. */
  readonly expiresInSeconds: number;
  /** null: the token uploads nothing. */
  readonly upload: UploadBounds | null;
}

export interface MintedViewToken {
  readonly token: ViewToken;
  /** The credential. It isn't stored. */
  readonly text: string;
}

type MintServices = Pick<Services, 'viewTokens' | 'revocations' | 'clock' | 'randomBytes' | 'settings'>;

/**
 * Mints a token for the user whom the request acts for, and writes nothing. The token is issued after the user's last
 * revocation. Errors: `missing-scope` for uploads that the minter may not make; `invalid-request` if there is no user,
 * if uploads would lack one of `onlyTags`, or if the token is longer than `MAX_TOKEN_LENGTH`; `unsupported-type` if
 * this service doesn't decode one of its types; those of a read of revocations.
 */
export async function mintViewToken(
  services: MintServices,
  access: Access,
  { expiresInSeconds, upload, ...shown }: MintViewTokenInput,
): Promise<MintedViewToken> {
  const { viewTokens, revocations, clock, randomBytes, settings } = services;
  if (upload) requireUploads(access, upload, shown.onlyTags);
  for (const type of upload?.contentTypes ?? []) requireDecoded(settings, type);
  const actor = actorOf(access);
  if (actor === null) throw new Error('a view token needs a credential that mints it');
  const userId = ownerOf(access);
  const revocation = await revocations.ofUser(userId);
  const now = clock.now();
  const mint = {
    id: viewTokenId(randomId(randomBytes)),
    userId,
    mintedBy: minterOf(actor),
    expiresAt: new Date((Math.floor(now.getTime() / 1000) + expiresInSeconds) * 1000),
  };
  const issuedAt = issuedAfter(revocation, now);
  const token: ViewToken = { ...mint, ...shown, issuedAt, upload: upload && { ...mint, ...upload } };
  const text = viewTokens.textOf(token);
  if (text.length <= MAX_TOKEN_LENGTH) return { token, text };
  throw invalidField(
    longestIn(upload),
    `expected a token of at most ${MAX_TOKEN_LENGTH} characters; got one of ${text.length}: shorten tags or metadata`,
  );
}

/** Nobody gives away a right that it lacks, and a page sees its own uploads. */
function requireUploads(access: Access, { fixed }: UploadBounds, onlyTags: readonly string[]): void {
  requireScope(access, 'images:upload');
  if (onlyTags.every((tag) => fixed.tags?.includes(tag))) return;
  throw invalidField(
    '/upload/tags',
    'expected every tag of only_tags, since the token would not see its uploads otherwise; got others',
  );
}

function longestIn(upload: UploadBounds | null): string {
  if (upload?.fixed.metadata) return '/upload/metadata';
  return upload?.fixed.tags ? '/upload/tags' : '/only_tags';
}
