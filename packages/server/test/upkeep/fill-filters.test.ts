import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { describe as described, type ReadyImage, tombstone, trash } from '../../src/domain/image/image.ts';
import { filterRowsOf } from '../../src/domain/metadata/metadata-filters.ts';
import { workAtMost } from '../../src/flow/work-at-most.ts';
import { fillFilters } from '../../src/operations/upkeep/fill-filters.ts';
import { addReady, NOW } from '../../src/records/images/sample-images.fixture.ts';
import { sweepOnce } from '../../src/run/worker.ts';
import type { Services } from '../../src/services.ts';
import { json } from '../services/service.ts';
import { createFilledFolder, createFilledTable, type FilledRecords, type FilledService } from './filled-service.ts';

const SIGNAL = new AbortController().signal;
const PAGE = 100;

describe('the rows of METADATA_FILTERS, on SQLite', () => describeFill(createFilledFolder));

describe('the rows of METADATA_FILTERS, on DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  describeFill(() => createFilledTable(server.dynamo));

  it('are written once no process writes for former names any more', async () => {
    await using records = await createFilledTable(server.dynamo);
    await using old = await records.start('');
    assert.deepEqual(await old.services.filters.written(), []);
    await using service = await records.start('order');
    await fillFilters(service.services, { holder: 'one', signal: SIGNAL });
    assert.equal(await statusOf(service, 'order=A17'), 503);
    const late = await addReady(old.services.images, { metadata: { order: 'A17' } }); // within its 5 seconds
    service.waitForOthers();
    old.clock.offsetMs = service.clock.offsetMs;
    assert.deepEqual(await old.services.filters.written(), ['order']);
    await fillFilters(service.services, { holder: 'one', signal: SIGNAL });
    assert.deepEqual(await listed(service, 'order=A17'), [late.id]);
  });
});

function describeFill(create: () => Promise<FilledRecords>): void {
  it('are written for all images that have such metadata, and for no others', async () => {
    await using records = await create();
    const images = await populate(records, PAGE + 30);
    await using service = await records.start('order');
    assert.ok(service.events.some(({ event }) => event === 'filters-asked'));
    assert.equal(await statusOf(service, 'order=A17'), 503);
    service.waitForOthers();
    await fillFilters(service.services, { holder: 'one', signal: SIGNAL });

    const having = images.filter(({ metadata }) => metadata['order'] === 'A17');
    assert.deepEqual(await listed(service, 'order=A17'), idsOf(having));
    const changed = images.filter(({ metadata }) => typeof metadata['order'] === 'string');
    assert.deepEqual(filled(service), [{ names: ['order'], images: images.length, changed: changed.length }]);
    for (const image of images) {
      const now = await recordOf(service, image);
      assert.equal(now.revision, image.revision);
      assert.deepEqual(now.filteredBy, changed.includes(image) ? ['order'] : []);
    }
    await records.requireAgreement(service);
    await fillFilters(service.services, { holder: 'two', signal: SIGNAL });
    assert.equal(filled(service).length, 1, 'it is done');
  });

  it('stay complete for a name that stays, and go with a name that goes', async () => {
    await using records = await create();
    const images = await populate(records, 20);
    const having = idsOf(images.filter(({ metadata }) => metadata['order'] === 'A17'));
    {
      await using service = await records.start('order');
      service.waitForOthers();
      await fillFilters(service.services, { holder: 'one', signal: SIGNAL });
    }
    {
      await using service = await records.start('sku,order');
      assert.deepEqual(await listed(service, 'order=A17'), having);
      assert.equal(await statusOf(service, 'sku=S-1'), 503);
      assert.equal(await statusOf(service, 'order=A17&metadata.sku=S-1'), 503);
      service.waitForOthers();
      await fillFilters(service.services, { holder: 'one', signal: SIGNAL });
      assert.deepEqual(await listed(service, 'order=A17&metadata.sku=S-1'), having);
      await records.requireAgreement(service);
    }
    {
      await using service = await records.start('sku');
      assert.equal(await statusOf(service, 'sku=S-1'), 200);
      assert.equal(await statusOf(service, 'order=A17'), 400);
    }
    {
      await using service = await records.start('order');
      assert.equal(await statusOf(service, 'order=A17'), 503, 'its rows were being removed');
    }
    await using service = await records.start('');
    service.waitForOthers();
    await fillFilters(service.services, { holder: 'one', signal: SIGNAL });
    for (const image of images) assert.deepEqual(filterRowsOf(await recordOf(service, image)), []);
    await records.requireAgreement(service);
  });

  it('are continued by another holder after a stop, page by page', async () => {
    await using records = await create();
    const images = await populate(records, 2 * PAGE + 10);
    await using service = await records.start('order');
    service.waitForOthers();
    let rounds = 0;
    while (filled(service).length === 0) {
      rounds += 1;
      const stop = new AbortController();
      const services = beforeChanges(service.services, async () => stop.abort());
      await fillFilters(services, { holder: `holder ${rounds}`, signal: stop.signal });
      assert.ok(rounds < 50);
    }
    assert.ok(rounds >= 3, `${rounds} rounds`);
    const changed = images.filter(({ metadata }) => typeof metadata['order'] === 'string').length;
    assert.deepEqual(filled(service), [{ names: ['order'], images: images.length, changed }]);
    await records.requireAgreement(service);
  });

  it('are written by one of two holders', async () => {
    await using records = await create();
    const images = await populate(records, PAGE + 20);
    await using service = await records.start('order');
    service.waitForOthers();
    await Promise.all(['one', 'two'].map((holder) => fillFilters(service.services, { holder, signal: SIGNAL })));
    assert.equal(filled(service).length, 1);
    assert.deepEqual([filled(service)[0]?.images], [images.length]);
  });

  it('are those of the records after changes beside the fill', async () => {
    await using records = await create();
    const images = await populate(records, 50);
    const kindOf = (index: number) => Math.floor(index / 5) % 5; // each kind of change to each kind of metadata
    await using service = await records.start('order');
    service.waitForOthers();
    let isFirst = true;
    const services = beforeChanges(service.services, async () => {
      if (!isFirst) return;
      isFirst = false;
      for (const [index, image] of images.entries()) await changeBeside(service, image, kindOf(index));
    });
    await fillFilters(services, { holder: 'one', signal: SIGNAL });
    await records.requireAgreement(service);
    const changed = images.filter((_, index) => kindOf(index) === 0);
    assert.deepEqual(await listed(service, 'order=B18'), idsOf(changed));
    const kept = images.filter(({ metadata }, index) => metadata['order'] === 'A17' && [2, 4].includes(kindOf(index)));
    assert.deepEqual(await listed(service, 'order=A17'), idsOf(kept));
  });

  it('are written later if the store fails', async () => {
    await using records = await create();
    await populate(records, 5);
    await using service = await records.start('order');
    service.waitForOthers();
    let failures = 0;
    const services = beforeChanges(service.services, async () => {
      failures += 1;
      throw new Error('the store is away');
    });
    await fillFilters(services, { holder: 'one', signal: SIGNAL });
    assert.equal(failures, 1);
    assert.ok(service.events.some(({ event }) => event === 'filters-postponed'));
    await fillFilters(service.services, { holder: 'one', signal: SIGNAL });
    assert.deepEqual(filled(service), [], 'it backs off');
    service.clock.offsetMs += 3_600_000;
    await fillFilters(service.services, { holder: 'one', signal: SIGNAL });
    assert.equal(filled(service).length, 1);
    await records.requireAgreement(service);
  });

  it('are written by a scheduled worker also if its sweep fails', async () => {
    await using records = await create();
    await populate(records, 5);
    await using service = await records.start('order');
    service.waitForOthers();
    const due = () => Promise.reject(new Error('an unreadable index'));
    const services = { ...service.services, images: { ...service.services.images, due } };
    await assert.rejects(sweepOnce(services, { holder: 'function', signal: SIGNAL }), /an unreadable index/);
    assert.equal(filled(service).length, 1);
    await records.requireAgreement(service);
  });

  it('are told of by the holder of the lease alone', async () => {
    await using records = await create();
    await populate(records, 5);
    await using service = await records.start('order');
    service.waitForOthers();
    const services = beforeChanges(service.services, async () => {
      service.clock.offsetMs += 301_000; // it was frozen
      const until = new Date(service.clock.now().getTime() + 300_000);
      const lease = { name: 'filters', holder: 'two', until } as const;
      assert.ok(await service.services.coordination.holdLease(lease, service.clock.now()));
    });
    await fillFilters(services, { holder: 'one', signal: SIGNAL });
    assert.equal(await statusOf(service, 'order=A17'), 503);
    assert.deepEqual(filled(service), []);
  });
}

