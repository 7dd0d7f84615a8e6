import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import { describe as describeImage, type Image, tombstone } from '../../../domain/image/image.ts';
import { UNLIMITED } from '../../../domain/usage/quota.ts';
import { NO_USAGE, plus, usageOf } from '../../../domain/usage/usage.ts';
import { until } from '../../../imaging/processes/process-list.fixture.ts';
import { beforeCommand } from '../../dynamodb/before-command.fixture.ts';
import { attributesOfKey, imageKey, leaseKey, ownerKey, sharedKey } from '../../dynamodb/item-keys.ts';
import { rawItem } from '../../dynamodb/raw-item.fixture.ts';
import { createTable } from '../../dynamodb/table.ts';
import { createDynamodbImageRepository } from '../../images/dynamodb/dynamodb.ts';
import { markIn } from '../../images/dynamodb/image-item.ts';
import { NOW, samplePending, samplePublished } from '../../images/sample-images.fixture.ts';
import { createCountingProcess, PLACED } from './counting-process.fixture.ts';
import type { RecountedTable } from './recount-process.fixture.ts';
import { RECOUNT } from './recounts.ts';

const WRITERS = 20;
const pendingOf = () => samplePending({ reservedBytes: 1_000 });

describe('several processes that count', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('keep the limit that one sets while twenty writers of another believe that there is none', async () => {
    await using table = await createTestTable(server.dynamo);
    const [one, other] = [createCountingProcess(table, UNLIMITED), createCountingProcess(table, UNLIMITED)];
    const images = Array.from({ length: 3 }, pendingOf);
    for (const image of images) await one.images.create(image);
    await other.usage.setLimits('ada', { bytes: null, images: null, pending: 8 });
    const outcomes = await Promise.allSettled(Array.from({ length: WRITERS }, () => one.images.create(pendingOf())));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 5);
    for (const one of outcomes) if (one.status === 'rejected') assert.equal(one.reason.code, 'quota-exceeded');
    assert.deepEqual((await other.usage.usageOf('ada')).usage, { ...NO_USAGE, pending: 8, reservedBytes: 8_000 });
  });

  it('list an owner again whose entry the deletion of a user has removed, within an hour', async () => {
    await using table = await createTestTable(server.dynamo);
    let elapsedMs = 0;
    const { images, usage } = createCountingProcess(table, UNLIMITED, () => elapsedMs);
    const listed = async () =>
      (await usage.findOwners({ after: undefined, limit: 10 })).owners.map((one) => one.userId);
    await images.create(pendingOf());
    elapsedMs = 1_800_000;
    await images.create(pendingOf()); // makes the entry no younger
    await createTable(table.client, table.name).delete(ownerKey('ada'));
    assert.deepEqual(await listed(), []);
    elapsedMs = 3_600_000;
    await images.create(pendingOf());
    assert.deepEqual(await listed(), ['ada']);
  });

  it('count what twenty writers of one write after another has read a shard, before it closes it', async () => {
    await using table = await createTestTable(server.dynamo);
    const [one, other] = [createCountingProcess(table, UNLIMITED), createCountingProcess(table, UNLIMITED)];
    const before = Array.from({ length: WRITERS }, pendingOf);
    await Promise.all(before.map((image) => one.images.create(image)));
    let writing: Promise<unknown> | undefined;
    beforeCommand(table.client, 'TransactWriteItemsCommand', () => {
      if (writing) return undefined;
      writing = Promise.resolve();
      writing = Promise.all(before.map((image) => one.images.replace(image, samplePublished(image))));
      return writing;
    });
    await other.usage.setLimits('ada', { bytes: null, images: 1_000, pending: null });
    await writing;
    const sum = before.map((image) => usageOf(samplePublished(image))).reduce(plus, NO_USAGE);
    assert.deepEqual((await other.usage.usageOf('ada')).usage, sum);
  });

  it('count transitions of one after another closed or opened the shards', async () => {
    await using table = await createTestTable(server.dynamo);
    const [one, other] = [createCountingProcess(table, UNLIMITED), createCountingProcess(table, UNLIMITED)];
    const [first, second, third] = [pendingOf(), pendingOf(), pendingOf()];
    for (const image of [first, second, third]) await one.images.create(image);
    await other.usage.setLimits('ada', { bytes: 0, images: 0, pending: 0 });
    assert.equal(await one.images.replace(first, tombstone(first, NOW)), true);
    await other.usage.setLimits('ada', null);
    assert.equal(await one.images.replace(second, samplePublished(second)), true);
    assert.equal(await one.images.create(pendingOf()), true);
    const sum = [samplePublished(second), third, third].map(usageOf).reduce(plus, NO_USAGE);
    assert.deepEqual((await other.usage.usageOf('ada')).usage, sum);
  });

  it('keep the limit that one sets while another removes the one before', async () => {
    await using table = await createTestTable(server.dynamo);
    const [one, other] = [createCountingProcess(table, UNLIMITED), createCountingProcess(table, UNLIMITED)];
    await one.images.create(pendingOf());
    let isRemoved = false;
    beforeCommand(table.client, 'UpdateItemCommand', async () => {
      if (isRemoved) return;
      isRemoved = true; // the shards are closed; the limits are written next
      await one.usage.setLimits('ada', null);
    });
    await other.usage.setLimits('ada', { bytes: null, images: null, pending: 3 });
    assert.ok(isRemoved);
    const outcomes = await Promise.allSettled(Array.from({ length: WRITERS }, () => one.images.create(pendingOf())));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 2);
  });

  it('keep the limit of one that ends as soon as it has set it', async () => {
    await using table = await createTestTable(server.dynamo);
    const [one, other] = [createCountingProcess(table, UNLIMITED), createCountingProcess(table, UNLIMITED)];
    await one.images.create(pendingOf());
    let hasEnded = false;
    beforeCommand(table.client, 'UpdateItemCommand', async () => {
      hasEnded = true;
    });
    beforeCommand(table.client, 'GetItemCommand', async () => {
      if (hasEnded) throw new Error('this process has ended');
    });
    await assert.rejects(other.usage.setLimits('ada', { bytes: null, images: null, pending: 3 }), {
      code: 'unavailable',
    });
    hasEnded = false;
    const outcomes = await Promise.allSettled(Array.from({ length: WRITERS }, () => one.images.create(pendingOf())));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 2);
  });

  it('add up again what an abandoned recount has marked, while it changes too', async () => {
    await using table = await createTestTable(server.dynamo);
    const early = createCountingProcess(table, UNLIMITED);
    const [published, described] = [pendingOf(), pendingOf()];
    const uncounted = createDynamodbImageRepository(createTable(table.client, table.name), PLACED);
    for (const image of [published, described]) await uncounted.create(image);
    const dying = early.usage.recount(NOW, () => {
      throw new Error('killed');
    });
    await assert.rejects(dying, /killed/);
    await early.usage.setCounted(null);
    const marksOf = (...images: Image[]) =>
      Promise.all(images.map(async ({ id }) => markIn((await rawItem(table, imageKey(id))) ?? {})));
    const [mark] = await marksOf(published);
    assert.ok(mark !== null);
    assert.deepEqual(await marksOf(published, described), [mark, mark]);

    const { images, usage } = createCountingProcess(table, UNLIMITED);
    const next = describeImage(described, { description: 'later' }, NOW);
    assert.equal(await images.replace(described, next), true);
    assert.deepEqual(await marksOf(published, described), [mark, null], 'expected no mark of a recount that is over');
    let isPublished = false;
    beforeCommand(table.client, 'QueryCommand', async () => {
      if (isPublished) return;
      isPublished = true; // the recount has begun
      assert.equal(await images.replace(published, samplePublished(published)), true);
    });
    await usage.recount(NOW, () => undefined);
    assert.ok(isPublished);
    const sum = [samplePublished(published), next].map(usageOf).reduce(plus, NO_USAGE);
    assert.deepEqual((await usage.usageOf('ada')).usage, sum);
  });

  it('let only one recount at a time', async () => {
    await using table = await createTestTable(server.dynamo);
    const [one, other] = [createCountingProcess(table, UNLIMITED), createCountingProcess(table, UNLIMITED)];
    await one.images.create(pendingOf());
    const outcomes = await Promise.allSettled([one, other].map(({ usage }) => usage.recount(NOW, () => undefined)));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.detail] : []));
    assert.deepEqual(refused, ['expected no other recount; got one that runs']);
    await other.usage.recount(NOW, () => assert.fail('expected nothing to repair'));
  });

  it('recount exactly after kill -9 of one in the middle', async () => {
    await using table = await createTestTable(server.dynamo);
    const stored: Image[] = Array.from({ length: 100 }, pendingOf);
    const early = createCountingProcess(table, UNLIMITED);
    await Promise.all(stored.map((image) => image.status === 'pending' && early.images.create(image)));

    const { url: endpoint, region, accessKeyId, secretAccessKey } = server.dynamo;
    const asked: RecountedTable = { name: table.name, endpoint, region, credentials: { accessKeyId, secretAccessKey } };
    const program = join(import.meta.dirname, 'recount-process.fixture.ts');
    const killed = spawn(process.execPath, [program, JSON.stringify(asked)], { stdio: 'inherit' });
    const isMarked = async ({ id }: Image) => markIn((await rawItem(table, imageKey(id))) ?? {}) !== null;
    await until(async () => (await Promise.all(stored.map(isMarked))).includes(true));
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    assert.ok(RECOUNT in ((await rawItem(table, sharedKey('usage'))) ?? {}), 'expected a recount that is not finished');
    assert.ok((await Promise.all(stored.map(isMarked))).includes(false), 'expected records that it has not added up');

    const { images, usage } = createCountingProcess(table, UNLIMITED);
    for (const [index, image] of stored.entries()) {
      if (image.status !== 'pending' || index % 10 > 1) continue;
      const next = index % 10 === 0 ? samplePublished(image) : tombstone(image, NOW);
      assert.equal(await images.replace(image, next), true);
      stored[index] = next;
    }
    const late = pendingOf();
    await images.create(late);
    const Key = attributesOfKey(leaseKey('recount'));
    await table.client.send(new DeleteItemCommand({ TableName: table.name, Key })); // it ends a minute after the kill
    await usage.recount(NOW, ({ userId }) => assert.fail(`expected nothing to repair; got ${userId}`));
    const sum = [...stored, late].map(usageOf).reduce(plus, NO_USAGE);
    assert.deepEqual((await usage.usageOf('ada')).usage, sum);
    await usage.recount(NOW, () => assert.fail('expected nothing to repair'));
    assert.deepEqual((await usage.usageOf('ada')).usage, sum);
  });
});
