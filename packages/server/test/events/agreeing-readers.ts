import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../chance/random.ts';
import { type FollowerOptions, followPages, followStreams, startFailingReceiver } from './event-readers.ts';
import type { ToldEvent } from './event-service.ts';
import { type Changes, firstTellings } from './told-changes.ts';

/** A quiet machine may need two minutes: the lease of a killed worker, and a pause for each refusal. */
const AGREE_MS = 400_000;

interface DeliveryPage {
  readonly deliveries: readonly { readonly event_id: string }[];
  readonly next_cursor: string | null;
}

/** One reader of each kind, from the first event on. `key`: of an admin. */
export async function startReaders({ origin, key, random }: FollowerOptions & { readonly random: Random }) {
  await using stack = new AsyncDisposableStack();
  const receiver = stack.use(await startFailingReceiver(random));
  const answer = await fetch(`${origin()}/webhooks`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ url: receiver.url }),
  });
  const text = await answer.text();
  assert.equal(answer.status, 201, text);
  const { webhook_id: id } = JSON.parse(text) as { readonly webhook_id: string };
  /** The events that the webhook is still to be told of. */
  const waiting = async (): Promise<readonly string[]> => {
    const ids: string[] = [];
    for (let cursor = ''; ; ) {
      const path = `/webhooks/${id}/deliveries?status=waiting${cursor && `&cursor=${cursor}`}`;
      const found = await fetch(`${origin()}${path}`, { headers: { Authorization: `Bearer ${key}` } });
      assert.equal(found.status, 200);
      const page = (await found.json()) as DeliveryPage;
      ids.push(...page.deliveries.map(({ event_id }) => event_id));
      if (page.next_cursor === null) return ids;
      cursor = page.next_cursor;
    }
  };
  const followers = {
    pages: stack.use(followPages({ origin, key })),
    streams: stack.use(followStreams({ origin, key, random })),
    webhook: receiver,
  };
  const all = (): readonly (readonly ToldEvent[])[] => Object.values(followers).map(({ told }) => told);
  const held = stack.move();
  return {
    receiver,
    all,

    /**
     * Resolves once all readers know every acknowledged change, and the same events. `butRetries`: the webhook may be
     * without those that the service still has for it, because it may try again after ten minutes.
     */
    async agree(changes: Changes, { butRetries = false } = {}): Promise<void> {
      const endMs = performance.now() + AGREE_MS;
      const { pages, streams, webhook } = followers;
      for (;;) {
        const later = butRetries ? await waiting() : [];
        const told = [...idsIn(webhook.told), ...later];
        const areSame = [idsIn(streams.told), told].every((ids) => sorted(ids) === sorted(idsIn(pages.told)));
        if (areSame && changes.areIn(pages.told)) return;
        const counts = Object.entries(followers).map(([name, one]) => `${name} ${firstTellings(one.told).length}`);
        const expected = `expected ${changes.acked()} events or a few more from each reader; got ${counts.join(', ')}`;
        assert.ok(performance.now() < endMs, `${expected}, and ${later.length} that wait`);
        await delay(500);
      }
    },

    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const idsIn = (told: readonly ToldEvent[]): readonly string[] => firstTellings(told).map(({ event_id }) => event_id);

const sorted = (ids: readonly string[]): string => [...new Set(ids)].toSorted().join();
