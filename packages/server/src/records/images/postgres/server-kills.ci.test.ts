import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { NO_POSTGRES, startPostgres } from '../../../../../../test/servers/postgres.ts';
import { AppError } from '../../../domain/errors.ts';
import { type Image, tombstone } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { beginLog } from '../../events/postgres/begin-log.ts';
import { createEventWrites } from '../../events/postgres/event-writes.ts';
import { createPostgresEventLog } from '../../events/postgres/postgres.ts';
import { createMigratedDatabase } from '../../postgres/migrated-database.fixture.ts';
import { createPostgresUsage } from '../../usage/postgres/usage.ts';
import { createUsageCounts } from '../../usage/postgres/usage-counts.ts';
import type { ImageRepository } from '../image-repository.ts';
import { NOW, samplePending, samplePublished } from '../sample-images.fixture.ts';
import { createPostgresImageRepository } from './postgres.ts';

const KILLS = 4;
const WRITERS = 8;
const OWNERS = ['ada', 'bob'];
const LIMITS = { bytes: null, images: null, pending: 1_000_000 };

/** What a writer knows of an image. */
interface Known {
  /** The last state that was acknowledged; undefined: none. */
  acknowledged: Image | undefined;
  /** States whose answers were lost. */
  readonly lost: Image[];
}

/** Undefined: nobody knows whether it was written. */
async function answered<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof AppError && error.code === 'unavailable') return undefined;
    throw error;
  }
}

/** Makes images, publishes them, and deletes some, until it is told to end. */
async function work(images: ImageRepository, known: Map<ImageId, Known>, isOver: () => boolean): Promise<void> {
  for (let nth = 0; !isOver(); nth += 1) {
    const pending = samplePending({ userId: OWNERS[nth % OWNERS.length] ?? '', tags: ['red', `n${nth % 5}`] });
    const one: Known = { acknowledged: undefined, lost: [] };
    known.set(pending.id, one);
    const ready = samplePublished(pending);
    const states: readonly Image[] = [pending, ready, ...(nth % 3 === 0 ? [tombstone(ready, NOW)] : [])];
    for (const [step, to] of states.entries()) {
      const from = states[step - 1];
      const isWritten = await answered(from ? images.replace(from, to) : images.create(pending));
      if (isWritten === undefined) {
        one.lost.push(to);
        await delay(50);
        break;
      }
      assert.equal(isWritten, true);
      one.acknowledged = to;
    }
  }
}

describe('images in PostgreSQL', { skip: NO_POSTGRES }, () => {
  it('survive kills of the server: what was acknowledged is there, with its counts and events, and nothing half', async () => {
    await using server = await startPostgres();
    await using database = await createMigratedDatabase(server.postgres, { connections: WRITERS });
    const { postgres } = database;
    await beginLog(postgres);
    const counts = createUsageCounts(LIMITS);
    const events = createEventWrites({ now: () => NOW });
    const images = createPostgresImageRepository(postgres, { counts, events });
    const usage = createPostgresUsage(postgres, LIMITS);
    await usage.recount(NOW, () => undefined);
    const known = new Map<ImageId, Known>();
    let isOver = false;
    const writers = Array.from({ length: WRITERS }, () => work(images, known, () => isOver));
    for (let kill = 0; kill < KILLS; kill += 1) {
      await delay(400);
      await server.kill();
      await server.restart();
    }
    await delay(400);
    isOver = true;
    await Promise.all(writers);

    let acknowledged = 0;
    const found = new Map<ImageId, Image>();
    for (const [id, { acknowledged: last, lost }] of known) {
      const stored = await images.get(id);
      if (last) acknowledged += 1;
      const possible = [last, ...lost];
      assert.ok(
        possible.some((one) => isSame(one, stored)),
        `${id}: ${stored?.status}`,
      );
      if (stored) found.set(id, stored);
    }
    assert.ok(acknowledged > WRITERS * KILLS, `${acknowledged} images`);

    const repairs: unknown[] = [];
    await usage.recount(NOW, (repair) => repairs.push(repair));
    assert.deepEqual(repairs, []);
    for (const userId of OWNERS) {
      const ready = [...found.values()].filter((one) => one.userId === userId && one.status === 'ready');
      assert.equal((await usage.usageOf(userId)).byStatus?.ready, ready.length);
    }
    const [row] = await postgres.rows(
      'SELECT count(*), (SELECT count(*) FROM image_tags) FROM captured_rows WHERE name = $1',
      [''],
    );
    const ready = [...found.values()].filter(({ status }) => status === 'ready');
    assert.deepEqual(row, [ready.length, ready.length * 2]);

    const log = createPostgresEventLog(postgres);
    const head = await log.head();
    for (const [shard, until] of head.sequences.entries()) {
      const { events: logged } = await log.read({ shard, after: 0, until, limit: 1_000 });
      assert.deepEqual(
        logged.map(({ sequence }) => sequence),
        Array.from({ length: Math.min(until, 1_000) }, (_, n) => n + 1),
      );
      for (const { imageId, revision } of logged) assert.ok(revision <= (found.get(imageId)?.revision ?? 0));
    }
    const types = await postgres.rows("SELECT count(*) FROM events WHERE status = 'ready'");
    const published = [...found.values()].filter(({ status }) => status === 'ready' || status === 'deleted');
    assert.deepEqual(types, [[published.length]]);
  });
});

const isSame = (one: Image | undefined, other: Image | undefined): boolean =>
  one?.status === other?.status && one?.revision === other?.revision;