/** Images of Ada: some with values of both names, some with values that have no row, some without. */
async function populate(records: FilledRecords, count: number): Promise<ReadyImage[]> {
  await using service = await records.start('');
  const images: ReadyImage[] = [];
  await workAtMost(16, [...Array(count).keys()], async (index) => {
    const kinds = [{ order: 'A17', sku: 'S-1' }, { order: 'other' }, { order: 17 }, {}, { sku: 'S-2' }] as const;
    images.push(await addReady(service.services.images, { metadata: kinds[index % kinds.length] ?? {} }));
  });
  return images;
}

/** `happening`: after a page of the walk was read, before its images are changed. */
const beforeChanges = (services: Services, happening: () => Promise<void>): Services => ({
  ...services,
  images: {
    ...services.images,
    async published(limit, position) {
      const page = await services.images.published(limit, position);
      await happening();
      return page;
    },
  },
});

async function changeBeside({ services, request }: FilledService, image: ReadyImage, kind: number): Promise<void> {
  const { images } = services;
  const metadata = { order: 'B18' };
  switch (kind) {
    case 0:
      assert.equal((await request(`/images/${image.id}`, { ...json({ metadata }), method: 'PATCH' })).status, 200);
      return;
    case 1:
      assert.ok(await images.replace(image, tombstone(image, NOW)));
      return;
    case 2:
      assert.ok(await images.replace(image, trash(image, NOW, NOW)));
      assert.equal((await request(`/images/${image.id}/restore`, { method: 'POST' })).status, 200);
      return;
    case 3:
      assert.ok(await images.replace(image, trash(image, NOW, NOW)));
      return;
    default:
      assert.ok(await images.replace(image, described(image, { description: 'changed' }, NOW)));
  }
}

const idsOf = (images: readonly ReadyImage[]): string[] => images.map(({ id }) => id).toSorted();

async function recordOf({ services }: FilledService, { id }: ReadyImage): Promise<ReadyImage> {
  const image = await services.images.get(id);
  assert.ok(image?.status === 'ready');
  return image;
}

const ask = ({ request }: FilledService, filter: string) =>
  request(`/images?user_id=ada&limit=1000&metadata.${filter}`);

const statusOf = async (service: FilledService, filter: string): Promise<number> => (await ask(service, filter)).status;

async function listed(service: FilledService, filter: string): Promise<string[]> {
  const answer = await ask(service, filter);
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  const { images } = JSON.parse(text) as { images: readonly { image_id: string }[] };
  return images.map(({ image_id }) => image_id).toSorted();
}

const filled = ({ events }: FilledService) =>
  events.flatMap((event) => {
    if (event.event !== 'filters-filled') return [];
    const { names, images, changed } = event;
    return [{ names, images, changed }];
  });
