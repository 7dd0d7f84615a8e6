import type { Album } from '../../domain/album/album.ts';
import type { AlbumMember } from '../../domain/album/album-member.ts';
import { parseAlbumPlace } from '../../domain/album/album-place.ts';
import type { ReadAlbum } from '../../operations/albums/read-album.ts';
import { isoTime } from '../answers/iso-time.ts';
import { imageJson } from '../images/image-json.ts';
import type { ImageView } from '../images/image-view.ts';

export const albumJson = ({ album, images, cover }: ReadAlbum, view: ImageView) => ({
  album_id: album.id,
  user_id: album.userId,
  title: album.title,
  description: album.description,
  order: album.order,
  cover_id: cover?.id ?? null,
  ...(cover && { cover: imageJson(cover, view) }),
  images,
  created_at: isoTime(album.createdAt),
  updated_at: isoTime(album.updatedAt),
  contributed_at: album.contributedAt && isoTime(album.contributedAt),
  revision: album.revision,
});

export const deletionJson = ({ id, deletion }: Album & { readonly deletion: NonNullable<Album['deletion']> }) => ({
  album_id: id,
  status: deletion.finishedAt ? ('deleted' as const) : ('deleting' as const),
  with_images: deletion.withImages,
  done: deletion.done,
  failed: deletion.failed,
  finished_at: deletion.finishedAt && isoTime(deletion.finishedAt),
});

export type MemberPlace = Pick<AlbumMember, 'added' | 'moved'>;

/** Where an image stood: by addition, and by hand. */
export const placeText = ({ added, moved }: MemberPlace): string => (moved === null ? added : `${added}:${moved}`);

/** undefined: the text is none. */
export function placeIn(text: string): MemberPlace | undefined {
  const [added = '', moved, ...rest] = text.split(':');
  if (rest.length > 0 || !parseAlbumPlace(added) || (moved !== undefined && !parseAlbumPlace(moved))) return undefined;
  return { added, moved: moved ?? null };
}
