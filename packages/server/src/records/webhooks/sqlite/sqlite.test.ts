import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Delivery } from '../../../domain/event/delivery.ts';
import type { Webhook } from '../../../domain/event/webhook.ts';
import { after, sampleDelivery, sampleEvent, sampleWebhook } from '../../../domain/event/webhooks.fixture.ts';
import { openDatabase } from '../../sqlite/database.ts';
import { createGroupCommit } from '../../sqlite/group-commit.ts';
import { allRows, firstRow } from '../../sqlite/rows.ts';
import { MIGRATIONS } from '../../sqlite/schema.ts';
import { webhookJson } from '../stored-webhook.ts';
import { describeWebhookRepository } from '../webhook-repository.contract.ts';
import { SELECT_OF_STATUS } from './deliveries.ts';
import { createSqliteWebhookRepository } from './sqlite.ts';

/** Two connections, as two processes have them. */
async function createHarness() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-webhooks-')));
  const open = () => {
    const database = stack.use(openDatabase(folder.path, MIGRATIONS));
    return createSqliteWebhookRepository(database, stack.use(createGroupCommit(database)));
  };
  const [webhooks, elsewhere] = [open(), open()];
  const held = stack.move();
  return { webhooks, elsewhere, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

describeWebhookRepository('SQLite', createHarness);

describe('the SQLite repository of webhooks', () => {
  it('reads a page of one status at the cost of its rows alone', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-webhooks-'));
    using database = openDatabase(folder.path, MIGRATIONS);
    const steps = allRows(database.prepare(`EXPLAIN QUERY PLAN ${SELECT_OF_STATUS}`), ['w', 'failed', 0, 9, 'e', 5]);
    const bounds = 'webhook_id=? AND status=? AND event_at>? AND (event_at,event_id)<(?,?)';
    assert.deepEqual(
      steps.map((row) => row.at(-1)),
      [`SEARCH deliveries USING INDEX deliveries_by_status (${bounds})`],
    );
  });

  it('removes any number of deliveries in short transactions', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-webhooks-'));
    using database = openDatabase(folder.path, MIGRATIONS);
    await using writes = createGroupCommit(database);
    const numberOf = (sql: string): number => Number(firstRow(database.prepare(sql), [])?.[0]);
    const changed = () => numberOf('SELECT total_changes()');
    let longest = 0;
    const webhooks = createSqliteWebhookRepository(database, {
      ...writes,
      write: (work) =>
        writes.write(() => {
          const start = changed();
          const result = work();
          longest = Math.max(longest, changed() - start);
          return result;
        }),
    });
    const [kept, gone] = [sampleWebhook(), sampleWebhook()];
    for (const webhook of [kept, gone]) await webhooks.create(webhook);
    const add = ({ id }: Webhook, status: Delivery['status']) =>
      database.exec(`
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1200)
        INSERT INTO deliveries SELECT '${id}', '${status}' || n, 'ada', 0, n, 0, '{}', '${status}', 0, 0, NULL, 0 FROM numbers;
      `);
    const left = (status: Delivery['status']) => numberOf(`SELECT count(*) FROM deliveries WHERE status = '${status}'`);
    add(kept, 'delivered');
    await webhooks.forget(after(0));
    assert.equal(left('delivered'), 0);
    for (const status of ['waiting', 'delivered'] as const) add(gone, status);
    await webhooks.remove(gone.id);
    assert.deepEqual([left('waiting'), left('delivered')], [0, 1_200]);
    await webhooks.forget(new Date(0));
    assert.equal(left('delivered'), 0);
    for (const status of ['waiting', 'failed'] as const) add(kept, status);
    assert.equal(await webhooks.eraseUser('ada'), 2_400);
    assert.deepEqual([left('waiting'), left('failed')], [0, 0]);
    assert.ok(longest <= 500, `expected at most 500 rows at once; got ${longest}`);
  });

  it('stores one for a prefix so that earlier versions find no secrets, and send nothing', () => {
    const stored = JSON.parse(webhookJson(sampleWebhook({ userPrefix: 'acme:' })));
    assert.deepEqual(Object.keys(stored), ['version', 'byPrefix']);
  });

  it('forgets finished deliveries of the time before', async () => {
    await using harness = await createHarness();
    const { webhooks } = harness;
    const webhook = sampleWebhook();
    await webhooks.create(webhook);
    const made = [0, 0, 60].map((seconds) => sampleDelivery(webhook, sampleEvent(), { createdAt: after(seconds) }));
    await webhooks.addDeliveries(made);
    const attempt = { at: after(1), httpStatus: 200, durationMs: 1, answer: '' };
    for (const nth of [0, 2])
      await webhooks.record(made[nth] ?? assert.fail(), { status: 'delivered', dueAt: after(1), attempt });
    await webhooks.forget(after(60));
    const left = await Promise.all(made.map(({ eventId }) => webhooks.delivery(webhook.id, eventId)));
    assert.deepEqual(
      left.map((one) => one?.status),
      [undefined, 'waiting', 'delivered'],
    );
  });
});
