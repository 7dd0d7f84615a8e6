import { isFormerId } from '../../../../domain/former-id.ts';
import type { Item } from '../../../../records/dynamodb/item.ts';
import { createFingerprints, type Fingerprints } from '../../../../text/fingerprints.ts';
import type { ImportSource, SourceEntry, SourceFault } from '../../import-source.ts';
import { openSourceTable, type SourceTableOptions } from '../dynamodb/source-table.ts';
import { openSourceBucket } from '../s3/source-bucket.ts';
import { text, UnexpectedAttribute } from './attributes.ts';
import { EARLIER_FAMILIES, type EarlierFamily, type EarlierName } from './families.ts';

export interface EarlierSourceOptions
  extends Pick<SourceTableOptions, 'region' | 'credentials' | 'caBundle' | 'attempts' | 'pageItems'> {
  /** null: as the service called it without configuration. */
  readonly table: string | null;
  readonly bucket: string | null;
  /** null: Amazon's of the region. */
  readonly tableEndpoint: string | null;
  readonly bucketEndpoint: string | null;
}

interface EarlierEntry extends SourceEntry {
  readonly objectKey: string;
}

/**
 * The images of an earlier service: each record of its table, then the objects that no record names, as faults. Errors:
 * `unavailable`.
 */
export async function openEarlierSource(name: EarlierName, options: EarlierSourceOptions): Promise<ImportSource> {
  const family: EarlierFamily = EARLIER_FAMILIES[name];
  const [table, bucket] = [options.table ?? family.table, options.bucket ?? family.bucket];
  const { tableEndpoint, bucketEndpoint, ...shared } = options;
  await using stack = new AsyncDisposableStack();
  const objects = stack.use(
    await openSourceBucket({ ...shared, bucket, prefix: family.prefix, endpoint: bucketEndpoint }),
  );
  const records = stack.use(await openSourceTable({ ...shared, table, endpoint: tableEndpoint }));
  const held = stack.move();

  async function* withoutRecord(named: Fingerprints): AsyncGenerator<SourceFault> {
    for await (const { key } of objects.list())
      if (!named.has(key))
        yield { path: `${bucket}/${key}`, fault: `expected a record of ${table}; got bytes without one: ${key}` };
  }

  return {
    name: `earlier:${name} ${table} ${bucket}`,

    async *entries() {
      const named = createFingerprints();
      let count = 0;
      for await (const record of records.items()) {
        count += 1;
        yield orFault(`record ${count}`, () => {
          const path = pathOf(record, family);
          return orFault(path, () => {
            const objectKey = family.objectKey(record);
            named.add(objectKey);
            return entryOf(record, { path, objectKey, family });
          });
        });
      }
      yield* withoutRecord(named);
    },

    open(entry, signal) {
      if (!isEarlier(entry)) throw new TypeError('expected an entry of this source');
      return objects.open(entry.objectKey, signal);
    },

    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const isEarlier = (entry: SourceEntry): entry is EarlierEntry => 'objectKey' in entry;

function orFault<T>(path: string, read: () => T): T | SourceFault {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UnexpectedAttribute)) throw error;
    return { path, fault: error.message };
  }
}

/** The record's keys, which DynamoDB limits to 3,072 bytes. Other parts than the last have no `/`. */
const pathOf = (record: Item, { keys }: EarlierFamily): string =>
  keys
    .map((key) => text(record, key))
    .map((part, index) => (index === keys.length - 1 ? part : part.replaceAll(/[%/]/g, encodeURIComponent)))
    .join('/');

interface Named {
  readonly path: string;
  readonly objectKey: string;
  readonly family: EarlierFamily;
}

function entryOf(record: Item, { path, objectKey, family }: Named): EarlierEntry {
  const { at, sizeBytes, contentType, ...description } = family.read(record);
  const imageId = text(record, 'image_id');
  return {
    path,
    objectKey,
    userId: text(record, 'user_id'),
    at,
    sizeBytes,
    contentType,
    description,
    takenAt: null,
    focalPoint: null,
    formerId: isFormerId(imageId) ? imageId : null,
    id: null,
  };
}
