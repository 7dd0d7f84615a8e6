import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AlbumMember, MAX_ALBUMS_OF_IMAGE } from '../../../domain/album/album-member.ts';
import { placeOfAddition } from '../../../domain/album/album-place.ts';
import { sampleDetails, sampleFacts } from '../../../domain/facts/facts.fixture.ts';
import type { WallClock } from '../../../domain/facts/wall-clock.ts';
import {
  canBecome,
  type Image,
  isStored,
  type PendingImage,
  type ReadyImage,
  type Status,
  tombstone,
} from '../../../domain/image/image.ts';
import { MAX_FILTERS } from '../../../domain/metadata/metadata-filters.ts';
import { newAlbumId } from '../../albums/sample-albums.fixture.ts';
import type { Item } from '../../dynamodb/item.ts';
import { sharedKey } from '../../dynamodb/item-keys.ts';
import { VERSIONED } from '../../dynamodb/schema-version.ts';
import type { Table, Write } from '../../dynamodb/table.ts';
import { createUnreadableRecords } from '../../unreadable-records.ts';
import { createMonthCounts } from '../../usage/dynamodb/month-counts.ts';
import type { UsageCounts } from '../../usage/dynamodb/usage-counts.ts';
import { STATUSES } from '../image-fields.ts';
import type { ReplaceOptions } from '../image-repository.ts';
import {
  type ListedStatus,
  NOW,
  sampleKeyUse,
  samplePending,
  samplePublished,
  sampleSettled,
  sampleTokenUse,
} from '../sample-images.fixture.ts';
import type { ChangeLog } from './change-log.ts';
import { createDynamodbImageRepository } from './dynamodb.ts';
import { createGenerations } from './generations.ts';
import { createRecordAddition } from './new-records.ts';
import { createTakenIds } from './taken-ids.ts';

/** "Quotas", Amazon DynamoDB Developer Guide. */
const MOST_ACTIONS = 100;
const MOST_TAGS = 20;

const anyWrite = (name: string): Write => ({ put: { pk: { S: name }, sk: { S: name } } });

/** An event, and the usage of its owner, of every change: what a process writes at most. */
const logging = async () => [anyWrite('event')];
const EVENTS: ChangeLog = { writesOf: logging, writesOfAlbum: logging };
const counted = { writes: [anyWrite('usage')], mark: null };
const counting = async () => counted;
const counts: UsageCounts = {
  forNew: async () => ({ ...counted, writes: [...counted.writes, anyWrite('owner')] }),
  forAdded: async () => ({ ...counted, writes: [...counted.writes, anyWrite('owner')] }),
  forChange: counting,
  learn: async () => undefined,
  learnOfNew: async () => undefined,
  forRecount: () => anyWrite('usage'),
  learnMark: async () => undefined,
  written: () => undefined,
};

/** One is served, and another built: both count by month. */
const GENERATIONS: Item = { serving: { N: '3' }, building: { N: '4' } };

/** `items`: of the writes whose conditions failed. */
async function cancelled(items: readonly (Item | undefined)[]): Promise<Error> {
  const { TransactionCanceledException } = await import('@aws-sdk/client-dynamodb');
  const CancellationReasons = items.map((Item) => (Item ? { Code: 'ConditionalCheckFailed', Item } : { Code: 'None' }));
  return new TransactionCanceledException({ $metadata: {}, message: 'cancelled', CancellationReasons });
}

/** The record as a walk has counted it, if the write expects that it is counted in the served generation only. */
function countedInBoth(write: Write): Item | undefined {
  const expected = 'update' in write ? (write.update.condition?.ExpressionAttributeValues ?? {}) : {};
  const { ':months': months, ':schemaVersion': _, ...others } = expected;
  if (months?.S === undefined || months.S.includes(' ')) return undefined;
  const said = Object.entries(others).map(([name, value]) => [name.slice(1), value]);
  return {
    ...Object.fromEntries(said),
    ...VERSIONED,
    writeId: { S: 'of the walk' },
    months: { S: `${months.S} ${months.S.replace('3:', '4:')}` },
  };
}

/**
 * A table in which every external id was taken over: the item of each is there, and names an image that is gone. A walk
 * has counted every ready image by month.
 */
