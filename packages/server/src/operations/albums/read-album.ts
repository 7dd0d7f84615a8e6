import type { Access } from '../../domain/access/policy.ts';
import type { Album } from '../../domain/album/album.ts';
import { memberIn } from '../../domain/album/membership.ts';
import type { ReadyImage } from '../../domain/image/image.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { Services } from '../../services.ts';
import { visibleAlbum } from './visible-album.ts';

/** An album as callers see it. */
export interface ReadAlbum {
  readonly album: Album;
  /** How many ready images it has. May lag by some seconds. */
  readonly images: number;
  /** null: none was chosen, or it isn't in the album any more. */
  readonly cover: ReadyImage | null;
}

export type ReadServices = Pick<Services, 'albums' | 'images'>;

/** Errors: `album-not-found`. */
export async function readAlbum(services: ReadServices, access: Access, id: string): Promise<ReadAlbum> {
  const album = await visibleAlbum(services, access, id);
  return withImages(services, album);
}

export async function withImages(services: ReadServices, album: Album): Promise<ReadAlbum> {
  const [read] = await allWithImages(services, [album]);
  if (!read) throw new Error('expected an album for each of one; got none');
  return read;
}

/** Covers of a page that are read at the same time. */
const COVERS_AT_ONCE = 20;

/** Those of one owner, in their order. */
export async function allWithImages(services: ReadServices, albums: readonly Album[]): Promise<readonly ReadAlbum[]> {
  const covers = new Map<Album, ReadyImage>();
  const readCovers = workAtMost(COVERS_AT_ONCE, albums, async (album) => {
    const cover = await coverOf(services, album);
    if (cover) covers.set(album, cover);
  });
  const [counts] = await Promise.all([services.albums.count(albums), readCovers]);
  return albums.map((album, index) => ({ album, images: counts[index] ?? 0, cover: covers.get(album) ?? null }));
}

async function coverOf({ images }: ReadServices, { id, userId, cover }: Album): Promise<ReadyImage | undefined> {
  const image = cover === null ? undefined : await images.get(cover);
  return image?.status === 'ready' && image.userId === userId && memberIn(image, id) ? image : undefined;
}
