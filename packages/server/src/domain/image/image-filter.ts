import type { AlbumId } from '../album/album-id.ts';
import { memberIn } from '../album/membership.ts';
import type { WallClock } from '../facts/wall-clock.ts';
import { capturedAt } from '../lists/list-position.ts';
import { hasMetadata, type MetadataFilter } from '../metadata/metadata-filters.ts';
import type { Image, PendingImage } from './image.ts';
import { firstIdAt } from './image-id.ts';
import type { MediaType } from './media-type.ts';
import { hasWords } from './search-words.ts';
import type { Visibility } from './visibility.ts';

/** The most tags of an image, and of a list. */
export const MAX_TAGS = 20;

/** The filters of a list. */
export type ImageFilter = (ReadyFilter | SearchFilter | StatusFilter) & {
  /** Creation time, inclusive. */
  readonly createdFrom?: Date | undefined;
  /** Creation time, exclusive. */
  readonly createdBefore?: Date | undefined;
  /** Time of capture, inclusive; of ready images. */
  readonly takenFrom?: WallClock | undefined;
  /** Time of capture, exclusive; of ready images. */
  readonly takenBefore?: WallClock | undefined;
  /** An album of its owner, without words; of ready images. */
  readonly album?: AlbumId | undefined;
};

/** All filters combine. */
interface CommonFilter {
  readonly status: 'ready';
  /** At most `MAX_TAGS`. */
  readonly tags: readonly string[];
  /** Whether an image must have all of `tags` or any of them. */
  readonly tagMode: 'all' | 'any';
  readonly contentType?: MediaType | undefined;
  readonly visibility?: Visibility | undefined;
}

export interface ReadyFilter extends CommonFilter {
  readonly userId?: string | undefined;
  /** At most `MAX_FILTERS`, of one owner, of different names. */
  readonly metadata?: readonly MetadataFilter[] | undefined;
  readonly words?: undefined;
}

/** One owner's ready images that have all of some words. */
export interface SearchFilter extends CommonFilter {
  readonly userId: string;
  /** At least one, as `wordsIn` returns them. */
  readonly words: readonly string[];
  /** Also by what the pictures say, which not everybody may know who may list them. */
  readonly searchesFacts: boolean;
}

/** Pending, held and rejected images are also listed over all owners, for operators and the service's own checks. */
export type StatusFilter =
  | { readonly status: 'pending' | 'held' | 'rejected'; readonly userId?: string | undefined }
  | { readonly status: 'expired' | 'trashed'; readonly userId: string };

/** Whether `image` matches the list; a search: by what its users say, since an image alone doesn't say all facts. */
export const matches = (image: Image, filter: ImageFilter): boolean =>
  image.status === filter.status && isWithin(image, filter) && isTakenWithin(image, filter);

/** Whether `image` will match the list of ready images once it is ready. Nobody knows yet when it was taken. */
export const wouldMatch = (image: PendingImage, filter: ImageFilter): boolean =>
  filter.status === 'ready' && isWithin(image, filter);

const isWithin = (image: Image, filter: ImageFilter): boolean =>
  (filter.userId === undefined || image.userId === filter.userId) &&
  (filter.createdFrom === undefined || image.id >= firstIdAt(filter.createdFrom)) &&
  (filter.createdBefore === undefined || image.id < firstIdAt(filter.createdBefore)) &&
  (filter.album === undefined || memberIn(image, filter.album) !== undefined) &&
  (filter.status !== 'ready' || isAsFiltered(image, filter));

export const isTakenWithin = (
  image: Image,
  { takenFrom, takenBefore }: Pick<ImageFilter, 'takenFrom' | 'takenBefore'>,
): boolean =>
  (takenFrom === undefined || capturedAt(image) >= takenFrom) &&
  (takenBefore === undefined || capturedAt(image) < takenBefore);

const isAsFiltered = (image: Image, filter: ReadyFilter | SearchFilter): boolean =>
  hasCommon(image, filter) &&
  (filter.words === undefined ? hasMetadata(image, filter.metadata ?? []) : hasWords(image, filter.words));

/** Whether the image has what lists and searches both filter by, besides dates. */
export const hasCommon = (image: Image, filter: ReadyFilter | SearchFilter): boolean =>
  hasType(image, filter) &&
  hasTags(image, filter) &&
  (filter.visibility === undefined || image.visibility === filter.visibility);

const hasType = (image: Image, { contentType }: CommonFilter): boolean =>
  contentType === undefined || image.contentType === contentType;

const hasTags = (image: Image, { tags, tagMode }: CommonFilter): boolean => {
  if (tags.length === 0) return true;
  const isCarried = (tag: string) => image.tags.includes(tag);
  return tagMode === 'all' ? tags.every(isCarried) : tags.some(isCarried);
};
