import { type Image, isDetailed, isStored } from '../../../domain/image/image.ts';
import type { Item } from '../../dynamodb/item.ts';
import { isSamePlacement, type Placement, type PlacementRule, placementOf } from '../../dynamodb/placement.ts';
import { albumsListedWith } from './album-rows.ts';
import { albumsListedIn, countedAsIn, hasDetailsIn, markIn, placedIn, placedWith, placementIn } from './image-item.ts';
import { type KnownIds, NOTHING_KNOWN } from './taken-ids.ts';

/** What is guessed of a record besides the image: its attributes on the item only, and items of taken ids. */
export interface Guess {
  readonly ids: KnownIds;
  readonly placement: Placement;
  readonly mark: string | null;
  /** The revision at which the place of a ready image was written. */
  readonly placed: number | null;
  readonly counted: string | null;
  /** The revision at which its rows of albums were written. */
  readonly albumsListed: number | null;
  readonly hasDetails: boolean;
}

/** As this version leaves the record. */
export const firstGuess = (from: Image, rule: PlacementRule, counted: string | null): Guess => ({
  ids: NOTHING_KNOWN,
  placement: placementOf(from.id, rule),
  mark: null,
  ...asPlaced(from),
  counted,
  hasDetails: isDetailed(from),
});

/** After the record's places were written. */
export const asPlaced = (from: Image): Pick<Guess, 'placed' | 'albumsListed'> => ({
  placed: placedWith(from),
  albumsListed: albumsListedWith(from),
});

export const isPlaced = (from: Image, { placed, albumsListed }: Guess): boolean =>
  placed === placedWith(from) && albumsListed === albumsListedWith(from);

export const guessIn = (item: Item, from: Image, { placement, ids }: Guess): Guess => ({
  ids,
  placement: from.status === 'ready' ? placementIn(item) : { ...placement, shard: placementIn(item).shard },
  mark: markIn(item),
  placed: from.status === 'ready' ? placedIn(item) : null,
  counted: countedAsIn(item),
  albumsListed: albumsListedIn(item),
  hasDetails: isStored(from) ? from.hasDetails : hasDetailsIn(item),
});

export const isSameGuess = (one: Guess, other: Guess): boolean =>
  isSamePlacement(one.placement, other.placement) &&
  one.mark === other.mark &&
  one.placed === other.placed &&
  one.counted === other.counted &&
  one.albumsListed === other.albumsListed &&
  one.hasDetails === other.hasDetails;
