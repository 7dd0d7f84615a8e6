import type { Image, SafelightClient, SafelightError } from '@safelight/client';
import type { LibraryQuery } from './library-query.ts';
import type { Order, Position } from './position.ts';

/** What the gallery keeps of each image: fields of it. */
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
  | 'purge_at'
> &
  Partial<Pick<Image, 'tags' | 'visibility' | 'size' | 'revision'>> & {
    readonly facts?: Pick<NonNullable<Image['facts']>, 'taken_at'> | null;
  };

/**
 * A picture of a library. While it is loaded, it keeps the position that it had at first: nothing that is seen moves if
 * its date changes.
 */
export type Sorted = Picture & { readonly at: Position };

const FIELDS =
  'user_id,filename,content_type,width,height,created_at,description,placeholder,dominant_color,renditions,status,tags,visibility,size,revision';

/** The query of every page, the newest first. An older service knows neither the order by capture nor facts. */
export const QUERIES = {
  upload: { fields: FIELDS, order: 'newest' },
  capture: { fields: `${FIELDS},facts`, order: 'taken-newest' },
} as const satisfies Readonly<Record<Order, object>>;

/**
 * Pictures in the first list, and whenever the newest are read: they fill a large screen and what is loaded below it.
 */
export const FIRST_PAGE = 100;

/** What the page keeps of a picture that is selected and perhaps not loaded: of ten thousand about 4 MB. */
export type Member = Pick<Sorted, (typeof MEMBER_FIELDS)[number] | 'image_id' | 'at'>;
export const MEMBER_FIELDS = [
  'user_id',
  'filename',
  'content_type',
  'width',
  'height',
  'size',
  'revision',
  'visibility',
] as const satisfies readonly (keyof Picture)[];

/** Pictures with nothing missing between them. Far from the view only the block's ends are kept. */
export interface Block {
  readonly kind: 'block';
  readonly key: number;
  /** Its first and its last picture. */
  readonly newest: Position;
  readonly oldest: Position;
  readonly count: number;
  /** undefined: dropped, until the view comes near again. */
  readonly pictures: readonly Sorted[] | undefined;
}

/** Positions between which nothing is known, both exclusive. */
export interface Gap {
  readonly kind: 'gap';
  readonly key: number;
  readonly to: Position;
  readonly from: Position;
}

export type Segment = Block | Gap;

export interface MonthCount {
  /** `2024-07`. */
  readonly month: string;
  readonly images: number;
}

export interface LibrarySnapshot {
  /** Those that are loaded, the newest first. Some between them may not be loaded: `nextOf` knows. */
  readonly pictures: readonly Sorted[];
  /** All that is known, the newest first. */
  readonly segments: readonly Segment[];
  /** The time of the oldest picture, in milliseconds; undefined: not known yet. */
  readonly oldest: number | undefined;
  /** How many pictures were taken in each month, the latest first; undefined: not known, as in the order of uploads. */
  readonly months: readonly MonthCount[] | undefined;
  /** undefined: not known yet. */
  readonly isEmpty: boolean | undefined;
  /** New pictures, which aren't among `segments` until `settle` is called, so nothing that is seen moves. */
  readonly arrived: number;
  /** A picture that somebody wants to see. */
  readonly revealed: Sorted | undefined;
  /** Why the latest request failed; the next that succeeds removes it. */
  readonly error: SafelightError | undefined;
}

/**
 * What the view needs now: a dropped block, or a page of a gap, from one of its ends or from a position on to older
 * ones.
 */
export type Need =
  | { readonly block: Block }
  | { readonly gap: Gap; readonly at: 'newest' | 'oldest' | { readonly below: Position } };

/** The pictures of a user, or everybody's, loaded as they are needed. */
export interface Library {
  readonly order: Order;
  /** Whether the pictures stand in the order of their dates: days are headings, and a scrubber leads to a date. */
  readonly hasDates: boolean;
  readonly query: LibraryQuery;
  snapshot(): LibrarySnapshot;
  subscribe(listener: () => void): () => void;
  /** The picture of that id, if it is loaded. */
  loaded(id: string): Sorted | undefined;
  /** Where the picture stands, whether it is loaded or not. */
  positionOf(picture: Picture): Position;
  /** The next older one; loads what is missing at that place. undefined: there is none. */
  nextOf(position: Position): Promise<Sorted | undefined>;
  /** The next newer one. */
  previousOf(position: Position): Promise<Sorted | undefined>;
  /** Loads the place of that id. */
  find(id: string): Promise<Sorted | undefined>;
  /** Requests what isn't requested yet; nothing while `error` is set. */
  need(needs: readonly Need[]): void;
  /** Drops the pictures of the blocks that are farthest from this one, if more are kept than the memory is for. */
  keepNear(key: number, pinned: readonly number[]): void;
  /**
   * Puts a picture where it belongs: one that was restored, a changed one. One that the query no longer has is lost.
   */
  put(picture: Picture): void;
  /**
   * An upload, or one that others have changed: if the query has it, it is counted as arrived, or shown at once if
   * there are no pictures. With words the service is asked.
   */
  arrive(picture: Picture): void;
  /**
   * Somebody moves the pictures: those that have arrived are put where they belong, and those that are lost are taken
   * out. Returns the newest of those that had arrived.
   */
  settle(): Sorted | undefined;
  /** Puts what has arrived in its place, and loads that of this picture. undefined: it has been seen. */
  reveal(id: string | undefined): void;
  /**
   * Takes a picture out, such as one that was moved to the trash, and those that are lost. It stays away until it is
   * put again, or a list has a newer revision of it.
   */
  remove(id: string): void;
  /** Takes pictures out, as `remove` does. Returns those of them that were loaded. */
  removeAll(ids: ReadonlySet<string>): readonly Sorted[];
  /** Puts pictures where they belong, or in the place that they had. Takes those out that the query no longer has. */
  putAll(pictures: readonly Picture[]): void;
  /** Pictures of these positions belong to the library again. Those that it hasn't are read where they are seen. */
  reopen(positions: readonly Position[]): void;
  /** The next pictures older than that position, whether they are loaded or not. Errors: `SafelightError`. */
  membersBelow(to: Position, limit: number): Promise<Members>;
  /** Loads the pictures again that are loaded and have those ids: many have changed. Their places stay. */
  readAgain(ids: ReadonlySet<string>): Promise<void>;
  /**
   * Others have taken the picture. Its place stays, with a picture whose status is `deleted`, until somebody moves the
   * pictures.
   */
  lose(id: string): void;
  /**
   * Reads the newest again, after an error or when the page becomes visible again. New ones count as arrived, missing
   * ones are lost.
   */
  refresh(): void;
  /** Forgets all that is loaded, and reads the newest again. */
  reset(): void;
  /** One short list of the uploads since the latest that was seen. New ones count as arrived. */
  lookForUploads(): void;
  close(): void;
}

/** All between two positions: `from` is inclusive. */
export interface Members {
  readonly members: readonly Member[];
  readonly from: Position;
}

export interface LibraryOptions {
  readonly client: SafelightClient;
  /** Whose pictures; undefined: of everybody whom the client may see. */
  readonly user: string | undefined;
  /** What dates a picture, and so orders them; with words they are in the order of uploads. */
  readonly order: Order;
  /** Absent: all. */
  readonly query?: LibraryQuery;
  /** Absent: those that aren't in the trash. */
  readonly status?: 'trashed';
  /** The id of the album whose pictures it has. Absent: all. */
  readonly album?: string;
}
