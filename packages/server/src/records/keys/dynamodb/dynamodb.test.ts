import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import { revoked, rotated } from '../../../domain/access/api-key.ts';
import type { KeyId } from '../../../domain/access/api-key-text.ts';
import { issued, later, sampleKey } from '../../../domain/access/api-keys.fixture.ts';
import type { ServiceEvent } from '../../../observe/observer/observer.ts';
import { apiKeyKey } from '../../dynamodb/item-keys.ts';
import { cutAnswers } from '../../dynamodb/short-answers.fixture.ts';
import { createTable } from '../../dynamodb/table.ts';
import { describeKeyRepository } from '../key-repository.contract.ts';
import { createDynamodbKeyRepository } from './dynamodb.ts';

const ROTATION = { issued: issued(), now: later(1), overlapSeconds: 60 };
const ALL = { owner: undefined, after: undefined, limit: 10 };

describe('DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  async function createHarness() {
    const storage = await createTestTable(server.dynamo);
    const table = createTable(storage.client, storage.name);
    const events: ServiceEvent[] = [];
    const observe = (event: ServiceEvent) => void events.push(event);
    return {
      storage,
      table,
      events,
      keys: createDynamodbKeyRepository(table, { observe }),
      elsewhere: createDynamodbKeyRepository(createTable(storage.client, storage.name)),
      [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
    };
  }

  describeKeyRepository('DynamoDB', createHarness);

  it('never reads or changes a record of a newer version; lists leave it out and report it', async () => {
    await using harness = await createHarness();
    const [key, other] = [sampleKey(), sampleKey({}, later(1))];
    for (const one of [key, other]) await harness.keys.create(one);
    await harness.table.update({ key: apiKeyKey(key.id), set: { schemaVersion: { N: '99' } }, remove: [] });
    const newer = { code: 'unavailable', isOfNewerVersion: true };
    await assert.rejects(harness.keys.get(key.id), newer);
    await assert.rejects(harness.keys.replace(key, revoked(key, later(1))), newer);
    await assert.rejects(harness.keys.recordUse(key.id, later(1)), newer);
    await assert.rejects(harness.keys.rotate(rotated(key, ROTATION)), newer);
    assert.equal((await harness.table.get(apiKeyKey(key.id)))?.['lastUsedAt'], undefined);
    assert.deepEqual(await harness.keys.find(ALL), { keys: [other], next: null });
    assert.deepEqual(
      harness.events.map(({ event }) => event),
      ['warning'],
    );
  });

  it('gives a key by prefix a version that its former process refuses, also once it has changed', async () => {
    await using harness = await createHarness();
    const [key, user] = [sampleKey({ actsAs: { prefixes: ['acme:'] } }), sampleKey()];
    for (const one of [key, user]) await harness.keys.create(one);
    const versionOf = async ({ id }: { readonly id: KeyId }) =>
      (await harness.table.get(apiKeyKey(id)))?.['schemaVersion']?.N;
    assert.deepEqual([await versionOf(key), await versionOf(user)], ['7', '6']);
    const rotation = rotated(key, ROTATION);
    assert.ok(await harness.keys.rotate(rotation));
    assert.ok(await harness.keys.recordUse(key.id, later(1)));
    assert.ok(await harness.keys.replace(rotation.ended, revoked(rotation.ended, later(2))));
    assert.deepEqual([await versionOf(key), await versionOf(rotation.successor)], ['7', '7']);
  });

  it('recognizes its own writes after their answers were lost', async () => {
    await using harness = await createHarness();
    const { client } = harness.storage;
    let isRepeated = false;
    client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        return isRepeated ? next(args) : answer; // as the SDK does if no answer came
      },
      { step: 'finalizeRequest', priority: 'high', name: 'repeated' },
    );
    isRepeated = true;
    const key = sampleKey();
    await harness.keys.create(key);
    assert.equal(await harness.keys.recordUse(key.id, later(1)), true);
    const first = rotated(key, { issued: issued(), now: later(1), overlapSeconds: 60 });
    assert.equal(await harness.keys.rotate(first), true);
    const former = first.successor;
    const next = rotated(first.ended, { issued: issued(), now: later(2), overlapSeconds: 60, former });
    assert.equal(await harness.keys.rotate(next), true);
    assert.equal(await harness.keys.replace(next.ended, revoked(next.ended, later(2))), true);
    isRepeated = false;
    assert.deepEqual(await harness.keys.get(key.id), { ...revoked(next.ended, later(2)), lastUsedAt: later(1) });
    assert.deepEqual(await harness.keys.get(former.id), revoked(former, later(2)));
    assert.deepEqual(await harness.keys.get(next.successor.id), next.successor);
  });

  it('lists full pages although each answer of the table is short', async () => {
    await using harness = await createHarness();
    const keys = [0, 1, 2, 3, 4].map((minute) => sampleKey({}, later(minute)));
    for (const key of keys) await harness.keys.create(key);
    cutAnswers(harness.storage.client, 2);
    const newest = keys.toReversed();
    const first = await harness.keys.find({ ...ALL, limit: 4 });
    assert.deepEqual(first, { keys: newest.slice(0, 4), next: newest[3]?.id });
  });

  it('says unavailable if the table does not answer', async () => {
    const harness = await createHarness();
    await harness.storage[Symbol.asyncDispose]();
    await assert.rejects(harness.keys.get(sampleKey().id), { code: 'unavailable' });
  });
});