function meter() {
  let most = 0;
  const former = samplePending();
  const taken = { imageId: { S: former.id } };
  const calls: Pick<Table, 'get' | 'put' | 'update' | 'transact'> = {
    get: async ({ pk }) => (pk === sharedKey('capture').pk ? GENERATIONS : undefined),
    put: async () => undefined,
    update: async () => undefined,
    async transact(writes) {
      most = Math.max(most, writes.length);
      const inBoth = writes.map(countedInBoth);
      if (inBoth.some((item) => item !== undefined)) throw await cancelled(inBoth);
      const claim = writes.findIndex((write) => 'put' in write && write.put['pk']?.S?.startsWith('D#'));
      const isChecked = writes.some((write) => 'check' in write);
      if (claim === -1 || isChecked) return;
      throw await cancelled(writes.map((_, n) => (n === claim ? taken : undefined)));
    },
  };
  const table = calls as Table;
  const rule = { shards: 8, writtenShards: 8, globalLists: true };
  const images = createDynamodbImageRepository(table, { ...rule, counts, changes: EVENTS });
  const takenIds = createTakenIds(
    table,
    createUnreadableRecords(() => undefined),
  );
  const newWriteId = () => crypto.randomUUID();
  const months = createMonthCounts(createGenerations(table));
  const addRecord = createRecordAddition(table, { rule, newWriteId, counts, months, changes: EVENTS, takenIds });
  return {
    images,
    addRecord,
    /** The most actions of a transaction of `work`. */
    async of(work: () => Promise<unknown>): Promise<number> {
      most = 0;
      await work();
      return most;
    },
  };
}

const FILTERS = ['a', 'b', 'c'];

const full = (name: string): Partial<PendingImage> => ({
  externalId: name,
  metadata: Object.fromEntries(FILTERS.map((filter) => [filter, name])),
  tags: Array.from({ length: MOST_TAGS }, (_, n) => `${name} ${n}`),
});

function inStatus(pending: PendingImage, status: Status, takenByHand: WallClock): Image {
  if (status === 'deleted') return tombstone(pending, NOW);
  const image = sampleSettled(pending, status as ListedStatus, FILTERS);
  return isStored(image) ? { ...image, facts: { ...sampleFacts, takenByHand }, hasDetails: true } : image;
}

/** A PATCH of everything also corrects the position. */
const CORRECTED: ReplaceOptions = {
  details: { ...sampleDetails, positionByHand: { latitude: 1, longitude: 2 } },
  changedDetails: ['position'],
};

const [BEFORE, AFTER] = ['2019-05-04T00:00:00.000' as WallClock, '2020-06-05T00:00:00.000' as WallClock];

const ALBUMS: readonly AlbumMember[] = Array.from({ length: MAX_ALBUMS_OF_IMAGE }, (_, index) => ({
  albumId: newAlbumId(),
  added: placeOfAddition(NOW, index, ''),
  moved: null,
})).toSorted((one, other) => (one.albumId < other.albumId ? -1 : 1));

interface Kept {
  readonly albums?: readonly AlbumMember[];
  /** Absent: all become others. */
  readonly kept?: 'tags' | 'date';
}

/** The image with everything that lists and look-ups have rows for, and after its change with other ones. */
function largest(from: Status, to: Status, { albums = [], kept }: Kept = {}): readonly [Image, Image] {
  const pending = samplePending({ ...full('before'), albums });
  const before = inStatus(pending, from, BEFORE);
  const { tags = [], ...others } = full('after');
  const after = { ...pending, ...others, tags: kept === 'tags' ? pending.tags : tags };
  return [before, { ...inStatus(after, to, kept === 'date' ? BEFORE : AFTER), revision: before.revision + 1 }];
}

/** The actions of each transition, most of them first. */
async function transitions(kept: Kept = {}, isMeant = (_from: Status, _to: Status) => true) {
  const one = meter();
  const sizes = new Map<string, number>();
  for (const from of STATUSES)
    for (const to of STATUSES)
      if ((from === to || canBecome(from, to)) && isMeant(from, to)) {
        const [before, after] = largest(from, to, kept);
        sizes.set(`${from} -> ${to}`, await one.of(() => one.images.replace(before, after, CORRECTED)));
      }
  return [...sizes].toSorted(([, a], [, b]) => b - a);
}

