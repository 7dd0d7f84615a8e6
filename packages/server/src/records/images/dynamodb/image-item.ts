import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { dueAt, type Image, partsOf } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { laneOf } from '../../../domain/image/lane.ts';
import { capturePositionOf } from '../../../domain/lists/list-position.ts';
import { preview } from '../../../text/preview.ts';
import { flag, integer, optionalInteger, optionalText, text, texts } from '../../dynamodb/attributes.ts';
import type { Condition } from '../../dynamodb/condition.ts';
import type { Item } from '../../dynamodb/item.ts';
import {
  attributesOfKey,
  duePartition,
  dueSort,
  imageIdOf,
  imageKey,
  isSharded,
  ownerPartition,
  shardPartition,
} from '../../dynamodb/item-keys.ts';
import type { Placement } from '../../dynamodb/placement.ts';
import { TTL_ATTRIBUTE } from '../../dynamodb/schema.ts';
import {
  isNewer,
  newerRecord,
  requireReadableForm,
  unlessNewer,
  VERSIONED,
  VERSIONED_IN_PARTS,
  VERSIONED_TO_FETCH,
} from '../../dynamodb/schema-version.ts';
import { unexpected } from '../../stored-values.ts';
import { type Cell, type CellReaders, readerOf, writersOf } from '../fields.ts';
import { type CellName, IMAGE_FIELDS, STATUSES } from '../image-fields.ts';
import { albumsListedWith } from './album-rows.ts';

/** The attributes of a record's item besides the image. */
export interface Written {
  readonly placement: Placement;
  /** Random per write, so that a writer that lost the answer recognizes its own write. */
  readonly writeId: string;
  /** The recount of usage that has added up the record; null or absent: none. */
  readonly mark?: string | null;
  /**
   * The revision at which the place of a ready image was written, and those of its facets; null: none was. Absent: it
   * is written with the item.
   */
  readonly placed?: number | null;
  /** Where the image is counted by month; null or absent: nowhere. */
  readonly counted?: string | null;
  /**
   * The revision at which the image's rows of albums were written (album-rows.ts); null: none were. Absent: they are
   * written with the item.
   */
  readonly albumsListed?: number | null;
  /** Whether the item says so: an older process leaves the attribute on the record of an image that it ends. */
  readonly hasDetails?: boolean;
}

const WRITERS = new Map(
  STATUSES.map((status) => {
    const { id: _, ...writers } = writersOf<Image>(IMAGE_FIELDS[status]); // the id is the key
    return [status, Object.entries(writers)];
  }),
);

/** The item of an image's record. Attributes that its status lacks are absent. */
export const itemOf = (
  image: Image,
  {
    placement,
    writeId,
    mark = null,
    placed = placedWith(image),
    counted = null,
    albumsListed = albumsListedWith(image),
    hasDetails = false,
  }: Written,
): Item => ({
  ...attributesOfKey(imageKey(image.id)),
  ...indexKeysOf(image, placement),
  ...ttlOf(image),
  shard: number(placement.shard),
  ...(image.status === 'ready' && { hasGlobalFacets: { BOOL: placement.hasGlobalFacets } }),
  ...versionOf(image),
  writeId: { S: writeId },
  ...(mark !== null && { recount: { S: mark } }),
  ...(placed !== null && { placed: number(placed) }),
  ...(counted !== null && { months: { S: counted } }),
  ...(albumsListed !== null && { albumsListed: number(albumsListed) }),
  ...fieldsOf(image),
  ...(hasDetails && { hasDetails: { BOOL: true } }),
});

function versionOf(image: Image): typeof VERSIONED {
  if (image.status === 'pending' && image.fetchFrom !== null) return VERSIONED_TO_FETCH;
  if (image.status === 'rejected' && image.rejection.code === 'fetch-failed') return VERSIONED_TO_FETCH;
  return partsOf(image) ? VERSIONED_IN_PARTS : VERSIONED;
}

function fieldsOf(image: Image): Item {
  const item: Item = {};
  for (const [name, cellOf] of WRITERS.get(image.status) ?? []) {
    const cell = cellOf(image);
    if (cell !== null) item[name] = attribute(cell);
  }
  return item;
}

const attribute = (cell: Cell): AttributeValue => {
  switch (typeof cell) {
    case 'string':
      return { S: cell };
    case 'number':
      return number(cell);
    case 'boolean':
      return { BOOL: cell };
    default:
      return { L: cell.map((text) => ({ S: text })) };
  }
};

const OTHER_ATTRIBUTES = [
  'g1p',
  'g1s',
  'g2p',
  'g2s',
  'g3p',
  'g3s',
  'g4p',
  'g4s',
  TTL_ATTRIBUTE,
  'schemaVersion',
  'writeId',
  'recount',
  'placed',
  'months',
  'albumsListed',
  'shard',
  'hasGlobalFacets',
] as const;

