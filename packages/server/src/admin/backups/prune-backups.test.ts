import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newBackupId, objectPath } from '../archive/backup/names.ts';
import type { Target } from '../archive/place/target.ts';
import { createBackedUp } from './backed-up.fixture.ts';
import { keptBackups } from './kept-backups.ts';
import { listBackups } from './list-backups.ts';
import { pruneBackups } from './prune-backups.ts';
import { verifyBackups } from './verify-backup.ts';

describe('the kept backups', () => {
  const idsOf = (...times: readonly string[]) => times.map((time) => newBackupId(new Date(`2026-${time}Z`)));
  const NOW = new Date('2026-11-26T12:00:00.000Z');
  const daysOf = (ids: readonly string[]) => ids.map((id) => `${id.slice(4, 6)}-${id.slice(6, 8)}T${id.slice(9, 11)}`);

  it('are the newest of days and weeks that have one', () => {
    const ids = idsOf(
      ...['11-26T03:00:00', '11-26T01:00:00', '11-25T03:00:00', '11-23T03:00:00', '11-22T03:00:00'],
      ...['11-20T03:00:00', '11-16T03:00:00', '11-15T03:00:00', '10-01T03:00:00', '09-30T03:00:00'],
    );
    assert.deepEqual(daysOf(keptBackups(ids, { keepDaily: 2, keepWeekly: 4 }, NOW)), [
      ...['11-26T03', '11-25T03'],
      ...['11-22T03', '11-15T03', '10-01T03'], // weeks from Monday: 11-23, 11-16, 11-09, 09-28
    ]);
  });

  it('have the newest in any case', () => {
    const ids = idsOf('11-25T03:00:00', '11-26T03:00:00');
    assert.deepEqual(daysOf(keptBackups(ids, { keepDaily: 0, keepWeekly: 0 }, NOW)), ['11-26T03']);
    assert.deepEqual(keptBackups([], { keepDaily: 1, keepWeekly: 1 }, NOW), []);
  });

  it('have the newest beside one that a wrong clock has named', () => {
    const ids = idsOf('11-25T03:00:00', '11-26T03:00:00', '12-31T03:00:00');
    assert.deepEqual(daysOf(keptBackups(ids, { keepDaily: 1, keepWeekly: 0 }, NOW)), ['12-31T03', '11-26T03']);
  });
});

describe('pruning', () => {
  it('removes backups with the objects that only they have, and spares an unfinished one', async () => {
    await using service = await createBackedUp();
    const { target, time, services } = service;
    const old = await service.add();
    const first = await service.backUp();
    await service.remove(old);
    const kept = await service.add();
    time.now = new Date('2026-11-27T12:00:00.000Z');
    const second = await service.backUp();

    const added = await service.add();
    time.now = new Date('2026-11-28T12:00:00.000Z');
    const third = await service.interrupt('finishing');

    const pruned = await pruneBackups(services, { target, keepDaily: 1, keepWeekly: 0 });
    assert.deepEqual(pruned, {
      kept: [second.id],
      removed: [first.id],
      removedObjects: 1,
      removedBytes: old.sizeBytes,
    });
    for (const { sha256 } of [kept, added]) assert(await target.sizeOf(objectPath(sha256)));
    assert.deepEqual((await verifyBackups({ target })).findings, []);
    assert.deepEqual(
      (await listBackups(target)).map(({ id, state }) => ({ id, state })),
      [
        { id: third, state: 'unfinished' },
        { id: second.id, state: 'finished' },
      ],
    );

    const resumed = await service.backUp();
    assert.deepEqual([resumed.id, resumed.copiedObjects], [third, 0]);
    const last = await pruneBackups(services, { target, keepDaily: 1, keepWeekly: 0 });
    assert.deepEqual([last.kept, last.removed, last.removedObjects], [[third], [second.id], 0]);
    assert.deepEqual((await verifyBackups({ target })).findings, []);
  });

  it('spares the first backup of a target while it may be resumed', async () => {
    await using service = await createBackedUp();
    const { target, services } = service;
    const image = await service.add();
    const id = await service.interrupt('finishing');
    const pruned = await pruneBackups(services, { target, keepDaily: 1, keepWeekly: 0 });
    assert.deepEqual([pruned.removed, pruned.removedObjects], [[], 0]);
    assert(await target.sizeOf(objectPath(image.sha256)));
    assert.equal((await service.backUp()).id, id);
  });

  it('that is killed leaves no finished backup without its records', async () => {
    await using service = await createBackedUp();
    const { target, time, services } = service;
    const first = await service.backUp();
    time.now = new Date('2026-11-27T12:00:00.000Z');
    const second = await service.backUp();
    const killed: Target = {
      ...target,
      async delete(paths) {
        await target.delete(paths.slice(0, 1));
        throw new Error('killed');
      },
    };
    await assert.rejects(pruneBackups(services, { target: killed, keepDaily: 1, keepWeekly: 0 }), /killed/);
    const left = (await listBackups(target)).map(({ id, state }) => [id, state]);
    assert.deepEqual(left, [
      [second.id, 'finished'],
      [first.id, 'left'],
    ]);
    const { kept, removed } = await pruneBackups(services, { target, keepDaily: 1, keepWeekly: 0 });
    assert.deepEqual([kept, removed], [[second.id], [first.id]]);
  });

  it('removes nothing while a kept backup is damaged', async () => {
    await using service = await createBackedUp();
    const { target, time, services } = service;
    const image = await service.add();
    await service.backUp();
    time.now = new Date('2026-11-27T12:00:00.000Z');
    const { id } = await service.backUp();
    await target.put(
      `backups/${id}/records.jsonl`,
      (async function* () {
        yield Buffer.from('{}\n');
      })(),
    );
    await assert.rejects(pruneBackups(services, { target, keepDaily: 1, keepWeekly: 0 }), {
      code: 'unavailable',
      detail: /Nothing was removed/,
    });
    assert(await target.sizeOf(objectPath(image.sha256)));
    assert.equal((await listBackups(target)).length, 2);
  });
});