describe('the largest transaction', () => {
  it('of a change has 98 actions: all tags, the external id, values of metadata, the date and details become others', async () => {
    const [[name, most] = []] = await transitions();
    // record, usage, a month less and one more in two generations, claim, check and release of the external id, 40
    // facets of tags and 3 of metadata removed, as many added, the facet of the type at its new place, details, event
    assert.deepEqual([name, most], ['ready -> ready', 1 + 1 + 4 + 3 + 2 * (2 * MOST_TAGS + MAX_FILTERS) + 1 + 2]);
    assert.ok(most !== undefined && most <= MOST_ACTIONS);
  });

  it('of a change of an image in ten albums has no more, unless all tags and the date become others', async () => {
    const [[name, most] = []] = await transitions({ albums: ALBUMS, kept: 'date' });
    assert.deepEqual([name, most], ['ready -> ready', 1 + 1 + 3 + 2 * (2 * MOST_TAGS + MAX_FILTERS) + 2]);
    const [[, withDate = 0] = []] = await transitions({ albums: ALBUMS, kept: 'tags' });
    const [[, ofOthers = 0] = []] = await transitions({ albums: ALBUMS }, (from, to) => from !== to);
    // record, usage, months, claim and check of the external id, facets, rows and counts of albums, details, event
    assert.equal(ofOthers, 1 + 1 + 2 + 2 + 2 * (MOST_TAGS + 1) + MAX_FILTERS + 2 * MAX_ALBUMS_OF_IMAGE + 2 + 1);
    assert.ok(Math.max(most ?? 0, withDate, ofOthers) <= MOST_ACTIONS);
    // Operations refuse it before (domain/lists/rows-of-change.ts). 108 once all is learnt of its external ids and
    // months.
    const [before, after] = largest('ready', 'ready', { albums: ALBUMS });
    await assert.rejects(meter().images.replace(before, after, CORRECTED), {
      message: /at most 100 actions; got 106$/,
    });
  });

  it('of a change of all albums has fewer', async () => {
    const [before] = largest('ready', 'ready', { albums: ALBUMS });
    const others = ALBUMS.map((member) => ({ ...member, albumId: newAlbumId() }));
    const one = meter();
    const moved = await one.of(() => one.images.replace(before, { ...before, albums: others }));
    assert.equal(moved, 1 + 1 + 1 + 4 * MAX_ALBUMS_OF_IMAGE + 1, 'record, usage, month, rows and counts, event');
    const inTrash = { ...largest('trashed', 'trashed')[0], albums: [] };
    const joined = await one.of(() => one.images.replace(inTrash, { ...inTrash, albums: ALBUMS }));
    assert.equal(joined, 1 + 1 + MAX_ALBUMS_OF_IMAGE + 1);
  });

  it('of a new record has fewer', async () => {
    const one = meter();
    const pending = samplePending(full('new'));
    const grant = await one.of(() =>
      one.images.useKey(sampleKeyUse({ imageId: pending.id }), NOW, pending, sampleTokenUse()),
    );
    assert.equal(grant, 8, 'key, record, token, usage, entry of the owner, claim, check, event');
    const ready: ReadyImage = samplePublished(samplePending(full('restored')), 'image/jpeg', FILTERS);
    const restored = await one.of(() => one.addRecord({ ...ready, hasDetails: true }, sampleDetails));
    assert.equal(restored, 1 + 2 + 2 + 2 + 2 * (MOST_TAGS + 1) + MAX_FILTERS + 2);
    const inAlbums: ReadyImage = samplePublished(
      samplePending({ ...full('other'), albums: ALBUMS }),
      'image/jpeg',
      FILTERS,
    );
    const withRows = await one.of(() => one.addRecord({ ...inAlbums, hasDetails: true }, sampleDetails));
    assert.equal(withRows, restored + 2 * MAX_ALBUMS_OF_IMAGE);
    assert.ok(Math.max(grant, withRows) <= MOST_ACTIONS);
  });
});
