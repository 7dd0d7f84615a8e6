import type { Album } from '@safelight/client';

export type NamedAlbum = Pick<Album, 'album_id' | 'title'>;
