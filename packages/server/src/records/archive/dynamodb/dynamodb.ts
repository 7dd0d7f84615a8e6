import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Details } from '../../../domain/facts/facts.ts';
import { type Image, isDetailed } from '../../../domain/image/image.ts';
import { albumItem } from '../../albums/dynamodb/album-item.ts';
import { text } from '../../dynamodb/attributes.ts';
import { IS_NEW } from '../../dynamodb/condition.ts';
import { isWritten } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import { attributesOfKey, detailsKey, tokenUsesKey } from '../../dynamodb/item-keys.ts';
import { TTL_ATTRIBUTE } from '../../dynamodb/schema.ts';
import type { Table } from '../../dynamodb/table.ts';
import { createDynamodbErasureRepository } from '../../erasures/dynamodb/dynamodb.ts';
import { detailsIn } from '../../images/dynamodb/details.ts';
import { itemOf as keyItem } from '../../keys/dynamodb/key-item.ts';
import { restoreRevocation } from '../../revocations/dynamodb/dynamodb.ts';
import type { UsageRepository } from '../../usage/usage-repository.ts';
import type { WebhookRepository } from '../../webhooks/webhook-repository.ts';
import type { ArchiveRecord, ReadAllOptions, RecordArchive, TokenCount } from '../record-archive.ts';
import { KEY_PREFIXES, namesOf } from '../stored-kinds.ts';
import { withDetails } from '../unreadable.ts';
import { createItemReader } from './item-reader.ts';
import { scanItems } from './scan.ts';

export interface DynamodbRecordArchiveOptions {
  /** From `createScanningClient`. */
  readonly client: DynamoDBClient;
  readonly name: string;
  readonly table: Table;
  /** Adds a record in any state with its details, its facets and its usage; false if the id is taken. */
  readonly addRecord: (image: Image, details?: Details) => Promise<boolean>;
  readonly usage: Pick<UsageRepository, 'usageOf' | 'setLimits'>;
  readonly webhooks: Pick<WebhookRepository, 'create'>;
  /** Items that one page of a scan looks at. */
  readonly pageItems?: number;
}

/** The records in one table, for any number of processes beside. */
export function createDynamodbRecordArchive({
  client,
  name,
  table,
  addRecord,
  usage,
  webhooks,
  pageItems,
}: DynamodbRecordArchiveOptions): RecordArchive {
  const erasures = createDynamodbErasureRepository(table);

  const detailed = async (
    records: readonly ArchiveRecord[],
    { needsDetails = () => true }: ReadAllOptions,
  ): Promise<readonly ArchiveRecord[]> => {
    const needs = (image: Image) => isDetailed(image) && needsDetails(image);
    const images = records.flatMap((record) => (record.kind === 'image' && needs(record.image) ? record.image : []));
    if (images.length === 0) return records;
    const items = await table.getMany(images.map(detailsKey), 'strong');
    const found = new Map(items.map((item) => [text(item, 'pk'), detailsIn(item)]));
    return records.map((record) =>
      record.kind === 'image' && needs(record.image)
        ? { ...record, ...withDetails(record.image, found.get(detailsKey(record.image).pk) ?? null) }
        : record,
    );
  };

  return {
    async *all(options = {}) {
      const { signal } = options;
      const recordOf = createItemReader(options);
      for await (const items of scanItems(client, {
        table: name,
        prefixes: SCANNED,
        pageItems,
        signal,
      }))
        if (items.length > 0)
          yield detailed(
            items.flatMap((item) => recordOf(item) ?? []),
            options,
          );
    },

    async put(record) {
      switch (record.kind) {
        case 'image':
          return addRecord(record.image, record.details);
        case 'album':
          return isWritten(table.put(albumItem(record.album, randomUUID()), IS_NEW));
        case 'key':
          return isWritten(table.put(keyItem(record.key), IS_NEW));
        case 'limits': {
          const { hasOwnLimits } = await usage.usageOf(record.userId);
          if (!hasOwnLimits) await usage.setLimits(record.userId, record.limits);
          return !hasOwnLimits;
        }
        case 'token-count':
          return isWritten(table.put(tokenCountItem(record), IS_NEW));
        case 'revocation':
          return restoreRevocation(table, record.revocation);
        case 'erasure':
          return erasures.add(record.erasure);
        case 'erasure-key':
          return (await erasures.key()) === undefined && (await erasures.addKey(record.key)) === record.key;
        case 'webhook':
          return webhooks.create({ ...record.webhook, position: null });
      }
    },
  };
}

/** Details are read with their images. */
const SCANNED = namesOf(KEY_PREFIXES, 'archived').filter((prefix) => prefix !== 'Y#');

const tokenCountItem = ({ tokenId, used, forgetAt }: TokenCount): Item => ({
  ...attributesOfKey(tokenUsesKey(tokenId)),
  used: { N: String(used) },
  [TTL_ATTRIBUTE]: { N: String(Math.ceil(forgetAt.getTime() / 1000)) },
});
