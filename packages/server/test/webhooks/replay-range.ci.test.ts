import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../test/servers/table.ts';
import { after, sampleDelivery, sampleEvent, sampleWebhook } from '../../src/domain/event/webhooks.fixture.ts';
import { replayDeliveries } from '../../src/operations/webhooks/replay-deliveries.ts';
import { createTable } from '../../src/records/dynamodb/table.ts';
import { createDynamodbWebhookRepository } from '../../src/records/webhooks/dynamodb/dynamodb.ts';

const clock = { now: () => after(999), elapsedMs: () => 0 };

describe('a replay of a range in DynamoDB', { skip: NO_DYNOXIDE }, () => {
  it('reads nothing outside the range, and refuses one with too many other deliveries', async () => {
    await using server = await dynamoForTests();
    await using storage = await createTestTable(server.dynamo);
    const table = createTable(storage.client, storage.name);
    const webhooks = createDynamodbWebhookRepository(table, { days: 7, clock, lookedAt: 2 });
    const webhook = sampleWebhook();
    await webhooks.create(webhook);
    const made = Array.from({ length: 60 }, (_, n) =>
      sampleDelivery(webhook, sampleEvent({ sequence: n + 1, at: after(n) })),
    );
    await webhooks.addDeliveries(made);
    const attempt = { at: after(100), httpStatus: 200, durationMs: 1, answer: '' };
    await Promise.all(
      made.map((one, n) =>
        webhooks.record(one, { status: n === 20 ? 'failed' : 'delivered', dueAt: after(100), attempt }),
      ),
    );
    const replay = (from: number) =>
      replayDeliveries(
        { clock },
        { webhooks },
        { id: webhook.id, replay: { from: after(from), to: after(60), status: 'failed' } },
      );
    assert.equal(await replay(21), 0);
    await assert.rejects(replay(0), { code: 'invalid-request' });
    assert.equal(await replay(20), 1);
  });
});
