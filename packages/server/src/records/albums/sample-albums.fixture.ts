import { type Album, newAlbum } from '../../domain/album/album.ts';
import { type AlbumId, parseAlbumId } from '../../domain/album/album-id.ts';
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
