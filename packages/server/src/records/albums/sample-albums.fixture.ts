import { randomBytes } from 'node:crypto';
import { type Album, newAlbum } from '../../domain/album/album.ts';
import { type AlbumId, parseAlbumId } from '../../domain/album/album-id.ts';
import { type AlbumLink, NO_CONTRIBUTIONS, newLinkRevision } from '../../domain/album/album-link.ts';
import { newLinkId } from '../../domain/image/share-link.ts';
import { NOW, newImageId } from '../images/sample-images.fixture.ts';

export function newAlbumId(createdAt: Date = NOW): AlbumId {
  const id = parseAlbumId(newImageId(createdAt));
  if (id === undefined) throw new Error('uuid made no UUID');
  return id;
}

export const sampleAlbum = (fields: Partial<Album> = {}): Album => ({
  ...newAlbum(
    { id: newAlbumId(fields.createdAt), userId: 'ada', title: 'Holiday', description: null, order: 'newest' },
    NOW,
  ),
  ...fields,
});

export const sampleAlbumLink = (fields: Partial<AlbumLink> = {}): AlbumLink => ({
  ...NO_CONTRIBUTIONS,
  id: newLinkId(randomBytes),
  revision: newLinkRevision(randomBytes),
  createdAt: NOW,
  expiresAt: new Date(NOW.getTime() + 86_400_000),
  allow: ['view', 'download'],
  originals: true,
  card: false,
  password: `scrypt$14$8$1$${'A'.repeat(22)}$${'B'.repeat(43)}`,
  ...fields,
});