/** Every attribute of a record in this version, except its key. Other attributes belong to other versions. */
export const IMAGE_ATTRIBUTES: readonly string[] = [
  ...new Set([...OTHER_ATTRIBUTES, ...[...WRITERS.values()].flat().map(([name]) => name)]),
];

/** The attributes by which a write recognizes the record that it was based on. */
export const VERSION_ATTRIBUTES = [
  'status',
  'revision',
  'attempt',
  'expiresAt',
  'g3s',
  'shard',
  'hasGlobalFacets',
  'renditionFailures',
  'objectTag',
  'epoch',
  'links',
  'workingCopy',
  'filteredBy',
  'albums',
  'parts',
  'hasDetails',
  'recount',
  'placed',
  'months',
  'albumsListed',
] as const satisfies readonly (CellName | (typeof OTHER_ATTRIBUTES)[number])[];

/** The condition that the record has all attributes by which writers recognize it, and isn't of a newer version. */
export function isStill(item: Item): Condition {
  const values: Record<string, AttributeValue> = {};
  // A process of an earlier version leaves these attributes where it trashes or holds an image.
  const ofReady: readonly string[] = item['status']?.S === 'ready' ? [] : ['filteredBy', 'placed'];
  const names = VERSION_ATTRIBUTES.filter((name) => !ofReady.includes(name));
  const terms = names.map((name) => {
    const value = item[name];
    if (value === undefined) return `attribute_not_exists(#${name})`;
    values[`:${name}`] = value;
    return `#${name} = :${name}`;
  });
  return unlessNewer({
    ConditionExpression: terms.join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])), // some are reserved words
    ExpressionAttributeValues: values,
  });
}

/** For a record that isn't ready only the shard is decided. */
export const placementIn = (item: Item): Placement => ({
  shard: integer(item, 'shard'),
  hasGlobalFacets: item['hasGlobalFacets']?.BOOL ?? false,
});

/** The image id of an item, whether or not the record is readable. */
export const idIn = (item: Item): ImageId => imageIdOf(text(item, 'pk'));

/** Whether details were written with the record, in whichever state it is now. */
export const hasDetailsIn = (item: Item): boolean => item['hasDetails']?.BOOL ?? false;

/** The recount that has added up the record. */
export const markIn = (item: Item): string | null => optionalText(item, 'recount');

/** The revision at which its place was written. A write of an earlier version keeps it, and raises the revision. */
export const placedIn = (item: Item): number | null => optionalInteger(item, 'placed');

/** What a write says of the place that it writes with a record. */
export const placedWith = ({ status, revision }: Image): number | null => (status === 'ready' ? revision : null);

/** Where the record is counted by month: `countedText`. */
export const countedAsIn = (item: Item): string | null => optionalText(item, 'months');

/** The revision at which its rows of albums were written. */
export const albumsListedIn = (item: Item): number | null => optionalInteger(item, 'albumsListed');

export const writeIdIn = (item: Item): string => text(item, 'writeId');

/** Errors: `unavailable` if a newer version wrote it in a form that this one can't read. */
export const imageOf = (item: Item): Image => {
  requireReadableForm(item);
  try {
    return parsed(item);
  } catch (cause) {
    if (isNewer(item)) throw newerRecord(item);
    throw new Error(`The record of image ${item['pk']?.S} is corrupt`, { cause });
  }
};

const number = (value: number): AttributeValue => ({ N: String(value) });

function indexKeysOf(image: Image, { shard }: Placement): Item {
  const due = dueAt(image);
  const { id, userId, status } = image;
  return {
    ...(status !== 'deleted' && { g1p: { S: ownerPartition(userId, status) }, g1s: { S: id } }),
    ...(isSharded(status) && { g2p: { S: shardPartition(shard, status) }, g2s: { S: id } }),
    ...(status === 'ready' && { g4p: { S: ownerPartition(userId, status) }, g4s: { S: capturePositionOf(image) } }),
    ...(due && { g3p: { S: duePartition(shard, laneOf(image)) }, g3s: { S: dueSort(due, id) } }),
  };
}

const ttlOf = (image: Image): Item =>
  'remains' in image && 'forgetAt' in image.remains
    ? { [TTL_ATTRIBUTE]: number(Math.ceil(image.remains.forgetAt.getTime() / 1000)) }
    : {};

const CELLS: CellReaders<Item> = {
  text: (name) => (name === 'id' ? idIn : (item) => optionalText(item, name)),
  hint: (name) => (item) => item[name]?.S ?? null,
  integer: (name) => (item) => optionalInteger(item, name),
  flag: (name) => (item) => (name in item ? flag(item, name) : null),
  texts: (name) => (item) => (name in item ? texts(item, name) : null),
};

const READERS: ReadonlyMap<string, (item: Item) => Image> = new Map(
  STATUSES.map((status) => [status, readerOf<Item, Image>(CELLS, IMAGE_FIELDS[status])]),
);

const parsed = (item: Item): Image => {
  const status = text(item, 'status');
  const read = READERS.get(status) ?? unexpected('a status', preview(status));
  return read(item);
};
