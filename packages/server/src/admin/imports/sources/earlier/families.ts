import { acceptedType, extensionOf } from '../../../../domain/image/media-type.ts';
import type { Item } from '../../../../records/dynamodb/item.ts';
import type { SourceEntry } from '../../import-source.ts';
import { epochTime, isoTime, optionalText, sizeBytes, text, texts } from './attributes.ts';

type Metadata = NonNullable<SourceEntry['description']['metadata']>;

/** What a record says of its image. */
export interface EarlierRecord extends Pick<SourceEntry, 'at' | 'sizeBytes' | 'contentType'> {
  readonly filename: string;
  readonly tags: readonly string[];
  readonly description: string | null;
  readonly metadata: Metadata;
}

/** How one of the five earlier services stored its images. */
export interface EarlierFamily {
  /** The names that the service had without configuration. */
  readonly table: string;
  readonly bucket: string;
  /** The table's keys: together they name a record. */
  readonly keys: readonly string[];
  /** All of its objects' keys begin so. */
  readonly prefix: string;
  /** Errors: `UnexpectedAttribute`, also of the others. */
  objectKey(record: Item): string;
  read(record: Item): EarlierRecord;
}

export type EarlierName = keyof typeof EARLIER_FAMILIES;

export const EARLIER_FAMILIES = {
  '000': {
    table: 'ImageMetadata',
    bucket: 'cloud-image-bucket',
    keys: ['user_id', 'image_id'],
    prefix: 'images/',
    objectKey: s3Key,
    read(record) {
      const contentType = text(record, 'content_type');
      return { ...uploaded(record), contentType, filename: filenameFor(contentType), tags: texts(record, 'tags') };
    },
  },
  '001': {
    table: 'images',
    bucket: 'images-bucket',
    keys: ['image_id'],
    prefix: 'images/',
    objectKey: s3Key,
    read: (record) => ({ ...uploaded(record), tags: texts(record, 'tags') }),
  },
  '002': {
    table: 'images',
    bucket: 'images-bucket',
    keys: ['image_id'],
    prefix: '',
    objectKey: s3Key,
    read: (record) => ({ ...uploaded(record), tags: commaSeparated(optionalText(record, 'tags') ?? '') }),
  },
  '003': {
    table: 'image-metadata',
    bucket: 'images',
    keys: ['image_id'],
    prefix: 'images/',
    objectKey: s3Key,
    read(record) {
      const contentType = text(record, 'content_type');
      return {
        at: isoTime(record, 'created_at'),
        sizeBytes: sizeBytes(record, 'size'),
        contentType,
        filename: optionalText(record, 'filename') ?? filenameFor(contentType),
        tags: [],
        description: null,
        metadata: metadataIn(optionalText(record, 'metadata') ?? ''),
      };
    },
  },
  '004': {
    table: 'ImagesTable',
    bucket: 'image-bucket',
    keys: ['user_id', 'image_id'],
    prefix: '',
    objectKey: (record) => text(record, 'image_id'),
    read(record) {
      const contentType = text(record, 'content_type');
      const tag = text(record, 'tag');
      return {
        at: epochTime(record, 'created_at'),
        sizeBytes: null,
        contentType,
        filename: optionalText(record, 'filename') ?? filenameFor(contentType),
        tags: tag === NO_TAG ? [] : [tag],
        description: null,
        metadata: {},
      };
    },
  },
} as const satisfies Readonly<Record<string, EarlierFamily>>;

/** Stands in `tag`, a key of an index, for an upload without tags. */
const NO_TAG = '_none';

function s3Key(record: Item): string {
  return text(record, 's3_key');
}

/** The attributes that 000 to 002 have in common. */
const uploaded = (record: Item) => ({
  at: isoTime(record, 'upload_time'),
  sizeBytes: null,
  contentType: null,
  filename: filenameFor(null),
  description: optionalText(record, 'description'),
  metadata: {},
});

/** As this service names an upload without a name. */
function filenameFor(contentType: string | null): string {
  const type = contentType === null ? undefined : acceptedType(contentType);
  return type === undefined ? 'image' : `image.${extensionOf(type)}`;
}

const commaSeparated = (given: string): readonly string[] =>
  given
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');

/** Clients sent any text: what is no object of JSON is kept as it is. */
function metadataIn(given: string): Metadata {
  if (given.trim() === '') return {};
  try {
    const parsed: unknown = JSON.parse(given);
    if (parsed === null) return {};
    if (typeof parsed === 'object' && !Array.isArray(parsed)) return parsed as Metadata;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { metadata: given };
}
