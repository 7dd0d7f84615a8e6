import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';

/*
 * Records in DynamoDB: run/compose/records.ts opens records/images/dynamodb/open.ts instead of SQLite, and any number
 * of processes may use the table.
 *
 * - Items. Below are the record of an image, and facets, the rows by which lists find a ready image.
 *   records/images/dynamodb/image-item.ts writes and reads records, item-keys.ts makes every key, and placement.ts
 *   says in which shard an image's items are.
 * - A write (records/images/dynamodb/records.ts) is one conditional update, or one transaction with the facets that
 *   change (facets.ts). It keeps attributes that this version doesn't know (item-update.ts) and refuses records of a
 *   newer version (schema-version.ts). table.ts makes the calls and retries conflicts and throttling.
 * - A list (records/images/dynamodb/lists/find.ts). list-plan.ts chooses the partitions, walk.ts reads one in order,
 *   merge.ts merges several, records/images/leapfrog.ts intersects them, as in SQLite, and hydrate.ts fetches the
 *   images that facets name.
 */

/**
 * One table for everything. What an item is stands in its partition key's first letter:
 *
 *   I#<id>                      I      an image's record
 *   T#<owner>#<tag>             <id>   a ready image carries the tag
 *   C#<owner>#<type>            <id>   a ready image has the media type
 *   M#<owner>#<name>#<value>    <id>   a ready image has that value in its metadata (METADATA_FILTERS)
 *   GT#<tag>#<shard>, GC#<type>#<shard>  the same, for lists over all owners
 *   ZI#<owner>#<album>          <id>   a ready image is in the album
 *   ZC#<owner>#<album>          <shard>  how many rows of the album are of images in the shard
 *   K#<owner>#<key>             K      one use of an Idempotency-Key
 *   D#<owner>#<external id>     D      the image that has this id of its client
 *   DF#<former id>              DF     the image that had this id in an earlier service
 *   Y#<owner>#<image id>        Y      what an image's picture says that isn't in its record
 *   A#<id>                      A      an API key
 *   Z#<id>                      Z      an album
 *   N#<token id>                N      how many uploads an upload token has permitted
 *   X#<owner>#<token id>        X      a view token of the user is revoked; without an id: all of them
 *   XT#<token id>               X      a view token is revoked, whichever user it is for
 *   Q#<owner>                   Q      the owner's limits, and its usage while it has any
 *   Q#<owner>#<shard>           Q      a part of the usage of an owner without limits
 *   J#<owner>#<shard>           <generation>#<month>  how many ready images of the owner were taken in the month
 *   O#<owner>                   O      by which owners are listed
 *   E#                          key, block#<hash>, deletion#<hash>, erasure#<hash>#<id>  users whose data was deleted
 *   VX#<shard>                  <image id>#<revision>  the outbox of a shard of the log of events
 *   VL#<shard>                  <sequence>  the events of a shard of the log; without attributes: of an erased user
 *   VU#<owner>                  <shard>#<sequence>  the same, for readers of one owner's events
 *   B#                          count, webhook#<id>, removed#<id>  webhooks
 *   BD#<webhook>                <shard>#<sequence>  a delivery that isn't finished
 *   BF#<webhook>                at#<time>#<event>, id#<event>  a finished delivery, and where it is
 *   L#<name>                    L      a lease
 *   S#<name>                    S      what processes share: form, secret, shards, bookmarks, generations, log heads
 *   S#check#<process>           S      what one process writes to see that it can
 *
 * Only images, owners' facets, owners, albums and API keys have index keys, and each only those that some list needs.
 */
export const TABLE_KEY = { partition: 'pk', sort: 'sk' } as const;

export interface IndexDefinition {
  readonly name: string;
  readonly partition: string;
  readonly sort: string;
  readonly projection: 'ALL' | 'KEYS_ONLY';
}

/**
 * `U#<owner>` of ready images, `U#<owner>#<status>` of the others but deleted ones; `A#<owner>` of API keys;
 * `Z#<owner>` of albums that are shown; by id. Rows of an album under their own partition key, in the order by hand.
 */
export const BY_OWNER = { name: 'gsi1', partition: 'g1p', sort: 'g1s', projection: 'ALL' } as const;
/**
 * `F#<shard>` of ready images, `P#<shard>` of pending ones, `H#<shard>` of held ones, `R#<shard>` of rejected ones; `A`
 * of all API keys; `O` of owners; `ZD` of albums that are being deleted; by id. Rows of an album under their own
 * partition key, in the order of addition.
 */
export const BY_SHARD = { name: 'gsi2', partition: 'g2p', sort: 'g2s', projection: 'ALL' } as const;
/** `W#<shard>`, with a lane (domain/image/lane.ts), while work is left; by `<due time>#<id>`. */
export const BY_DUE_TIME = { name: 'gsi3', partition: 'g3p', sort: 'g3s', projection: 'KEYS_ONLY' } as const;

/**
 * `U#<owner>` of ready images, and the facets of owners' types and tags and the rows of albums under their own
 * partition key; by position in lists by capture. A service starts without it, and then has no such lists.
 */
export const BY_CAPTURE = { name: 'gsi4', partition: 'g4p', sort: 'g4s', projection: 'KEYS_ONLY' } as const;

export const INDEXES: readonly IndexDefinition[] = [BY_OWNER, BY_SHARD, BY_DUE_TIME, BY_CAPTURE];
const OPTIONAL: readonly IndexDefinition[] = [BY_CAPTURE];
export const isRequired = (index: IndexDefinition): boolean => !OPTIONAL.includes(index);

/** Seconds since 1970 after which DynamoDB removes the item by itself, within days. */
export const TTL_ATTRIBUTE = 'ttl';

type KeyPair = Pick<IndexDefinition, 'partition' | 'sort'>;

export const keySchemaOf = ({ partition, sort }: KeyPair) => [
  { AttributeName: partition, KeyType: 'HASH' as const },
  { AttributeName: sort, KeyType: 'RANGE' as const },
];

/** All keys are strings: indexes over several attributes are nothing that every stand-in can do. */
export const attributesOf = ({ partition, sort }: KeyPair) =>
  [partition, sort].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const }));

export const indexSchemaOf = (index: IndexDefinition) => ({
  IndexName: index.name,
  KeySchema: keySchemaOf(index),
  Projection: { ProjectionType: index.projection },
});

export const BILLING_MODE = 'PAY_PER_REQUEST';

/** The whole table, to be created at once. */
export const tableDefinition = (name: string): CreateTableCommandInput => ({
  TableName: name,
  BillingMode: BILLING_MODE,
  KeySchema: keySchemaOf(TABLE_KEY),
  AttributeDefinitions: [TABLE_KEY, ...INDEXES].flatMap(attributesOf),
  GlobalSecondaryIndexes: INDEXES.map(indexSchemaOf),
});
