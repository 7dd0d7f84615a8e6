import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { describe as described, type ReadyImage, tombstone, trash } from '../../../domain/image/image.ts';
import { beforeCommand } from '../../dynamodb/before-command.fixture.ts';
import { imageKey, monthsPartition, sharedKey } from '../../dynamodb/item-keys.ts';
import { giveAttributes, NEWER, rawItem, removeAttribute } from '../../dynamodb/raw-item.fixture.ts';
import { createTable } from '../../dynamodb/table.ts';
import { requireAgreement } from '../../dynamodb/table-check.fixture.ts';
import { MONTH_SHARDS } from '../../usage/dynamodb/month-item.ts';
import type { RecountedTable } from '../../usage/dynamodb/recount-process.fixture.ts';
import type { Places } from '../image-repository.ts';
import { listAll, readyQuery } from '../list-model.fixture.ts';
import { addTaken, requireMonths, taken } from '../months.fixture.ts';
import { addReady, addSettled, NOW } from '../sample-images.fixture.ts';
import { createDynamodbHarness, createServedHarness, type DynamodbHarness } from './dynamodb-harness.fixture.ts';
import { forgetPlaces } from './former-places.fixture.ts';
import { itemOf } from './image-item.ts';

const TAGS = ['red', 'blue'];
const LISTS = [{}, { tags: ['red'] }, { contentType: 'image/jpeg' as const }, { tags: TAGS }];

function placesOf({ images }: DynamodbHarness): Places {
  assert.ok(images.places);
  return images.places;
}

async function requireListed({ images, table }: DynamodbHarness, all: readonly ReadyImage[]): Promise<void> {
  for (const list of LISTS)
    assert.deepEqual(await listAll(images, readyQuery({ ...list, order: 'taken-newest', userId: 'ada' })), all);
  await requireAgreement(table);
}

