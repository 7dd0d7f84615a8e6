import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import {
  describe as described,
  type PublishedImage,
  type ReadyImage,
  tombstone,
  trash,
} from '../../src/domain/image/image.ts';
import { fillFacts } from '../../src/operations/upkeep/fill-facts.ts';
import { requestFacts } from '../../src/operations/upkeep/request-facts.ts';
import { readReading, writeFactsWalk } from '../../src/records/coordination/facts-bookmarks.ts';
import { sharedKey } from '../../src/records/dynamodb/item-keys.ts';
import { removeAttribute } from '../../src/records/dynamodb/raw-item.fixture.ts';
import { createTable } from '../../src/records/dynamodb/table.ts';
import { forgetPlaces } from '../../src/records/images/dynamodb/former-places.fixture.ts';
import type { ImageRepository } from '../../src/records/images/image-repository.ts';
import { listAll, readyQuery } from '../../src/records/images/list-model.fixture.ts';
import { addTaken, requireMonths, taken } from '../../src/records/images/months.fixture.ts';
import { NOW } from '../../src/records/images/sample-images.fixture.ts';
import type { Services } from '../../src/services.ts';
import { createVersionWithoutPlaces, type OtherVersion } from '../records/other-version.ts';
import { createFilledTable, type FilledService } from './filled-service.ts';

/** FEED_SHARDS of the service. */
const SHARDS = 2;
const OPTIONS = { holder: 'one', signal: new AbortController().signal };
const DATES = ['2019-05-04T10:00:00.000', '1969-12-31T23:59:59.999', '2024-07-14T18:22:31.000'];

