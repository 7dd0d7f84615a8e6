import type { AlbumId } from '../../domain/album/album-id.ts';

// Names of rows for lists by capture, in SQLite and PostgreSQL.

/** The name of the rows of all images. */
export const ALL_IMAGES = '';
export const nameOfType = (contentType: string): string => `C${contentType}`;
export const nameOfTag = (tag: string): string => `T${tag}`;
export const nameOfAlbum = (id: AlbumId): string => `A${id}`;
