import type { Image, SafelightClient, SafelightError } from '@safelight/client';

/** What the gallery keeps of each image: `FIELDS` of it. */
export type Picture = Pick<
  Image,
  | 'image_id'
  | 'user_id'
  | 'filename'
  | 'content_type'
  | 'width'
  | 'height'
  | 'created_at'
  | 'description'
  | 'placeholder'
  | 'dominant_color'
  | 'renditions'
  | 'status'
>;

/** The query `fields=` of every page. */
export const FIELDS =
  'user_id,filename,content_type,width,height,created_at,description,placeholder,dominant_color,renditions,status';

export interface LibrarySnapshot {
  /** Those that are loaded, the newest first. */
  readonly pictures: readonly Picture[];
  /** undefined: not known yet. */
  readonly isEmpty: boolean | undefined;
  /** Why the latest request failed; the next that succeeds removes it. */
  readonly error: SafelightError | undefined;
}

/** The pictures of one view, loaded as they are needed. */
export interface Library {
  snapshot(): LibrarySnapshot;
  subscribe(listener: () => void): () => void;
  /** Loads what is missing at that place; undefined: there is none. */
  nextOf(id: string): Promise<Picture | undefined>;
  previousOf(id: string): Promise<Picture | undefined>;
  /** Puts a picture where it belongs: a new upload, one that was restored, a changed one. */
  put(picture: Picture): void;
  /** Takes a picture out of the view, such as one that was moved to the trash. */
  remove(id: string): void;
  /** Reads the newest again, after an error or when the page becomes visible again. */
  refresh(): void;
  close(): void;
}

export interface LibraryOptions {
  readonly client: SafelightClient;
  readonly status: 'ready' | 'trashed';
}