describe('places of images that an older process writes', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  let version: OtherVersion;
  before(async () => {
    server = await dynamoForTests();
    version = await createVersionWithoutPlaces();
  });
  after(async () => {
    await version[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  /** A table of that version, which goes on to write to it. */
  async function upgraded() {
    await using stack = new AsyncDisposableStack();
    const records = stack.use(await createFilledTable(server.dynamo));
    const service = stack.use(await records.start(''));
    const { table } = records;
    await removeAttribute(table, sharedKey('capture'), 'serving');
    const { createDynamodbImageRepository } = await version.load<
      typeof import('../../src/records/images/dynamodb/dynamodb.ts')
    >('src/records/images/dynamodb/dynamodb.ts');
    const shards = { shards: SHARDS, writtenShards: SHARDS, globalLists: true };
    const older: ImageRepository = createDynamodbImageRepository(createTable(table.client, table.name), shards);
    const images: ReadyImage[] = [];
    for (let nth = 0; nth < 9; nth += 1)
      images.push(await addTaken(older, DATES[nth % 3] ?? '', { tags: ['sea', `tag ${nth}`] }));
    const held = stack.move();
    return { records, service, older, images, [Symbol.asyncDispose]: () => held.disposeAsync() };
  }

  async function requirePlaced(service: FilledService, all: readonly ReadyImage[]): Promise<void> {
    const { images } = service.services;
    assert.equal(await images.ordersByCapture(), 'of-each-owner');
    for (const filter of [{}, { tags: ['sea'] }, { contentType: 'image/jpeg' as const }]) {
      const listed = await listAll(images, readyQuery({ ...filter, order: 'taken-oldest', userId: 'ada' }));
      assert.deepEqual(new Set(listed.map(({ id }) => id)), new Set(all.map(({ id }) => id)));
    }
    await requireMonths(images, all, 'ada');
  }

  it('are none before a walk, which waits until every process knows of it', async () => {
    await using one = await upgraded();
    const { service, images, records } = one;
    const { images: own } = service.services;
    assert.equal(await own.ordersByCapture(), 'none');
    await requestFacts(service.services);
    for (let round = 0; round < 3; round += 1) await fillFacts(service.services, OPTIONS);
    const reading = await readReading(service.services.coordination);
    assert.deepEqual([reading?.walk?.images, reading?.walk?.doneAt], [0, null]);
    service.waitForOthers();
    await fillFacts(service.services, OPTIONS);
    await requirePlaced(service, images);
    await records.requireAgreement(service);
  });

  it('are found by the next pass, whatever it writes between the pages of a walk', async () => {
    await using one = await upgraded();
    const { service, older, records } = one;
    const current = new Map(one.images.map((image) => [image.id, image]));
    await begun(service);
    let page = 0;
    const services = withPages(service.services, async (seen) => {
      page += 1;
      if (page > 12) return;
      const [first] = seen.filter(({ status }) => status === 'ready'); // before it is placed
      for (const found of [first, [...current.values()].at(page % current.size)]) {
        const image = found && current.get(found.id);
        if (!image) continue;
        const to =
          page % 2 === 0
            ? taken(image, `20${10 + page}-01-01T00:00:00.000`)
            : described(image, { tags: ['sea', `page ${page}`] }, NOW);
        assert.ok(await older.replace(image, to));
        current.set(to.id, to);
      }
      const added = await addTaken(older, `20${10 + page}-06-01T00:00:00.000`, { tags: ['sea'] });
      current.set(added.id, added);
    });
    await fillFacts(services, OPTIONS);
    assert.ok(page > 12, `${page} pages`);
    await requirePlaced(service, [...current.values()]);
    await records.requireAgreement(service);
  });

  it('and counts are none of images that it deletes after the walk has counted them', async () => {
    await using one = await upgraded();
    const { service, older, records } = one;
    const current = new Map(one.images.map((image) => [image.id, image]));
    await begun(service);
    let isDeleted = false;
    const services = withPages(service.services, async () => {
      const { walk } = (await readReading(service.services.coordination)) ?? {};
      if (isDeleted || (walk?.pass ?? 1) < 2) return; // all have been counted
      isDeleted = true;
      for (const image of one.images.slice(0, 4)) {
        assert.ok(await older.replace(image, tombstone(image, NOW)));
        current.delete(image.id);
      }
    });
    await fillFacts(services, OPTIONS);
    assert.ok(isDeleted);
    await requirePlaced(service, [...current.values()]);
    await records.requireAgreement(service);
  });

  it('are of images that it trashes and that this version restores', async () => {
    await using one = await upgraded();
    const { service, older, images, records } = one;
    const [image, ...others] = images;
    assert.ok(image);
    await begun(service);
    await fillFacts(service.services, OPTIONS);
    const trashed = trash(image, NOW, NOW);
    assert.ok(await older.replace(image, trashed));
    const listed = () => listAll(service.services.images, readyQuery({ order: 'taken-newest', userId: 'ada' }));
    assert.equal((await listed()).length, others.length);
    const restored: ReadyImage = { ...image, revision: trashed.revision + 1 };
    assert.ok(await service.services.images.replace(trashed, restored));
    await requirePlaced(service, [restored, ...others]);
    await records.requireAgreement(service);
  });

  it('are given from the beginning by a walk that an older process has begun', async () => {
    await using one = await upgraded();
    const { service, images } = one;
    await begun(service);
    const reading = await readReading(service.services.coordination);
    assert.ok(reading?.walk);
    const { placing: _, placedNow: __, placed: ___, ...former } = reading.walk;
    const { next } = await service.services.images.published(100);
    await writeFactsWalk(service.services.coordination, { ...former, position: next, images: images.length });
    await fillFacts(service.services, OPTIONS);
    service.waitForOthers();
    await fillFacts(service.services, OPTIONS);
    await requirePlaced(service, images);
  });

  it('are looked for again by each walk', async () => {
    await using one = await upgraded();
    const { service, images, records } = one;
    const [image] = images;
    assert.ok(image);
    for (let walk = 0; walk < 2; walk += 1) {
      await begun(service);
      await fillFacts(service.services, OPTIONS);
      await requirePlaced(service, images);
      await records.requireAgreement(service);
      await forgetPlaces(records.table, image);
    }
  });
});

async function begun(service: FilledService): Promise<void> {
  await requestFacts(service.services);
  await fillFacts(service.services, OPTIONS);
  service.waitForOthers();
}

/** Pages of three; `happening` after each was read, before its images are placed. */
const withPages = (services: Services, happening: (images: readonly PublishedImage[]) => Promise<void>): Services => ({
  ...services,
  images: {
    ...services.images,
    async published(_, position) {
      const page = await services.images.published(3, position);
      await happening(page.images);
      return page;
    },
  },
});
