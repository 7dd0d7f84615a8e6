import type { Principal } from './principal.ts';
import type { UploadToken } from './upload-token.ts';

/** A token for ada without bounds, which an API key minted. */
export const sampleToken = (terms: Partial<UploadToken> = {}): UploadToken => ({
  id: 'q7Zt0cJ4nXW9sYdB2uLk3A',
  userId: 'ada',
  mintedBy: { kind: 'key', actor: '0UiGeyDE8ZsCkq2W' },
  expiresAt: new Date('2026-11-22T13:00:00Z'),
  maxBytes: null,
  contentTypes: null,
  maxImages: null,
  ...terms,
  fixed: { tags: undefined, metadata: undefined, visibility: undefined, ...terms.fixed },
});

export function uploaderWith(terms: Partial<UploadToken> = {}): Principal {
  const token = sampleToken(terms);
  const { actor } = token.mintedBy;
  return { kind: 'uploader', token, actors: [actor], keyspace: actor };
}
