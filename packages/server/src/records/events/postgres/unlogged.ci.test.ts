import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { AppError } from '../../../domain/errors.ts';
import type { EventPosition } from '../../../domain/event/event-position.ts';
import { sampleDetails } from '../../../domain/facts/facts.fixture.ts';
import { type ReadyImage, scheduleMaintenance } from '../../../domain/image/image.ts';
import { samplePending, samplePublished } from '../../images/sample-images.fixture.ts';
import { openPostgres } from '../../postgres/database.ts';
import { holdTransaction, untilWaiting } from '../../postgres/lock-waits.fixture.ts';
import { isVoid } from '../void-position.ts';
import { beginLog, isLogBegun } from './begin-log.ts';
import { createUnloggedWrites, type EventWrites } from './event-writes.ts';
import { createPostgresLogHarness, newImageIn } from './postgres-log-harness.fixture.ts';

type Harness = Awaited<ReturnType<typeof createPostgresLogHarness>>;

const MINUTE_MS = 60_000;
const unlogged = createUnloggedWrites();

describe('the beginning and the end of a log in PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  const create = (options = {}) => createPostgresLogHarness(server.postgres, options);

  it('has one id if many processes begin it at once, and goes on when they start again', async () => {
    await using harness = await create({ begins: false });
    await using stack = new AsyncDisposableStack();
    const processes = Array.from({ length: 4 }, () =>
      stack.use(openPostgres({ url: harness.url, connections: 2, prepares: true })),
    );
    assert.equal(await isLogBegun(harness.postgres), false);
    await assert.rejects(harness.log.head(), { code: 'unavailable' });
    await Promise.all(processes.map(beginLog));
    assert.equal(await isLogBegun(harness.postgres), true);
    await addReady(harness);
    const before = await harness.log.head();
    await Promise.all(processes.map(beginLog));
    assert.deepEqual(await harness.log.head(), before);
  });

  it('has nothing of changes before it', async () => {
    await using harness = await create({ begins: false });
    await addReady(harness);
    await beginLog(harness.postgres);
    const { sequences } = await harness.log.head();
    assert.deepEqual(
      sequences,
      sequences.map(() => 0),
    );
  });

  for (const [name, writesOf] of [
    ['logged', ({ events }: Harness) => events],
    ['unlogged', () => unlogged],
  ] as const satisfies readonly (readonly [string, (harness: Harness) => EventWrites])[])
    it(`waits for a change that met no log and could be ${name}, and has the one that follows`, async () => {
      await using harness = await create({ begins: false });
      const { postgres, log } = harness;
      const writes = writesOf(harness);
      const [early, late] = [newImageIn(3), newImageIn(3)];
      await using writer = holdTransaction(postgres, async (transaction, begun) => {
        writes.changed(transaction, undefined, early);
        await transaction.rows('SELECT 1');
        await begun();
      });
      await writer.isHeld;
      const beginning = beginLog(postgres);
      await untilWaiting(postgres, 1);
      const following = postgres.transaction(async (transaction) => writes.changed(transaction, undefined, late));
      await untilWaiting(postgres, 2);
      await assert.rejects(log.head(), { code: 'unavailable' });
      await writer.end();
      await Promise.all([beginning, following]);
      const { sequences, incompleteUntil } = await log.head();
      if (writes === unlogged) assert.ok(incompleteUntil);
      else assert.deepEqual([sequences[3], incompleteUntil], [1, null]);
    });

  it('has another id once it was deleted, and its numbers continue', async () => {
    await using harness = await create();
    const { log, postgres } = harness;
    await addReady(harness);
    const before = await log.head();
    await postgres.change('DELETE FROM event_log');
    await assert.rejects(log.head(), /expected a log of events; got .*EVENTS=on/);
    await addReady(harness);
    await beginLog(postgres);
    const after = await log.head();
    assert.notEqual(after.log, before.log);
    assert.equal(sum(after.sequences), 2);
  });

  it('is incomplete with the commit of a change that is not logged: positions from before are void', async () => {
    await using harness = await create();
    const { log, postgres } = harness;
    const isVoidNow = async (position: EventPosition): Promise<boolean> =>
      isVoid(position, await log.head(), { now: new Date(), days: 7 });
    const place = async (): Promise<EventPosition> => ({ ...(await log.head()), issuedAt: new Date() });
    const early = await place();
    await using writer = holdTransaction(postgres, async (transaction, begun) => {
      unlogged.changed(transaction, undefined, newImageIn(3));
      await transaction.rows('SELECT 1');
      await begun();
    });
    await writer.isHeld;
    const meanwhile = await place();
    for (const position of [early, meanwhile]) assert.equal(await isVoidNow(position), false);
    await writer.end();
    for (const position of [early, meanwhile]) assert.equal(await isVoidNow(position), true);
    const { incompleteUntil, log: id } = await log.head();
    const aheadMs = (incompleteUntil?.getTime() ?? 0) - Date.now();
    assert.ok(MINUTE_MS < aheadMs && aheadMs <= 2 * MINUTE_MS, `expected a mark ahead; got ${aheadMs} ms`);
    assert.equal(id, early.log, 'webhooks continue from their places in it');
  });

  it('is marked once in a minute, and again if the first change was undone', async () => {
    await using harness = await create();
    const { postgres, log } = harness;
    const undone = new AppError('forbidden', 'it is rolled back');
    const failing = postgres.transaction(async (transaction) => {
      unlogged.changed(transaction, undefined, newImageIn(1));
      throw undone;
    });
    await assert.rejects(failing, undone);
    assert.equal((await log.head()).incompleteUntil, null);

    const version = async () => (await postgres.rows('SELECT xmin::text, incomplete_until FROM event_log'))[0];
    await Promise.all(Array.from({ length: 4 }, () => addReady({ images: harness.unlogged })));
    const marked = await version();
    await addReady({ images: harness.unlogged });
    assert.deepEqual(await version(), marked);
    await postgres.change('UPDATE event_log SET incomplete_until = $1', [Date.now() + MINUTE_MS - 1]);
    await addReady({ images: harness.unlogged });
    assert.ok(Number((await version())?.[1]) > Date.now() + MINUTE_MS);
  });

  it('is marked by a change that only its write names, and not by one without an event', async () => {
    await using harness = await create();
    const { unlogged: other, log } = harness;
    const ready = await addReady(harness);
    const maintained = scheduleMaintenance(ready, new Date());
    assert.equal(await other.create(samplePending()), true);
    assert.equal(await other.replace(ready, maintained), true);
    assert.equal((await log.head()).incompleteUntil, null, 'a change without an event leaves nothing out');
    const moved = { ...ready, hasDetails: true, revision: ready.revision + 1 };
    assert.equal(await other.replace(ready, moved, { details: sampleDetails, changedDetails: ['position'] }), true);
    assert.ok((await log.head()).incompleteUntil);
  });
});

async function addReady({ images }: { readonly images: Pick<Harness['images'], 'create' | 'replace'> }) {
  const pending = samplePending();
  const ready: ReadyImage = samplePublished(pending);
  assert.equal(await images.create(pending), true);
  assert.equal(await images.replace(pending, ready), true);
  return ready;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
