import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Delivery, DeliveryOutcome } from '../../domain/event/delivery.ts';
import type { EventPosition } from '../../domain/event/event-position.ts';
import { MAX_WEBHOOKS, MAX_WEBHOOKS_BY_PREFIX, type Webhook } from '../../domain/event/webhook.ts';
import { after, MADE_AT, sampleDelivery, sampleEvent, sampleWebhook } from '../../domain/event/webhooks.fixture.ts';
import type { DeliveriesQuery, WebhookRepository } from './webhook-repository.ts';

export interface WebhookRepositoryHarness extends AsyncDisposable {
  readonly webhooks: WebhookRepository;
  /** The store, as another process has opened it. */
  readonly elsewhere: WebhookRepository;
}

const position = (sequence: number): EventPosition => ({
  log: '00112233445566ff',
  issuedAt: after(sequence),
  sequences: [sequence, 0],
});

const changed = (webhook: Webhook, fields: Partial<Webhook> = {}): Webhook => ({
  ...webhook,
  updatedAt: after(5),
  ...fields,
  version: webhook.version + 1,
});

const outcome = (status: Delivery['status'], fields: Partial<DeliveryOutcome> = {}): DeliveryOutcome => ({
  status,
  dueAt: after(60),
  attempt: { at: after(1), httpStatus: 503, durationMs: 12, answer: 'é "busy"' },
  ...fields,
});