describe('the places of images that an earlier version wrote', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  const served = () => createServedHarness(server.dynamo);

  it('are written by a walk, once, with facets and months, and the revision stays', async () => {
    await using harness = await createDynamodbHarness(server.dynamo);
    const { images, table } = harness;
    const [one, other] = [
      await addTaken(images, '2019-05-04T10:00:00.000', { tags: TAGS }),
      await addTaken(images, '2024-05-04T10:00:00.000', { tags: TAGS }),
    ];
    for (const image of [one, other]) await forgetPlaces(table, image);
    assert.equal(await images.ordersByCapture(), 'none');

    const places = placesOf(harness);
    const begun = await places.begin();
    assert.equal(await places.begin(), begun, 'begun once more after a crash');
    for (const { id } of [one, other]) assert.equal(await places.place(id), true);
    for (const { id } of [one, other]) assert.equal(await places.place(id), false, 'nothing is left to do');
    assert.deepEqual(await images.get(one.id), one);
    assert.equal(await images.ordersByCapture(), 'none', 'not yet');
    await places.finish(begun);
    await places.finish(begun);
    assert.equal(await images.ordersByCapture(), 'of-each-owner');
    await requireListed(harness, [other, one]);
    await requireMonths(images, [one, other], 'ada');
  });

  it('are looked at by each walk, which counts months anew and leaves the counts of two generations', async () => {
    await using harness = await served();
    const image = await addTaken(harness.images, '2019-05-04T10:00:00.000', { tags: TAGS });
    const places = placesOf(harness);
    for (let walk = 0; walk < 4; walk += 1) {
      const begun = await places.begin();
      assert.equal(await places.place(image.id), true);
      assert.equal(await places.place(image.id), false);
      await places.finish(begun);
      await requireMonths(harness.images, [image], 'ada');
    }
    const { client, name } = harness.table;
    const counters = [];
    for (let shard = 0; shard < MONTH_SHARDS; shard += 1) {
      const KeyConditionExpression = `pk = :partition`;
      const ExpressionAttributeValues = { ':partition': { S: monthsPartition('ada', shard) } };
      const { items } = await createTable(client, name).query({ KeyConditionExpression, ExpressionAttributeValues });
      counters.push(...items.map(({ sk }) => Number(sk?.S?.split('#')[0])));
    }
    assert.deepEqual(counters.toSorted(), [4, 5]);
  });

  it('are written of an image whose record has one, and its facets none', async () => {
    await using harness = await served();
    const image = await addReady(harness.images, { tags: TAGS });
    for (const pk of ['T#ada#red', 'C#ada#image/jpeg'])
      for (const name of ['g4p', 'g4s']) await removeAttribute(harness.table, { pk, sk: image.id }, name);
    await removeAttribute(harness.table, imageKey(image.id), 'placed');
    assert.equal(await placesOf(harness).place(image.id), true);
    await requireListed(harness, [image]);
  });

  it('are written anew once that version has changed the image, which raised its revision', async () => {
    await using harness = await served();
    const { images, table } = harness;
    const image = await addTaken(images, '2019-05-04T10:00:00.000', { tags: TAGS });
    const now = taken(image, '2001-01-01T00:00:00.000');
    await giveAttributes(table, imageKey(image.id), redated(now)); // its facets stay where they are
    const found = await listAll(images, readyQuery({ order: 'taken-newest', userId: 'ada' }));
    assert.deepEqual(found, [], 'no image where it no longer is');
    assert.equal(await placesOf(harness).place(image.id), true);
    await requireListed(harness, [now]);
  });

  for (const [change, changed] of [
    ['tags', (image: ReadyImage) => described(image, { tags: ['red', 'blue', 'green'] }, NOW)],
    ['the date', (image: ReadyImage) => taken(image, '2001-01-01T00:00:00.000')],
    ['nothing that lists know', (image: ReadyImage) => described(image, { description: 'sea' }, NOW)],
  ] as const)
    it(`are written by the next change by this version, of ${change}`, async () => {
      await using harness = await served();
      const image = await addTaken(harness.images, '2019-05-04T10:00:00.000', { tags: TAGS });
      await forgetPlaces(harness.table, image);
      // Counted, so that the months agree without a walk.
      await giveAttributes(harness.table, imageKey(image.id), { months: { S: '1:2019-05' } });
      const to = changed(image);
      assert.equal(await harness.images.replace(image, to), true);
      await requireListed(harness, [to]);
    });

  it('are written whatever changes meanwhile', async () => {
    await using harness = await served();
    const image = await addReady(harness.images, { tags: TAGS });
    await forgetPlaces(harness.table, image);
    await giveAttributes(harness.table, imageKey(image.id), { months: { S: '1:2026-11' } });
    let current = image;
    let changes = 0;
    beforeCommand(harness.table.client, 'TransactWriteItemsCommand', async () => {
      changes += 1;
      if (changes > 3) return;
      current = taken(current, `200${changes}-01-01T00:00:00.000`);
      await giveAttributes(harness.table, imageKey(image.id), redated(current));
    });
    assert.equal(await placesOf(harness).place(image.id), true);
    assert.equal(changes, 4);
    await requireListed(harness, [current]);
  });

  it('are written by one of many walkers at once', async () => {
    await using harness = await served();
    const image = await addReady(harness.images, { tags: TAGS });
    await removeAttribute(harness.table, imageKey(image.id), 'placed');
    const done = await Promise.all(Array.from({ length: 8 }, () => placesOf(harness).place(image.id)));
    assert.equal(done.filter((isPlaced) => isPlaced).length, 1);
    await requireListed(harness, [image]);
  });

  it('are written by another walk once one is killed, each once', async () => {
    await using harness = await served();
    const { images, table } = harness;
    const all = await Promise.all(
      Array.from({ length: 24 }, (_, nth) => addTaken(images, `20${10 + nth}-01-01T00:00:00.000`, { tags: TAGS })),
    );
    for (const image of all) await forgetPlaces(table, image);
    const { url: endpoint, region, accessKeyId, secretAccessKey } = server.dynamo;
    const asked: RecountedTable = { name: table.name, endpoint, region, credentials: { accessKeyId, secretAccessKey } };
    const program = join(import.meta.dirname, 'place-process.fixture.ts');
    const placed = async () => {
      const items = await Promise.all(all.map(({ id }) => rawItem(table, imageKey(id))));
      return items.filter((item) => item && 'placed' in item).length;
    };
    for (const expected of [7, 14]) {
      const args = [JSON.stringify(asked), JSON.stringify(all.map(({ id }) => id))];
      const walk = spawn(process.execPath, [program, ...args], { stdio: 'inherit' });
      while ((await placed()) < expected) await delay(20);
      walk.kill('SIGKILL');
      await once(walk, 'exit');
      assert.equal(await placed(), expected);
    }
    const places = placesOf(harness);
    const begun = await places.begin();
    const done = await Promise.all(all.map(({ id }) => places.place(id)));
    assert.equal(done.filter((isPlaced) => isPlaced).length, all.length - 14);
    await places.finish(begun);
    await requireListed(harness, all.toReversed());
    await requireMonths(images, all, 'ada');
  });

  it('are none of images that are not ready, gone, unreadable or of a newer version', async () => {
    await using harness = await served();
    const { images, table } = harness;
    const [ready, unreadable, newer] = [await addReady(images), await addReady(images), await addReady(images)];
    const trashed = trash(await addReady(images), NOW, NOW);
    const deleted = tombstone(await addReady(images), NOW);
    for (const to of [trashed, deleted]) {
      const from = await images.get(to.id);
      assert.ok(from && (await images.replace(from, to)));
    }
    for (const image of [unreadable, newer]) await forgetPlaces(table, image);
    await harness.spoil(unreadable.id);
    await giveAttributes(table, imageKey(newer.id), NEWER);
    const pending = await addSettled(images, 'pending', {});
    const before = await Promise.all([unreadable, newer, trashed].map(({ id }) => rawItem(table, imageKey(id))));
    for (const { id } of [ready, unreadable, newer, trashed, deleted, pending])
      assert.equal(await placesOf(harness).place(id), false);
    assert.equal(await placesOf(harness).place(idOfNone(ready)), false);
    assert.deepEqual(
      await Promise.all([unreadable, newer, trashed].map(({ id }) => rawItem(table, imageKey(id)))),
      before,
    );
  });

  it('stay with an image that an older process has trashed, until a restore by this version', async () => {
    await using harness = await served();
    const { images, table } = harness;
    const image = await addReady(images, { tags: TAGS });
    const trashed = trash(image, NOW, NOW);
    assert.equal(await images.replace(image, trashed), true);
    await giveAttributes(table, imageKey(image.id), {
      g4p: { S: 'U#ada' },
      g4s: { S: '2026-11-20T12:00:00.000#x' },
      placed: { N: '1' },
    });
    assert.deepEqual(await listAll(images, readyQuery({ order: 'taken-newest', userId: 'ada' })), []);
    const restored: ReadyImage = { ...image, revision: trashed.revision + 1 };
    assert.equal(await images.replace(trashed, restored), true);
    await requireListed(harness, [restored]);
  });

  it('are taken, with the count, from an image that an older process has trashed', async () => {
    await using harness = await served();
    const { images, table } = harness;
    const [kept, image] = [await addReady(images), await addReady(images)];
    const { pk: _, sk: __, ...former } = itemOf(trash(image, NOW, NOW), { ...SOME_PLACEMENT, placed: null });
    await giveAttributes(table, imageKey(image.id), former);
    await requireMonths(images, [kept, image], 'ada');
    assert.equal(await placesOf(harness).place(image.id), true);
    assert.equal(await placesOf(harness).place(image.id), false);
    await requireMonths(images, [kept], 'ada');
    const left = Object.keys((await rawItem(table, imageKey(image.id))) ?? {});
    assert.deepEqual(
      left.filter((name) => ['g4p', 'g4s', 'placed', 'months'].includes(name)),
      [],
    );
  });

  it('are finished by no walk whose place another has taken', async () => {
    await using harness = await served();
    const places = placesOf(harness);
    const begun = await places.begin();
    await giveAttributes(harness.table, sharedKey('capture'), { building: { N: String(begun + 1) } });
    await assert.rejects(places.finish(begun), { code: 'unavailable' });
  });
});

/** An id of no image. */
const idOfNone = ({ id }: ReadyImage) => `${id.slice(0, -8)}ffffffff` as ReadyImage['id'];

const SOME_PLACEMENT = { placement: { shard: 0, hasGlobalFacets: true }, writeId: '' };

/** What a change of the date by an earlier version writes. */
function redated(image: ReadyImage) {
  const { facts, revision } = itemOf(image, SOME_PLACEMENT);
  assert.ok(facts && revision);
  return { facts, revision };
}
