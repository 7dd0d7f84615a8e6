import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import type { Delivery, DeliveryOutcome } from '../../../domain/event/delivery.ts';
import type { Webhook } from '../../../domain/event/webhook.ts';
import { after as later, sampleDelivery, sampleEvent, sampleWebhook } from '../../../domain/event/webhooks.fixture.ts';
import { openPostgres, type Postgres } from '../../postgres/database.ts';
import { holdTransaction, untilWaiting } from '../../postgres/lock-waits.fixture.ts';
import { createMigratedDatabase } from '../../postgres/migrated-database.fixture.ts';
import { withPlans } from '../../postgres/plans.fixture.ts';
import { deliveredEventJson } from '../stored-webhook.ts';
import { describeWebhookRepository } from '../webhook-repository.contract.ts';
import { createPostgresWebhookRepository } from './postgres.ts';

describe('webhooks in PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  /** Two pools, as two processes have them. */
  async function create() {
    await using stack = new AsyncDisposableStack();
    const database = stack.use(await createMigratedDatabase(server.postgres));
    const other = stack.use(openPostgres({ url: database.url, connections: 5, prepares: true }));
    const held = stack.move();
    return {
      postgres: database.postgres,
      webhooks: createPostgresWebhookRepository(database.postgres),
      elsewhere: createPostgresWebhookRepository(other),
      [Symbol.asyncDispose]: () => held.disposeAsync(),
    };
  }

  describeWebhookRepository('PostgreSQL', create);

  const withOne = async () => {
    const harness = await create();
    const webhook = sampleWebhook();
    assert.equal(await harness.webhooks.create(webhook), true);
    return { ...harness, webhook, [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose]() };
  };

  it('adds no delivery to a webhook whose removal began before', async () => {
    await using harness = await withOne();
    const { postgres, webhooks, elsewhere, webhook } = harness;
    await using removal = holdTransaction(postgres, async (transaction, begun) => {
      await transaction.change('DELETE FROM webhooks WHERE id = $1', [webhook.id]);
      await begun();
    });
    await removal.isHeld;
    const adding = elsewhere.addDeliveries([sampleDelivery(webhook, sampleEvent())]);
    await untilWaiting(postgres, 1);
    await removal.end();
    assert.deepEqual(await adding, []);
    assert.deepEqual(await webhooks.unfinished(webhook.id, 9), []);
  });

  it('removes the deliveries of an addition that began before', async () => {
    await using harness = await withOne();
    const { postgres, elsewhere, webhook } = harness;
    const [added, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = createPostgresWebhookRepository({
      ...postgres,
      transaction: (work) =>
        postgres.transaction(async (transaction) => {
          const result = await work(transaction);
          added.resolve();
          await ended.promise;
          return result;
        }),
    });
    const adding = slow.addDeliveries([sampleDelivery(webhook, sampleEvent())]);
    await added.promise;
    const removing = elsewhere.remove(webhook.id);
    await untilWaiting(postgres, 1).finally(() => ended.resolve());
    assert.equal((await adding).length, 1);
    assert.equal(await removing, true);
    assert.deepEqual(await elsewhere.unfinished(webhook.id, 9), []);
  });

  it('moves the position of a webhook while deliveries are added to it', async () => {
    await using harness = await withOne();
    const { postgres, elsewhere, webhook } = harness;
    await using adding = holdTransaction(postgres, async (transaction, begun) => {
      await transaction.rows('SELECT id FROM webhooks WHERE id = $1 FOR KEY SHARE', [webhook.id]);
      await begun();
    });
    await adding.isHeld;
    const to = { log: '00112233445566ff', issuedAt: later(1), sequences: [1] };
    assert.equal(await elsewhere.advance(webhook.id, null, to), true);
  });

  it('keeps a delivery that is replayed while it is forgotten', async () => {
    await using harness = await withOne();
    const { postgres, webhooks, elsewhere, webhook } = harness;
    const one = sampleDelivery(webhook, sampleEvent());
    await webhooks.addDeliveries([one]);
    await webhooks.record(one, DELIVERED);
    await using replay = holdTransaction(postgres, async (transaction, begun) => {
      const within = createPostgresWebhookRepository({ ...postgres, transaction: (work) => work(transaction) });
      assert.equal(await within.replay(webhook.id, [one.eventId], later(2)), 1);
      await begun();
    });
    await replay.isHeld;
    const forgetting = elsewhere.forget(later(60));
    await untilWaiting(postgres, 1);
    await replay.end();
    await forgetting;
    assert.deepEqual(
      (await webhooks.unfinished(webhook.id, 9)).map(({ eventId }) => eventId),
      [one.eventId],
    );
  });

  it('replays nothing of a removed webhook', async () => {
    await using harness = await withOne();
    const { webhooks, webhook } = harness;
    const one = sampleDelivery(webhook, sampleEvent());
    await webhooks.addDeliveries([one]);
    await webhooks.record(one, DELIVERED);
    await webhooks.remove(webhook.id);
    assert.equal(await webhooks.replay(webhook.id, [one.eventId], later(2)), 0);
  });

  it('forgets finished deliveries of the time before', async () => {
    await using harness = await withOne();
    const { webhooks, webhook } = harness;
    const made = [0, 0, 60].map((seconds) => sampleDelivery(webhook, sampleEvent(), { createdAt: later(seconds) }));
    await webhooks.addDeliveries(made);
    for (const nth of [0, 2]) await webhooks.record(made[nth] ?? assert.fail(), DELIVERED);
    await webhooks.forget(later(60));
    const left = await Promise.all(made.map(({ eventId }) => webhooks.delivery(webhook.id, eventId)));
    assert.deepEqual(
      left.map((one) => one?.status),
      [undefined, 'waiting', 'delivered'],
    );
  });

  it('removes any number of deliveries in short transactions', async () => {
    await using harness = await withOne();
    const { postgres, webhook: kept } = harness;
    let longest = 0;
    const webhooks = createPostgresWebhookRepository({
      ...postgres,
      async change(sql, parameters) {
        const changed = await postgres.change(sql, parameters);
        longest = Math.max(longest, changed);
        return changed;
      },
    });
    const gone = sampleWebhook();
    await webhooks.create(gone);
    const left = async (status: Delivery['status']): Promise<number> =>
      Number((await postgres.rows('SELECT count(*) FROM deliveries WHERE status = $1', [status]))[0]?.[0]);
    await addMany(postgres, kept, { status: 'delivered', count: 1_200 });
    await webhooks.forget(later(0));
    assert.equal(await left('delivered'), 0);
    for (const status of ['waiting', 'delivered'] as const) await addMany(postgres, gone, { status, count: 1_200 });
    await webhooks.remove(gone.id);
    assert.deepEqual([await left('waiting'), await left('delivered')], [0, 1_200]);
    await webhooks.forget(new Date(0));
    assert.equal(await left('delivered'), 0);
    for (const status of ['waiting', 'failed'] as const) await addMany(postgres, kept, { status, count: 1_200 });
    assert.equal(await webhooks.eraseUser('ada'), 2_400);
    assert.deepEqual([await left('waiting'), await left('failed')], [0, 0]);
    assert.equal(longest, 500);
  });

  it('walks an index in each statement, and reads no rows of other states for a page of one', async () => {
    await using harness = await withOne();
    const { postgres, webhook } = harness;
    for (const one of [webhook, sampleWebhook()]) {
      await addMany(postgres, one, { status: 'delivered', count: 30_000, userId: 'bob' });
      await addMany(postgres, one, { status: 'waiting', count: 50 });
      await addMany(postgres, one, { status: 'failed', count: 5 });
    }
    await postgres.change('ALTER TABLE deliveries ALTER status SET STATISTICS 1000'); // else a few rows of each are seen
    await postgres.change('ANALYZE');
    const planned = withPlans(postgres);
    const webhooks = createPostgresWebhookRepository(planned.postgres);
    const plansOf = async (work: () => Promise<unknown>): Promise<string> => {
      await work();
      const plans = (await planned.plans()).join('\n');
      assert.doesNotMatch(plans, /Seq Scan on deliveries/, plans);
      return plans;
    };
    const query = { limit: 9, after: undefined, status: undefined, since: undefined, until: undefined };
    const pages = [
      [() => webhooks.deliveries(webhook.id, query), /Index Scan Backward using deliveries_by_time/],
      ...(['delivered', 'waiting', 'failed'] as const).map((status) => [
        () => webhooks.deliveries(webhook.id, { ...query, status, since: later(1), until: later(9) }),
        /Index Scan Backward using deliveries_by_status/,
      ]),
      [() => webhooks.unfinished(webhook.id, 9), /Index Scan using deliveries_unfinished/],
    ] as readonly (readonly [() => Promise<unknown>, RegExp])[];
    for (const [read, index] of pages) {
      const plan = await plansOf(read);
      assert.match(plan, index);
      assert.doesNotMatch(plan, /Sort|Filter/, plan);
    }
    const one = sampleDelivery(webhook, sampleEvent());
    await plansOf(() => webhooks.addDeliveries([one]));
    await plansOf(() => webhooks.delivery(webhook.id, one.eventId));
    await plansOf(() => webhooks.record(one, DELIVERED));
    await plansOf(() => webhooks.replay(webhook.id, [one.eventId], later(1)));
    assert.match(await plansOf(() => webhooks.forget(new Date(0))), /using deliveries_finished/);
    assert.match(await plansOf(() => webhooks.remove(webhook.id)), /using deliveries_unfinished/);
    for (const userId of ['ada', 'bob'])
      assert.match(await plansOf(() => webhooks.eraseUser(userId)), /using deliveries_by_user/);
  });
});

const DELIVERED: DeliveryOutcome = {
  ...{ status: 'delivered', dueAt: later(1) },
  attempt: { at: later(1), httpStatus: 200, durationMs: 1, answer: '' },
};

interface Many extends Pick<Delivery, 'status'> {
  readonly count: number;
  readonly userId?: string;
}

/** Deliveries of events that no page has read. */
async function addMany(postgres: Postgres, { id }: Webhook, { status, count, userId = 'ada' }: Many): Promise<void> {
  const event = deliveredEventJson(sampleEvent());
  await postgres.change(
    `INSERT INTO deliveries
     SELECT $1, $2 || n, $3, 0, n, n, $4, $2, 0, 0, NULL, 0 FROM generate_series(1, $5) AS n`,
    [id, status, userId, event, count],
  );
}
