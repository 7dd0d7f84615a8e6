import type { AlbumMember } from '../../domain/album/album-member.ts';
import type { Corrections } from '../../domain/facts/corrections.ts';
import type { FocalPoint } from '../../domain/image/focal-point.ts';
import type { UploadDescription } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { ImportedAlbum } from '../../operations/imports/import-album.ts';

/** Images elsewhere, of which an import only reads. Disposing closes what is open. */
export interface ImportSource extends AsyncDisposable {
  /** Says where the images are, the same at each import: ids depend on it. No secrets. */
  readonly name: string;

  /**
   * All images, in an order that stays the same; what can't be an image as a fault. Memory is bounded, however many
   * there are. Errors: those of the source as a whole, as `unavailable`, which end the import.
   */
  entries(): AsyncIterable<SourceEntry | SourceFault>;

  /**
   * The bytes of an entry; undefined: the source has none. Errors: `unavailable`, which ends the import; the next one
   * goes on.
   */
  open(entry: SourceEntry, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined>;

  /** Albums that the images say they are in; absent: the source knows none. Errors: as `entries`. */
  albums?(): AsyncIterable<SourceAlbum | SourceFault>;
}

/** What a source says of one image. Nothing of it has been checked yet. */
export interface SourceEntry {
  /** Names it in the report and makes its id: no other entry of the source has the same path. */
  readonly path: string;
  readonly userId: string;
  /** The time of its upload there, or of its file; null: unknown. */
  readonly at: Date | null;
  readonly sizeBytes: number | null;
  /** null: its bytes tell. */
  readonly contentType: string | null;
  readonly description: Partial<UploadDescription> & Pick<UploadDescription, 'filename'>;
  /** As the API takes it: `2024-05-01T12:00:00`, with or without an offset; null: the picture tells. */
  readonly takenAt: string | null;
  readonly focalPoint: FocalPoint | null;
  /** Its UUIDv4 in an earlier service, which goes on answering; null: none. */
  readonly formerId: string | null;
  /** Its id in a service of ours; null: it gets one. */
  readonly id: ImageId | null;
  /** What only a service of ours knows of it, checked; absent: the source is none. */
  readonly ours?: OwnEntry;
}

export interface OwnEntry {
  /** Also what the picture doesn't say any more. It counts instead of `takenAt`. */
  readonly corrections: Corrections;
  readonly isTrashed: boolean;
  readonly albums: readonly AlbumMember[];
}

/** An album of a service of ours, checked. */
export interface SourceAlbum {
  /** Names it in the report. */
  readonly path: string;
  readonly album: ImportedAlbum;
}

/** Why something in the source can't become an image. */
export interface SourceFault {
  /** Names an object, or the line of a table. */
  readonly path: string;
  /** Starts with "expected", as every refusal. */
  readonly fault: string;
}

export const isFault = (one: SourceEntry | SourceAlbum | SourceFault): one is SourceFault => 'fault' in one;
