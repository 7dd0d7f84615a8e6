import type { Principal } from './principal.ts';
import type { ViewToken } from './view-token.ts';

/** A token that sees every ready image of ada, and nothing else, which an API key minted. */
export const sampleView = (terms: Partial<ViewToken> = {}): ViewToken => ({
  id: 'vq7Zt0cJ4nXW9sYdB2uLk3A',
  userId: 'ada',
  mintedBy: { kind: 'key', actor: '0UiGeyDE8ZsCkq2W' },
  issuedAt: new Date('2026-11-22T12:00:00.123Z'),
  expiresAt: new Date('2026-11-22T13:00:00Z'),
  onlyTags: [],
  showsOriginals: false,
  showsMetadata: false,
  upload: null,
  ...terms,
});

export function viewerWith(terms: Partial<ViewToken> = {}): Extract<Principal, { kind: 'viewer' }> {
  const token = sampleView(terms);
  const { actor } = token.mintedBy;
  return { kind: 'viewer', token, actors: [actor], keyspace: actor };
}
