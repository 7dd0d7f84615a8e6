import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { backupPath } from '../../src/archive/backup/names.ts';
import { sealed } from '../../src/archive/sealed.ts';
import { LOCK_PATH, putText, readText } from '../../src/archive/target/target.ts';
import { createBackedUp } from '../../src/operations/backups/backed-up.fixture.ts';

describe('an interrupted backup', () => {
  it('of another machine is resumed at once, and keeps no secret that is no longer asked for', async () => {
    await using service = await createBackedUp();
    await service.add();
    const stopping = new Error('stopped');
    const onProgress = ({ phase }: { readonly phase: string }): void => {
      if (phase === 'finishing') throw stopping;
    };
    let held = '';
    const readLock = async () => {
      held = (await readText(service.target, LOCK_PATH)) ?? '';
    };
    await assert.rejects(service.backUp({ onProgress }, service.meanwhile(readLock)), stopping);
    const lock = { ...JSON.parse(held.split('\n')[0] ?? ''), place: 'another machine' };
    await writeFile(join(service.path, LOCK_PATH), sealed(`${JSON.stringify(lock)}\n`));
    const [id = ''] = await readdir(join(service.path, 'backups'));
    await putText(service.target, backupPath(id, 'secret.txt'), 'of the first run');
    const resumed = await service.backUp();
    assert.deepEqual([resumed.id, resumed.isResumed], [id, true]);
    assert.equal(await service.target.sizeOf(backupPath(id, 'secret.txt')), undefined);
  });

  it('of a clock that was wrong is not resumed', async () => {
    await using service = await createBackedUp();
    await service.add();
    service.time.now = new Date('2036-11-26T12:00:00.000Z');
    await service.interrupt('originals');
    service.time.now = new Date('2026-11-26T12:00:00.000Z');
    assert.equal((await service.backUp()).isResumed, false);
  });
});
