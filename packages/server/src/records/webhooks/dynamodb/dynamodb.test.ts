import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import { after as later, sampleDelivery, sampleEvent, sampleWebhook } from '../../../domain/event/webhooks.fixture.ts';
import { finishedEventKey, removedWebhookKey } from '../../dynamodb/item-keys.ts';
import { createTable } from '../../dynamodb/table.ts';
import { describeWebhookRepository } from '../webhook-repository.contract.ts';
import { keyOfFinished, keyOfUnfinished } from './delivery-item.ts';
import { createDynamodbWebhookRepository } from './dynamodb.ts';

const OPTIONS = { days: 7, clock: { now: () => new Date() } };

describe('DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  async function createHarness() {
    const storage = await createTestTable(server.dynamo);
    const table = createTable(storage.client, storage.name);
    const open = () => createDynamodbWebhookRepository(table, OPTIONS);
    return {
      storage,
      table,
      webhooks: open(),
      elsewhere: open(),
      [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
    };
  }

  describeWebhookRepository('DynamoDB', createHarness);

  it('forgets a finished delivery by a TTL, a day after the log does', async () => {
    await using harness = await createHarness();
    const { webhooks, table } = harness;
    const webhook = sampleWebhook();
    await webhooks.create(webhook);
    const one = sampleDelivery(webhook, sampleEvent());
    await webhooks.addDeliveries([one]);
    assert.equal((await table.get(keyOfUnfinished(one)))?.['ttl'], undefined, 'an unfinished one waits');
    const attempt = { at: later(1), httpStatus: 200, durationMs: 1, answer: '' };
    await webhooks.record(one, { status: 'delivered', dueAt: later(1), attempt });
    const ttl = { N: String((later(1).getTime() + 8 * 86_400_000) / 1000) };
    for (const key of [keyOfFinished(one), finishedEventKey(webhook.id, one.eventId)])
      assert.deepEqual((await table.get(key))?.['ttl'], ttl);
  });

  it('raises the version also if the process dies after the rows of a replay', async () => {
    await using harness = await createHarness();
    const { webhooks, elsewhere, table } = harness;
    const webhook = sampleWebhook();
    await webhooks.create(webhook);
    const one = sampleDelivery(webhook, sampleEvent());
    await webhooks.addDeliveries([one]);
    const attempt = { at: later(1), httpStatus: 200, durationMs: 1, answer: '' };
    await webhooks.record(one, { status: 'delivered', dueAt: later(1), attempt });
    let isDead = false;
    const dying = createDynamodbWebhookRepository(
      {
        ...table,
        async transact(writes, token) {
          if (isDead) throw new Error('the process has died');
          isDead = writes.some((write) => 'put' in write);
          await table.transact(writes, token);
        },
      },
      OPTIONS,
    );
    await assert.rejects(dying.replay(webhook.id, [one.eventId], later(2)), /died/);
    assert.equal((await elsewhere.unfinished(webhook.id, 9)).length, 1);
    assert.ok(((await elsewhere.get(webhook.id))?.version ?? 0) > webhook.version);
  });

  it('removes what another process adds to a webhook while it is removed', async () => {
    await using harness = await createHarness();
    const { webhooks, elsewhere } = harness;
    const webhook = sampleWebhook();
    await webhooks.create(webhook);
    await webhooks.remove(webhook.id);
    const late = [1, 2].map((sequence) =>
      sampleDelivery(webhook, sampleEvent({ sequence, userId: `user${sequence}` })),
    );
    await elsewhere.addDeliveries(late);
    assert.equal(await webhooks.eraseUser('user1'), 1);
    await webhooks.forget(new Date(Date.now() - 60_000));
    assert.deepEqual(await webhooks.unfinished(webhook.id, 9), []);
    await elsewhere.addDeliveries(late);
    await webhooks.forget(new Date(Date.now() + 60_000)); // its removal is as old as the events that are forgotten
    assert.deepEqual(await webhooks.unfinished(webhook.id, 9), []);
    assert.equal(await harness.table.get(removedWebhookKey(webhook.id)), undefined);
  });

  it('removes what was delivered by a webhook that is removed later, a bounded number in a round', async () => {
    await using harness = await createHarness();
    const { webhooks, table } = harness;
    const webhook = sampleWebhook();
    await webhooks.create(webhook);
    const made = Array.from({ length: 5 }, (_, n) => sampleDelivery(webhook, sampleEvent({ sequence: n })));
    await webhooks.addDeliveries(made);
    const attempt = { at: later(1), httpStatus: 200, durationMs: 1, answer: '' };
    for (const one of made) await webhooks.record(one, { status: 'delivered', dueAt: later(1), attempt });
    await webhooks.remove(webhook.id);
    const bounded = createDynamodbWebhookRepository(table, { ...OPTIONS, removedRows: 3 });
    const query = { limit: 9, after: undefined, status: undefined, since: undefined, until: undefined };
    for (const left of [5, 2, 0]) {
      assert.equal((await webhooks.deliveries(webhook.id, query)).deliveries.length, left);
      const isMarked = (await table.get(removedWebhookKey(webhook.id))) !== undefined;
      assert.equal(isMarked, left > 0, 'the marker stays until all are removed');
      await bounded.forget(new Date(Date.now() + 60_000));
    }
  });

  it('looks at a bounded number of rows for a page with a filter, which may be short', async () => {
    await using harness = await createHarness();
    const { webhooks } = harness;
    const webhook = sampleWebhook();
    await webhooks.create(webhook);
    const attempt = { at: later(1), httpStatus: 200, durationMs: 1, answer: '' };
    const made = Array.from({ length: 60 }, (_, n) =>
      sampleDelivery(webhook, sampleEvent({ sequence: n, at: later(n) })),
    );
    await webhooks.addDeliveries(made);
    await Promise.all(
      made.map((one, n) =>
        webhooks.record(one, { status: n === 0 ? 'failed' : 'delivered', dueAt: later(1), attempt }),
      ),
    );
    const bounded = createDynamodbWebhookRepository(harness.table, { ...OPTIONS, lookedAt: 40 });
    const query = { limit: 5, status: 'failed', since: undefined, until: undefined } as const;
    const first = await bounded.deliveries(webhook.id, { ...query, after: undefined });
    assert.deepEqual(first.deliveries, []);
    const second = await bounded.deliveries(webhook.id, { ...query, after: first.next ?? assert.fail() });
    assert.deepEqual(
      second.deliveries.map(({ eventId }) => eventId),
      [made[0]?.eventId],
    );
    assert.equal(second.next, null);
    const since = { ...query, after: undefined, since: later(30) };
    assert.deepEqual(await bounded.deliveries(webhook.id, since), { deliveries: [], next: null }, 'of 30 rows');
  });

  it('reads the table itself, strongly consistent, and no index', async () => {
    await using harness = await createHarness();
    const { webhooks, storage } = harness;
    const reads: { input: Record<string, unknown>; isStrong: boolean }[] = [];
    storage.client.middlewareStack.add(
      (next) => (args) => {
        const input = args.input as Record<string, unknown>;
        const batch = Object.values((input['RequestItems'] ?? {}) as Record<string, { ConsistentRead?: boolean }>);
        if ('Key' in input || 'KeyConditionExpression' in input || batch.length > 0)
          if (!('UpdateExpression' in input))
            reads.push({ input, isStrong: [input, ...batch].some((one) => one['ConsistentRead'] === true) });
        return next(args);
      },
      { step: 'initialize', name: 'reads' },
    );
    const webhook = sampleWebhook();
    const one = sampleDelivery(webhook, sampleEvent());
    await webhooks.create(webhook);
    await webhooks.addDeliveries([one]);
    await webhooks.get(webhook.id);
    await webhooks.list();
    await webhooks.unfinished(webhook.id, 9);
    await webhooks.deliveries(webhook.id, {
      limit: 1,
      after: undefined,
      status: undefined,
      since: undefined,
      until: undefined,
    });
    await webhooks.delivery(webhook.id, one.eventId);
    assert.ok(reads.length >= 6, `${reads.length} reads`);
    for (const { input, isStrong } of reads) {
      assert.ok(isStrong, JSON.stringify(input));
      assert.ok(!('IndexName' in input), JSON.stringify(input));
    }
  });
});