export function describeWebhookRepository(name: string, create: () => Promise<WebhookRepositoryHarness>): void {
  const withOne = async (fields: Partial<Webhook> = {}) => {
    const harness = await create();
    const webhook = sampleWebhook(fields);
    assert.equal(await harness.webhooks.create(webhook), true);
    const deliver = async (...deliveries: Delivery[]) => {
      await harness.webhooks.addDeliveries(deliveries);
      return deliveries;
    };
    return { ...harness, webhook, deliver, [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose]() };
  };

  describe(`${name} as a repository of webhooks`, () => {
    it('has none before one is created', async () => {
      await using harness = await create();
      const { id } = sampleWebhook();
      assert.deepEqual(await harness.webhooks.list(), []);
      assert.equal(await harness.webhooks.get(id), undefined);
      assert.equal(await harness.webhooks.remove(id), false);
      assert.equal(await harness.webhooks.advance(id, null, position(1)), false);
      assert.equal(await harness.webhooks.replace(sampleWebhook(), changed(sampleWebhook())), false);
    });

    it('keeps every field, and lists the oldest first', async () => {
      await using harness = await create();
      const all = [
        sampleWebhook(),
        sampleWebhook({ types: ['image.ready', 'image.deleted'], userId: 'b"#%oé', position: position(3), version: 7 }),
        sampleWebhook({ userPrefix: 'zo\u00eb"#%:', position: position(3), version: 7 }),
        sampleWebhook({
          secrets: [
            { sealed: 'bmV3', until: null },
            { sealed: 'b2xk', until: after(86_400) },
          ],
          paused: { why: 'gone', at: after(1) },
          failingSince: after(2),
          skipped: { at: after(3), since: after(4) },
          updatedAt: after(9),
        }),
      ];
      for (const webhook of all.toReversed()) assert.equal(await harness.webhooks.create(webhook), true);
      for (const webhooks of [harness.webhooks, harness.elsewhere]) {
        assert.deepEqual(await webhooks.list(), all);
        for (const webhook of all) assert.deepEqual(await webhooks.get(webhook.id), webhook);
      }
    });

    it(`has at most ${MAX_WEBHOOKS}, also when many are created at once`, async () => {
      await using harness = await create();
      const made = Array.from({ length: MAX_WEBHOOKS - 2 }, () => sampleWebhook());
      for (const webhook of made) await harness.webhooks.create(webhook);
      const rivals = Array.from({ length: 6 }, (_, n) =>
        (n % 2 ? harness.webhooks : harness.elsewhere).create(sampleWebhook()),
      );
      assert.equal((await Promise.all(rivals)).filter(Boolean).length, 2);
      assert.equal((await harness.elsewhere.list()).length, MAX_WEBHOOKS);
      assert.equal(await harness.webhooks.create(sampleWebhook()), false);
      assert.equal(await harness.elsewhere.remove(made[0]?.id ?? ''), true);
      assert.equal(await harness.webhooks.create(sampleWebhook()), true);
    });

    it('has as many for each prefix of users, also when many are created at once', async () => {
      await using harness = await create();
      const { webhooks, elsewhere } = harness;
      for (let n = 0; n < MAX_WEBHOOKS; n += 1) assert.ok(await webhooks.create(sampleWebhook()));
      const made = Array.from({ length: MAX_WEBHOOKS - 2 }, () => sampleWebhook({ userPrefix: 'acme:' }));
      for (const webhook of made) assert.ok(await webhooks.create(webhook));
      const more = (userPrefix: string | null) => sampleWebhook({ userPrefix });
      const rivals = Array.from({ length: 6 }, (_, n) => (n % 2 ? webhooks : elsewhere).create(more('acme:')));
      assert.equal((await Promise.all(rivals)).filter(Boolean).length, 2);
      for (const full of ['acme:', null]) assert.equal(await webhooks.create(more(full)), false);
      for (const other of ['acme', 'ACME:', 'acme:ada:', '#']) assert.ok(await webhooks.create(more(other)), other);
      assert.ok(await elsewhere.remove(made[0]?.id ?? ''));
      assert.equal(await webhooks.create(more(null)), false);
      assert.ok(await webhooks.create(more('acme:')));
      assert.equal(await webhooks.create(more('acme:')), false);
    });

    it(`has at most ${MAX_WEBHOOKS_BY_PREFIX} for all prefixes, and ${MAX_WEBHOOKS} besides`, async () => {
      await using harness = await create();
      const { webhooks } = harness;
      const ids: string[] = [];
      for (let n = 0; n < MAX_WEBHOOKS_BY_PREFIX; n += 1) {
        const webhook = sampleWebhook({ userPrefix: `t${Math.floor(n / MAX_WEBHOOKS)}:` });
        ids.push(webhook.id);
        assert.ok(await webhooks.create(webhook));
      }
      assert.equal(await webhooks.create(sampleWebhook({ userPrefix: 'other:' })), false);
      assert.ok(await webhooks.create(sampleWebhook()));
      assert.ok(await webhooks.remove(ids[0] ?? ''));
      assert.ok(await webhooks.create(sampleWebhook({ userPrefix: 'other:' })));
      assert.equal(await webhooks.create(sampleWebhook({ userPrefix: 't0:' })), false);
    });

    it('keeps one for a prefix through changes, a replay and the end of users', async () => {
      await using harness = await withOne({ userPrefix: 'acme:' });
      const { webhooks, elsewhere, webhook } = harness;
      const to = changed(webhook, { paused: { why: 'asked', at: MADE_AT } });
      assert.ok(await webhooks.replace(webhook, to));
      await webhooks.replay(webhook.id, ['1-2'], after(1));
      const { version, ...rest } = (await elsewhere.get(webhook.id)) ?? assert.fail();
      assert.ok(version > to.version);
      assert.deepEqual(rest, (({ version: _, ...same }) => same)(to));
      assert.ok(await webhooks.advance(webhook.id, null, position(3)));
      for (const userId of ['acme:', 'acme:ada']) await webhooks.eraseUser(userId);
      assert.equal((await webhooks.list()).length, 1);
    });

    it('replaces one that nobody has changed, but for its position', async () => {
      await using harness = await withOne();
      const { webhooks, elsewhere, webhook } = harness;
      assert.equal(await elsewhere.advance(webhook.id, null, position(4)), true);
      const to = changed(webhook, { url: 'https://example.org', userId: 'ada', paused: { why: 'asked', at: MADE_AT } });
      assert.equal(await webhooks.replace(webhook, to), true);
      assert.deepEqual(await elsewhere.get(webhook.id), { ...to, position: position(4) });
      assert.equal(await elsewhere.replace(webhook, changed(webhook)), false);
      assert.deepEqual(await webhooks.get(webhook.id), { ...to, position: position(4) });
    });

    it('moves a position from the one that was read, also beside other changes', async () => {
      await using harness = await withOne();
      const { webhooks, elsewhere, webhook } = harness;
      const moves = await Promise.all(
        [1, 2, 3, 4].map((n) => (n % 2 ? webhooks : elsewhere).advance(webhook.id, null, position(n))),
      );
      assert.equal(moves.filter(Boolean).length, 1);
      const at = position(moves.indexOf(true) + 1);
      assert.equal(await webhooks.replace(webhook, changed(webhook)), true);
      assert.equal(await webhooks.advance(webhook.id, null, position(9)), false);
      assert.equal(await webhooks.advance(webhook.id, { ...at, issuedAt: after(99) }, position(9)), false);
      assert.equal(await webhooks.advance(webhook.id, at, position(9)), true);
      assert.deepEqual(await elsewhere.get(webhook.id), { ...changed(webhook), position: position(9) });
    });

    it('adds deliveries once, and keeps every field', async () => {
      await using harness = await withOne();
      const { webhooks, elsewhere, webhook, deliver } = harness;
      const rejected = sampleEvent({ type: 'image.rejected', status: 'rejected', code: 'unreadable-image', shard: 1 });
      const updated = sampleEvent({ type: 'image.updated', changed: ['tags', 'links'], userId: 'é"#', sequence: 12 });
      const last = { at: after(1), httpStatus: null, durationMs: 15_000, answer: 'timeout' };
      const [one, two] = await deliver(
        sampleDelivery(webhook, updated, { createdAt: after(1), dueAt: after(2) }),
        sampleDelivery(webhook, rejected, { attempts: 3, last }),
      );
      assert.ok(one && two);
      const repeated = { ...one, dueAt: after(999), attempts: 5 };
      assert.deepEqual(await elsewhere.addDeliveries([repeated, two]), [repeated, two]);
      for (const delivery of [one, two])
        assert.deepEqual(await elsewhere.delivery(webhook.id, delivery.eventId), delivery);
      assert.deepEqual(await elsewhere.unfinished(webhook.id, 10), [one, two]);
      assert.equal(await webhooks.delivery(webhook.id, 'none'), undefined);
      assert.equal(await webhooks.delivery(sampleWebhook().id, one.eventId), undefined);
      assert.deepEqual(await webhooks.unfinished(sampleWebhook().id, 10), []);
    });

    it('tells unfinished ones by shard and sequence', async () => {
      await using harness = await withOne();
      const { elsewhere, webhook, deliver } = harness;
      const places = [
        [0, 2],
        [0, 10],
        [0, 100_000_000_000],
        [1, 1],
        [10, 1],
      ] as const;
      const made = places.map(([shard, sequence], n) =>
        sampleDelivery(webhook, sampleEvent({ shard, sequence, at: after(-n) })),
      );
      await deliver(...made.toReversed());
      assert.deepEqual(await elsewhere.unfinished(webhook.id, 9), made);
      assert.deepEqual(await elsewhere.unfinished(webhook.id, 2), made.slice(0, 2));
    });

    it('records an attempt once', async () => {
      await using harness = await withOne();
      const { webhooks, elsewhere, webhook, deliver } = harness;
      const [made] = await deliver(sampleDelivery(webhook, sampleEvent()));
      assert.ok(made);
      const failed = outcome('waiting');
      const rivals = [webhooks, elsewhere, webhooks].map((one) => one.record(made, failed));
      assert.equal((await Promise.all(rivals)).filter(Boolean).length, 1);
      const tried = { ...made, attempts: 1, dueAt: failed.dueAt, last: failed.attempt };
      assert.deepEqual(await elsewhere.unfinished(webhook.id, 9), [tried]);
      const done = outcome('delivered', { attempt: { at: after(9), httpStatus: 204, durationMs: 1, answer: '' } });
      assert.equal(await elsewhere.record(tried, done), true);
      assert.equal(await webhooks.record({ ...tried, attempts: 2 }, failed), false, 'it is finished');
      assert.deepEqual(await webhooks.unfinished(webhook.id, 9), []);
      const found = await webhooks.delivery(webhook.id, made.eventId);
      assert.deepEqual([found?.status, found?.attempts, found?.last], ['delivered', 2, done.attempt]);
      const other = sampleDelivery(webhook, sampleEvent({ sequence: 2 }));
      assert.deepEqual(await webhooks.addDeliveries([made, other]), [other], 'a finished one is not added again');
      assert.deepEqual(await webhooks.unfinished(webhook.id, 9), [other]);
    });

    it('lists deliveries, the latest event first, in pages of any size', async () => {
      await using harness = await withOne();
      const { webhooks, elsewhere, webhook, deliver } = harness;
      const made = await deliver(
        ...[1, 2, 3, 4, 5, 6].map((n) =>
          sampleDelivery(webhook, sampleEvent({ at: after(n), sequence: 100 - n, shard: n % 2 })),
        ),
      );
      for (const n of [1, 3]) await webhooks.record(made[n] ?? assert.fail(), outcome('delivered'));
      await webhooks.record(made[4] ?? assert.fail(), outcome('failed'));
      const ids = (deliveries: readonly Delivery[]) => deliveries.map(({ eventId }) => eventId);
      const newest = ids(made).toReversed();
      const of = (...places: number[]) => places.map((n) => newest[n]);
      for (const limit of [1, 2, 3, 5, 6, 7]) {
        const all = (query: Partial<DeliveriesQuery> = {}) => list(elsewhere, webhook, { limit, ...query });
        assert.deepEqual(ids(await all()), newest);
        assert.deepEqual(ids(await all({ status: 'delivered' })), of(2, 4));
        assert.deepEqual(ids(await all({ status: 'failed' })), of(1));
        assert.deepEqual(ids(await all({ status: 'waiting' })), of(0, 3, 5));
        assert.deepEqual(ids(await all({ until: after(4) })), of(2, 3, 4, 5));
        assert.deepEqual(ids(await all({ until: after(4), status: 'waiting' })), of(3, 5));
        assert.deepEqual(ids(await all({ since: after(4) })), of(0, 1, 2));
        assert.deepEqual(ids(await all({ since: after(2), until: after(5), status: 'waiting' })), of(3));
        assert.deepEqual(ids(await all({ since: after(2), until: after(4), status: 'delivered' })), of(2, 4));
      }
    });

    it('replays finished ones, and raises the version', async () => {
      await using harness = await withOne();
      const { webhooks, elsewhere, webhook, deliver } = harness;
      const [done, failed, waiting] = await deliver(
        ...[1, 2, 3].map((sequence) => sampleDelivery(webhook, sampleEvent({ sequence }))),
      );
      assert.ok(done && failed && waiting);
      const attempt = outcome('delivered');
      await webhooks.record(done, attempt);
      await webhooks.record(failed, outcome('failed'));
      const ids = [done.eventId, failed.eventId, waiting.eventId, 'none'];
      assert.equal(await elsewhere.replay(webhook.id, ids, after(100)), 2);
      const again = { dueAt: after(100), last: attempt.attempt };
      assert.deepEqual(await webhooks.unfinished(webhook.id, 9), [
        { ...done, ...again },
        { ...failed, ...again },
        waiting,
      ]);
      const raised = await webhooks.get(webhook.id);
      assert.ok(raised && raised.version > webhook.version);
      assert.equal(await webhooks.replace(raised, changed(raised)), true);
    });

    it('removes one with its deliveries, and takes no more of them', async () => {
      await using harness = await withOne();
      const { webhooks, elsewhere, webhook, deliver } = harness;
      const [made, done] = await deliver(...[1, 2].map(() => sampleDelivery(webhook, sampleEvent())));
      await webhooks.record(done ?? assert.fail(), outcome('delivered'));
      const other = sampleWebhook();
      await webhooks.create(other);
      const [kept] = await deliver(sampleDelivery(other, sampleEvent()));
      assert.equal(await elsewhere.remove(webhook.id), true);
      assert.equal(await webhooks.remove(webhook.id), false);
      assert.equal(await webhooks.get(webhook.id), undefined);
      assert.equal(await webhooks.replace(webhook, changed(webhook)), false);
      assert.deepEqual(await webhooks.unfinished(webhook.id, 9), []);
      assert.equal(await webhooks.record(made ?? assert.fail(), outcome('delivered')), false);
      await webhooks.forget(after(-60));
      assert.deepEqual(await list(webhooks, webhook, { limit: 9 }), [], 'also what was delivered');
      assert.deepEqual(await list(webhooks, other, { limit: 9 }), [kept]);
    });

    it("erases a user's deliveries and webhooks, and nothing of others", async () => {
      await using harness = await withOne();
      const { webhooks, elsewhere, webhook, deliver } = harness;
      const own = sampleWebhook({ userId: 'ada' });
      await webhooks.create(own);
      const [done, waiting, others] = await deliver(
        ...['ada', 'ada', 'Ada'].map((userId, n) =>
          sampleDelivery(webhook, sampleEvent({ userId, sequence: n + 1, at: after(n) })),
        ),
      );
      assert.ok(done && waiting && others);
      await webhooks.record(done, outcome('delivered'));
      assert.equal(await elsewhere.eraseUser('ada'), 2);
      assert.deepEqual(await webhooks.list(), [webhook]);
      assert.deepEqual(await list(webhooks, webhook, { limit: 9 }), [others]);
      assert.equal(await webhooks.delivery(webhook.id, done.eventId), undefined);
      assert.equal(await webhooks.record(waiting, outcome('waiting')), false);
      assert.deepEqual(await webhooks.unfinished(webhook.id, 9), [others]);
      assert.equal(await webhooks.eraseUser('ada'), 0);
    });
  });
}

/** All pages. */
async function list(
  webhooks: WebhookRepository,
  { id }: Webhook,
  query: Partial<DeliveriesQuery> & Pick<DeliveriesQuery, 'limit'>,
): Promise<Delivery[]> {
  const found: Delivery[] = [];
  for (let after: string | undefined; ; ) {
    const page = await webhooks.deliveries(id, {
      status: undefined,
      since: undefined,
      until: undefined,
      ...query,
      after,
    });
    assert.ok(page.deliveries.length <= query.limit);
    found.push(...page.deliveries);
    if (page.next === null) return found;
    after = page.next;
  }
}
