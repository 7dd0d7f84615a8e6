import assert from 'node:assert/strict';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoEndpoint } from '../../../../../test/servers/dynamo-endpoint.ts';
import { dueAt, type Image, partsOf } from '../../domain/image/image.ts';
import { capturedAt, capturePositionOf } from '../../domain/lists/list-position.ts';
import { isSameUsage, NO_USAGE, plus, usageOf } from '../../domain/usage/usage.ts';
import { imageOf } from '../images/dynamodb/image-item.ts';
import type { Item } from './item.ts';
import { VERSIONED, VERSIONED_IN_PARTS, VERSIONED_TO_FETCH } from './schema-version.ts';

/**
 * Asserts that the whole table matches `schema.ts`, whose rules are repeated here: each image has the index keys of
 * its state and no others, each index has those items, and the facets are exactly those of the ready images. Call it
 * when nothing writes any more.
 */
export async function requireAgreement({ dynamo, name }: { dynamo: DynamoEndpoint; name: string }): Promise<void> {
  const client = new DynamoDBClient({ endpoint: dynamo.directUrl, region: dynamo.region, credentials: dynamo });
  try {
    const items = await scan(client, { TableName: name });
    const kinds = Map.groupBy(items, (item) => textIn(item, 'pk').replace(/#.*/s, ''));
    assert.deepEqual([...kinds.keys()].filter((kind) => !KINDS.has(kind)).sort(), [], 'items of unknown kinds');
    const of = (...some: string[]): Item[] => some.flatMap((kind) => kinds.get(kind) ?? []);

    const records = of('I');
    for (const record of records) requireRecord(record, of('S'));
    assert.deepEqual(
      of('T', 'C', 'M', 'GT', 'GC').map(facetInWords).toSorted(),
      records.flatMap(facetsAskedFor).toSorted(),
      'the existing facets, and those that the images require',
    );
    assert.deepEqual(
      of('ZI').map(albumRowInWords).toSorted(),
      records.flatMap(albumRowsAskedFor).toSorted(),
      'the existing rows of albums, and those that the images require',
    );
    requireAlbumCounts(of('ZI'), of('ZC'));
    for (const album of of('Z')) requireAlbum(album);
    assert.deepEqual(
      of('D').map(externalIdInWords).toSorted(),
      records.flatMap(externalIdAskedFor).toSorted(),
      'the existing external ids, and those that the images have',
    );
    assert.deepEqual(
      of('DF').map(formerIdInWords).toSorted(),
      records.flatMap(formerIdAskedFor).toSorted(),
      'the existing former ids, and those that the images have',
    );
    assert.deepEqual(
      of('Y').map(detailsInWords).toSorted(),
      records.flatMap(detailsAskedFor).toSorted(),
      'the existing details, and those that the records say there are',
    );
    for (const use of of('K')) requireKeyUse(use);
    for (const count of of('N')) requireTokenCount(count);
    for (const revocation of of('X', 'XT')) requireRevocation(revocation);
    requireMonths(records, { counters: of('J'), shared: of('S') });
    requireUsage(records, { sums: of('Q'), owners: of('O'), shared: of('S') });
    for (const index of INDEXES) {
      const stored = await scan(client, { TableName: name, IndexName: index.name });
      const expected = [...records, ...of('O', 'A', 'T', 'C', 'Z', 'ZI')]
        .filter((item) => index.partition in item)
        .map(index.projected);
      assert.deepEqual(stored.toSorted(byKey), expected.toSorted(byKey), `the items of ${index.name}`);
    }
  } finally {
    client.destroy();
  }
}

const KINDS: ReadonlySet<string> = new Set([
  'A',
  'I',
  'T',
  'C',
  'M',
  'D',
  'DF',
  'Y',
  'J',
  'Z',
  'ZI',
  'ZC',
  'GT',
  'GC',
  'K',
  'N',
  'X',
  'XT',
  'L',
  'S',
  'Q',
  'O',
  'B',
  'BD',
  'BF',
  'VX',
  'VL',
  'VU',
]);

const INDEXES = [
  { name: 'gsi1', partition: 'g1p', projected: (item: Item) => item },
  { name: 'gsi2', partition: 'g2p', projected: (item: Item) => item },
  { name: 'gsi3', partition: 'g3p', projected: (item: Item) => picked(item, ['pk', 'sk', 'g3p', 'g3s']) },
  { name: 'gsi4', partition: 'g4p', projected: (item: Item) => picked(item, ['pk', 'sk', 'g4p', 'g4s']) },
];

function requireRecord(record: Item, shared: readonly Item[]): void {
  const image = imageOf(record);
  assert.deepEqual(picked(record, ['pk', 'sk']), texts({ pk: `I#${image.id}`, sk: 'I' }));
  assert.deepEqual(
    picked(record, ['g1p', 'g1s', 'g2p', 'g2s', 'g3p', 'g3s', 'g4p', 'g4s', 'ttl']),
    indexKeysAskedFor(image, shardIn(record)),
    `the index keys of ${image.status} image ${image.id}`,
  );
  if (image.status === 'ready') assert.equal(record['placed']?.N, String(image.revision), `${image.id} has its place`);
  else assert.ok(!('placed' in record), `${image.id} isn't ready`);
  const albumsListed = image.status === 'ready' && image.albums.length > 0 ? String(image.revision) : undefined;
  assert.equal(record['albumsListed']?.N, albumsListed, `${image.id} says since when its rows of albums are there`);
  const isToFetch = image.status === 'pending' && image.fetchFrom !== null;
  const lowest = isToFetch ? VERSIONED_TO_FETCH : partsOf(image) ? VERSIONED_IN_PARTS : VERSIONED;
  const [version, newest] = [record, lowest].map(({ schemaVersion }) => Number(schemaVersion?.N));
  assert.ok(version && newest && version <= newest, `older processes can't write ${image.status} ${image.id}`);
  if (image.status !== 'ready') assert.ok(!('hasGlobalFacets' in record), `${image.id} isn't ready`);
  if (image.status !== 'trashed') assert.ok(!('purgeAt' in record), `${image.id} isn't trashed`);
  if (image.status !== 'held' && image.status !== 'pending')
    assert.ok(!('screening' in record), `${image.id} waits for no gate`);
  const written = shared.find((item) => textIn(item, 'pk') === 'S#shards')?.['written']?.N;
  assert.ok(
    written === undefined || shardIn(record) < Number(written),
    `image ${image.id} is in shard ${shardIn(record)}, though only ${written} are written`,
  );
}

function indexKeysAskedFor(image: Image, shard: number): Item {
  const { id, status, userId } = image;
  const due = dueAt(image);
  const letters: { [status in Image['status']]?: string } = { ready: 'F', pending: 'P', held: 'H', rejected: 'R' };
  const letter = letters[status];
  const forgetAt = 'remains' in image && 'forgetAt' in image.remains ? image.remains.forgetAt : undefined;
  return {
    ...(status === 'ready' && texts({ g1p: `U#${escaped(userId)}`, g1s: id })),
    ...(status === 'ready' && texts({ g4p: `U#${escaped(userId)}`, g4s: capturePositionOf(image) })),
    ...(status !== 'ready' && status !== 'deleted' && texts({ g1p: `U#${escaped(userId)}#${status}`, g1s: id })),
    ...(letter && texts({ g2p: `${letter}#${shard}`, g2s: id })),
    ...(due && texts({ g3p: `W#${shard}${laneIn(image)}`, g3s: `${String(due.getTime()).padStart(16, '0')}#${id}` })),
    ...(forgetAt && { ttl: { N: String(Math.ceil(forgetAt.getTime() / 1000)) } }),
  };
}

/** Interrupted uploads are in another lane than expiring and removed ones. */
function laneIn(image: Image): string {
  if (image.status === 'ready') return '#renditions';
  if (image.status === 'held') return '#screening';
  return image.status === 'pending' && (image.claim || image.crashes > 0) ? '' : '#removal';
}

function facetsAskedFor(record: Item): string[] {
  const image = imageOf(record);
  if (image.status !== 'ready') return [];
  const { id, userId, contentType, tags, metadata, filteredBy } = image;
  const values = [['C', contentType], ...tags.map((tag) => ['T', tag])] as const;
  const place = capturePositionOf(image);
  const ofMetadata = filteredBy.flatMap((name) => {
    const value = Object.entries(metadata).find(([own]) => own === name)?.[1];
    const bytes = typeof value === 'string' && value.isWellFormed() ? Buffer.byteLength(value) : 0;
    return bytes >= 1 && bytes <= 100 ? [`M#${escaped(userId)}#${escaped(name)}#${escaped(String(value))} ${id}`] : [];
  });
  const ofFacets = values.flatMap(([letter = '', value = '']) => [
    `${letter}#${escaped(userId)}#${escaped(value)} ${id} at ${place}`,
    ...(record['hasGlobalFacets']?.BOOL ? [`G${letter}#${escaped(value)}#${shardIn(record)} ${id}`] : []),
  ]);
  return [...ofFacets, ...ofMetadata];
}

function facetInWords(facet: Item): string {
  const [pk, sk, place] = [textIn(facet, 'pk'), textIn(facet, 'sk'), facet['g4s']?.S];
  const expected = { ...texts({ pk, sk }), ...(place !== undefined && texts({ g4p: pk, g4s: place })) };
  assert.deepEqual(facet, expected, 'a facet has its key, perhaps a place, and nothing else');
  return `${pk} ${sk}${place === undefined ? '' : ` at ${place}`}`;
}

/** An album's rows have its three orders beside that of their keys: by capture, of addition, and by hand. */
function albumRowsAskedFor(record: Item): string[] {
  const image = imageOf(record);
  if (image.status !== 'ready') return [];
  return image.albums.map(({ albumId, added, moved }) =>
    [`ZI#${escaped(image.userId)}#${albumId} ${image.id}`, capturePositionOf(image)]
      .concat([added, moved ?? added].map((place) => `${place}#${image.id}`))
      .join(' '),
  );
}

function albumRowInWords(row: Item): string {
  const [pk, sk] = [textIn(row, 'pk'), textIn(row, 'sk')];
  const [byHand = '', added = '', place = ''] = ['g1s', 'g2s', 'g4s'].map((name) => textIn(row, name));
  const keys = texts({ pk, sk, g1p: pk, g1s: byHand, g2p: pk, g2s: added, g4p: pk, g4s: place });
  assert.deepEqual(row, keys, 'a row of an album has its keys and nothing else');
  return [pk, sk, place, added, byHand].join(' ');
}

/** Each counter has as many rows as it says, of images in its shard. Closed ones may never have counted. */
function requireAlbumCounts(rows: readonly Item[], counters: readonly Item[]): void {
  const shardOfRow = (row: Item): number => Number.parseInt(textIn(row, 'sk').slice(-8), 16) % 8;
  const counted = Object.groupBy(rows, (row) => `ZC${textIn(row, 'pk').slice('ZI'.length)} ${shardOfRow(row)}`);
  const existing = counters.map((counter) => [keyIn(counter), Number(counter['n']?.N ?? 0)] as const);
  assert.deepEqual(
    existing.filter(([, count]) => count !== 0).toSorted(),
    Object.entries(counted)
      .map(([key, { length = 0 } = []]) => [key, length])
      .toSorted(),
    'the counters of albums, and their rows',
  );
}

/** In the list of its owner while it is shown, among those that are being deleted while images are left. */
function requireAlbum(item: Item): void {
  const { deletion } = JSON.parse(textIn(item, 'album'));
  const [id, userId] = [textIn(item, 'pk').slice('Z#'.length), textIn(item, 'userId')];
  const { ttl, schemaVersion: _, writeId: __, userId: ___, version: ____, album: _____, ...keys } = item;
  assert.deepEqual(
    keys,
    texts({
      ...{ pk: `Z#${id}`, sk: 'Z' },
      ...(!deletion && { g1p: `Z#${escaped(userId)}`, g1s: id }),
      ...(deletion && !deletion.finishedAt && { g2p: 'ZD', g2s: id }),
    }),
    `the keys of album ${id}`,
  );
  assert.equal(ttl !== undefined, Boolean(deletion?.finishedAt), `album ${id} is forgotten once its deletion is over`);
}

/** An ended image of an older process has an id and no right to it. */
function externalIdAskedFor(record: Item): string[] {
  const { id, userId, externalId, status } = imageOf(record);
  if (externalId === null || status === 'rejected' || status === 'expired' || status === 'deleted') return [];
  return [`D#${escaped(userId)}#${escaped(externalId)} ${id}`];
}

function externalIdInWords(item: Item): string {
  assert.deepEqual(Object.keys(item).sort(), ['imageId', 'pk', 'sk'], 'an external id names an image and nothing else');
  return `${textIn(item, 'pk')} ${textIn(item, 'imageId')}`;
}

function formerIdAskedFor(record: Item): string[] {
  const { id, userId, formerId, status } = imageOf(record);
  if (formerId === null || status === 'rejected' || status === 'expired' || status === 'deleted') return [];
  return [`DF#${formerId} ${id} of ${userId}`];
}

function formerIdInWords(item: Item): string {
  assert.deepEqual(Object.keys(item).sort(), ['imageId', 'pk', 'sk', 'userId'], 'a former id names an image of a user');
  return `${textIn(item, 'pk')} ${textIn(item, 'imageId')} of ${textIn(item, 'userId')}`;
}

/** A record that an older process ended has details until its next write. */
const detailsAskedFor = (record: Item): string[] =>
  record['hasDetails'] ? [`Y#${escaped(imageOf(record).userId)}#${imageOf(record).id}`] : [];

function detailsInWords(item: Item): string {
  assert.deepEqual(Object.keys(item).sort(), ['details', 'pk', 'sk'], 'details are a text and nothing else');
  return textIn(item, 'pk');
}

/** A freed key refers to no image. */
function requireKeyUse(use: Item): void {
  const isFreed = use['expiresAt']?.N === '0';
  const all = [
    'expiresAt',
    'pk',
    'schemaVersion',
    'sk',
    'ttl',
    'writeId',
    ...(isFreed ? [] : ['fingerprint', 'imageId']),
  ];
  const names = Object.keys(use).filter((name) => isFreed || name !== 'leaseUntil');
  assert.deepEqual(names.toSorted(), all.toSorted(), `the attributes of ${textIn(use, 'pk')}`);
}

function requireTokenCount(count: Item): void {
  assert.deepEqual(
    Object.keys(count).toSorted(),
    ['pk', 'sk', 'ttl', 'used'],
    `the attributes of ${textIn(count, 'pk')}`,
  );
  assert.ok(Number(count['used']?.N) >= 1, 'a token that was never used');
}

function requireRevocation(revocation: Item): void {
  const [kind, owner, token] = textIn(revocation, 'pk').split('#');
  const named = [...(kind === 'X' ? ['userId'] : []), ...(kind === 'XT' || token ? ['tokenId'] : [])];
  assert.deepEqual(
    Object.keys(revocation).toSorted(),
    ['forgetAt', 'notBefore', 'pk', 'sk', 'ttl', ...named].toSorted(),
    `the attributes of ${kind}#${owner}#${token}`,
  );
}

/**
 * The counters of the generation that is served, and of one that is built, are what the records say of themselves. In
 * the one that is served that is every ready image, in its month.
 */
function requireMonths(
  records: readonly Item[],
  { counters, shared }: Readonly<Record<'counters' | 'shared', readonly Item[]>>,
): void {
  const { serving, building } = shared.find((item) => textIn(item, 'pk') === 'S#capture') ?? {};
  for (const generation of [serving?.N, building?.N].filter((one) => one !== undefined)) {
    const counted = counters.flatMap((item) => {
      const [[, owner = ''], [number, month = '']] = [textIn(item, 'pk').split('#'), textIn(item, 'sk').split('#')];
      const n = Number(item['n']?.N);
      assert.ok(n >= 0, `expected no counter below 0; got ${JSON.stringify(item)}`);
      return number === generation.padStart(6, '0') ? Array<string>(n).fill(`${owner} ${month}`) : [];
    });
    const said = records.flatMap((record) => {
      const months = (record['months']?.S ?? '').split(' ').filter((one) => one.startsWith(`${generation}:`));
      return months.map((one) => `${escaped(imageOf(record).userId)} ${one.split(':')[1]}`);
    });
    assert.deepEqual(counted.toSorted(), said.toSorted(), `the counters of generation ${generation}`);
    if (generation !== serving?.N) continue;
    const ready = records.map(imageOf).filter(({ status }) => status === 'ready');
    const asked = ready.map((image) => `${escaped(image.userId)} ${capturedAt(image).slice(0, 7)}`);
    assert.deepEqual(said.toSorted(), asked.toSorted(), 'the months of the records, and those of the ready images');
  }
}

/** While records are counted: the items of each owner add up to its records, and owners of any are listed. */
function requireUsage(
  records: readonly Item[],
  { sums, owners, shared }: Readonly<Record<'sums' | 'owners' | 'shared', readonly Item[]>>,
): void {
  if (!shared.some((item) => textIn(item, 'pk') === 'S#usage' && 'since' in item)) return;
  const listed = owners.map((item) => textIn(item, 'pk').slice('O#'.length));
  const byOwner = Map.groupBy(records.map(imageOf), ({ userId }) => escaped(userId));
  const bySum = Map.groupBy(sums, (item) => textIn(item, 'pk').split('#')[1] ?? '');
  for (const owner of new Set([...byOwner.keys(), ...bySum.keys()])) {
    const images = byOwner.get(owner) ?? [];
    const expected = images.map(usageOf).reduce(plus, NO_USAGE);
    const items = bySum.get(owner) ?? [];
    const totalOf = (name: string): number => items.reduce((sum, item) => sum + Number(item[name]?.N ?? 0), 0);
    const asked = {
      ...expected,
      committed: expected.bytes + expected.reservedBytes,
      held: expected.images + expected.pending,
      readyImages: images.filter(({ status }) => status === 'ready').length,
      trashedImages: images.filter(({ status }) => status === 'trashed').length,
    };
    assert.deepEqual(
      Object.fromEntries(Object.keys(asked).map((name) => [name, totalOf(name)])),
      asked,
      `the usage of ${owner}`,
    );
    assert.ok(isSameUsage(expected, NO_USAGE) || listed.includes(owner), `owner ${owner} is listed`);
  }
}

async function scan(client: DynamoDBClient, from: { TableName: string; IndexName?: string }): Promise<Item[]> {
  const items: Item[] = [];
  let ExclusiveStartKey: Item | undefined;
  do {
    const answer = await client.send(new ScanCommand({ ...from, ExclusiveStartKey }));
    items.push(...(answer.Items ?? []));
    ExclusiveStartKey = answer.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return items;
}

const escaped = (part: string): string => part.replace(/[%#]/g, (sign) => (sign === '%' ? '%25' : '%23'));

const textIn = (item: Item, name: string): string => {
  const value = item[name]?.S;
  assert.ok(value !== undefined, `expected a text ${name} in ${JSON.stringify(item)}`);
  return value;
};

const shardIn = (record: Item): number => {
  const shard = Number(record['shard']?.N);
  assert.ok(Number.isInteger(shard) && shard >= 0, `expected a shard in ${textIn(record, 'pk')}`);
  return shard;
};

const texts = (values: Record<string, string>): Item =>
  Object.fromEntries(Object.entries(values).map(([name, S]) => [name, { S }]));

const picked = (item: Item, names: readonly string[]): Item =>
  Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)));

const byKey = (a: Item, b: Item): number => (keyIn(a) < keyIn(b) ? -1 : 1);
const keyIn = (item: Item): string => `${textIn(item, 'pk')} ${textIn(item, 'sk')}`;
