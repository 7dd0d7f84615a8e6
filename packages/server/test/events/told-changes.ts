import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { Image } from '../../src/domain/image/image.ts';
import type { Random } from '../chance/random.ts';
import type { ToldEvent } from './event-service.ts';

/** What clients know of their image's changes. */
interface Known {
  /** Types of the acknowledged ones, in their order. */
  readonly acked: string[];
  /** The last request had no answer: it may have been performed. Then the image is left alone. */
  unsure: string | undefined;
}

/** Clients that change images, and know each acknowledged change. */
export interface Changes {
  /** Changes so many new images, each by one client at a time. */
  work(images: number, clients: number): Promise<void>;
  readonly known: ReadonlyMap<string, Known>;
  acked(): number;
  /** Whether each acknowledged change is among them. */
  areIn(told: readonly ToldEvent[]): boolean;
}

export interface ChangesOptions {
  /** The origin of a process that answers now. */
  readonly origin: () => string;
  readonly key: string;
  readonly random: Random;
}

/** Longer than any process is frozen. */
const ANSWER_MS = 120_000;
const CONNECT_PAUSE_MS = 50;

export async function createChanges({ origin, key, random }: ChangesOptions): Promise<Changes> {
  const picture = new Uint8Array(await testImage({ type: 'image/png', width: 8, height: 8 }));
  const known = new Map<string, Known>();
  let tags = 0;

  /** The body of a success; undefined: it may have been performed. */
  async function ask(
    method: string,
    path: string,
    type: string,
    body: Uint8Array<ArrayBuffer> | string | null,
  ): Promise<object | undefined> {
    for (;;) {
      const headers = { Authorization: `Bearer ${key}`, ...(body !== null && { 'Content-Type': type }) };
      const signal = AbortSignal.timeout(ANSWER_MS);
      try {
        const answer = await fetch(`${origin()}${path}`, { method, headers, body, signal });
        const json = (await answer.json()) as object;
        assert.ok(answer.status < 300 || answer.status >= 500, JSON.stringify(json));
        return answer.status < 300 ? json : undefined;
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        if (!isRefused(error)) return undefined;
        await delay(CONNECT_PAUSE_MS); // a dead process; nothing was sent
      }
    }
  }

  async function changeOne(): Promise<void> {
    const uploaded = await ask('POST', '/images/upload', 'image/png', picture);
    if (!uploaded) return;
    const { image_id: id } = uploaded as { image_id: string };
    const image: Known = { acked: ['image.ready'], unsure: undefined };
    known.set(id, image);
    const perform = async (type: string, method: string, path: string, body: object | null = null) => {
      const json = body && JSON.stringify(body);
      if (await ask(method, `/images/${id}${path}`, 'application/json', json)) image.acked.push(type);
      else image.unsure = type;
      return image.unsure === undefined;
    };
    const update = () => {
      tags += 1;
      return perform('image.updated', 'PATCH', '', { tags: [`t${tags}`] });
    };
    if (random.chance(0.7) && !(await update())) return;
    if (random.chance(0.3) && !(await update())) return;
    if (random.chance(0.4) && !(await perform('image.trashed', 'POST', '/trash'))) return;
    const isTrashed = image.acked.at(-1) === 'image.trashed';
    if (isTrashed && random.chance(0.6) && !(await perform('image.restored', 'POST', '/restore'))) return;
    if (random.chance(0.3)) await perform('image.deleted', 'DELETE', '');
  }

  return {
    known,
    acked: () => known.values().reduce((sum, { acked }) => sum + acked.length, 0),

    async work(images, clients) {
      let left = images;
      const client = async (): Promise<void> => {
        for (; left > 0; ) {
          left -= 1;
          await changeOne();
        }
      };
      await Promise.all(Array.from({ length: clients }, client));
    },

    areIn(told) {
      const byImage = Map.groupBy(told, ({ image_id }) => image_id);
      return known.entries().every(([id, { acked }]) => (byImage.get(id)?.length ?? 0) >= acked.length);
    },
  };
}

const isRefused = (error: unknown): boolean =>
  error instanceof TypeError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED';

/**
 * Every change of every image once, in its order, and none that never was: as the clients know, and as the records are
 * now.
 */
export function requireTold(
  told: readonly ToldEvent[],
  changes: Pick<Changes, 'known'>,
  records: ReadonlyMap<string, Image>,
): void {
  const byImage = Map.groupBy(firstTellings(told), ({ image_id }) => image_id);
  for (const [id, { acked, unsure }] of changes.known) {
    const events = byImage.get(id) ?? [];
    const types = events.map(({ type }) => type);
    const all = [acked, ...(unsure === undefined ? [] : [[...acked, unsure]])];
    const isOne = all.some((expected) => expected.join() === types.join());
    assert.ok(isOne, `expected of ${id}: ${acked}, and perhaps ${unsure}; got ${types}`);
  }
  for (const [id, events] of byImage) {
    const revisions = events.map(({ revision }) => revision);
    const [first = 0] = revisions;
    assert.deepEqual(
      revisions,
      Array.from(revisions.keys(), (index) => first + index),
      `of ${id}`,
    );
    const [last, record] = [events.at(-1), records.get(id)];
    if (!record) assert.equal(last?.type, 'image.deleted', `the last of ${id}, which has no record`);
    else
      assert.equal(last?.revision, record.revision, `of ${id}, which is ${record.status}: ${JSON.stringify(events)}`);
  }
  for (const { id, status } of records.values()) assert.ok(status === 'pending' || byImage.has(id), `${id}: ${status}`);
}

/** Repeats by id are ignored, as by a receiver. */
export function firstTellings(told: readonly ToldEvent[]): readonly ToldEvent[] {
  const seen = new Set<string>();
  return told.filter(({ event_id: id }) => !seen.has(id) && seen.add(id));
}
