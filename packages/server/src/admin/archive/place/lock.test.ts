import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sealed } from '../sealed.ts';
import { openFolderTarget } from './folder/folder.ts';
import { lockTarget } from './lock.ts';
import { LOCK_PATH, readText, type Target } from './target.ts';

async function createHarness() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-lock-'));
  const target = await openFolderTarget({ name: '/backups', path: folder.path });
  const time = { now: new Date('2026-11-26T12:00:00Z') };
  const clock = { now: () => time.now };
  /** As a process of another machine wrote it. */
  const foreign = (work: string, until: string) =>
    writeFile(
      join(folder.path, LOCK_PATH),
      sealed(`${JSON.stringify({ work, holder: 'h', place: 'other 1', pid: 1, until })}\n`),
    );
  return { target, time, clock, foreign, path: folder.path, [Symbol.asyncDispose]: () => folder.remove() };
}

const isLocked = { code: 'unavailable', detail: /^The target \/backups is locked by / };
const IN_TIME = '2026-11-26T12:09:00.000Z';

describe('the lock of a target', () => {
  it('is held once, and free after its end', async () => {
    await using harness = await createHarness();
    const { target, clock } = harness;
    {
      await using lock = await lockTarget(target, { work: 'one', clock });
      await assert.rejects(lockTarget(target, { work: 'two', clock }), isLocked);
      await assert.rejects(lockTarget(target, { work: 'one', clock }), isLocked); // our own process lives
      await lock.confirm();
    }
    await using _ = await lockTarget(target, { work: 'two', clock });
  });

  it('of another machine holds until its lease ends, but not against the resume of the same work', async () => {
    await using harness = await createHarness();
    const { target, clock, time } = harness;
    await harness.foreign('one', IN_TIME);
    await assert.rejects(lockTarget(target, { work: 'two', clock }), isLocked);
    {
      await using _ = await lockTarget(target, { work: 'one', clock });
    }
    await harness.foreign('one', IN_TIME);
    time.now = new Date('2026-11-26T12:09:01Z');
    await using _ = await lockTarget(target, { work: 'two', clock });
  });

  it('of a process that was killed on this machine, or while it wrote, is free', async () => {
    await using harness = await createHarness();
    const { target, clock } = harness;
    {
      await using _ = await lockTarget(target, { work: 'one', clock });
      const text = await readText(target, LOCK_PATH);
      const dead = JSON.parse(text?.split('\n')[0] ?? '');
      await writeFile(join(harness.path, LOCK_PATH), sealed(`${JSON.stringify({ ...dead, pid: 4_194_305 })}\n`));
    }
    {
      await using _ = await lockTarget(target, { work: 'two', clock });
    }
    await writeFile(join(harness.path, LOCK_PATH), '{"wo');
    await using _ = await lockTarget(target, { work: 'two', clock });
  });

  it('of another machine with the same name, or of another boot, is none of this machine', async () => {
    await using harness = await createHarness();
    const { target, clock } = harness;
    await using _ = await lockTarget(target, { work: 'one', clock });
    const own = JSON.parse((await readText(target, LOCK_PATH))?.split('\n')[0] ?? '');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const place = own.place.replace(boot, 'another boot');
    await writeFile(join(harness.path, LOCK_PATH), sealed(`${JSON.stringify({ ...own, place, pid: 4_194_305 })}\n`));
    await assert.rejects(lockTarget(target, { work: 'two', clock }), isLocked);
  });

  it('is renewed by a confirmation, which fails once another process has it', async () => {
    await using harness = await createHarness();
    const { clock, time } = harness;
    let isLost = false;
    const target: Target = {
      ...harness.target,
      async replace(...args) {
        const isReplaced = await harness.target.replace(...args);
        if (isLost) throw new RangeError('the answer was lost');
        return isReplaced;
      },
    };
    await using lock = await lockTarget(target, { work: 'one', clock });
    time.now = new Date('2026-11-26T12:08:00Z');
    await lock.confirm();
    time.now = new Date('2026-11-26T12:17:00Z');
    assert.match((await readText(target, LOCK_PATH)) ?? '', /12:18:00/);
    await lock.confirm();
    isLost = true;
    time.now = new Date('2026-11-26T12:17:30Z');
    await assert.rejects(lock.confirm(), RangeError);
    isLost = false;
    time.now = new Date('2026-11-26T12:17:45Z');
    await lock.confirm();
    await harness.foreign('one', '2026-11-26T12:27:00.000Z');
    time.now = new Date('2026-11-26T12:18:00Z');
    await assert.rejects(lock.confirm(), { code: 'unavailable', detail: /has taken over the lock/ });
    assert.equal(lock.lost.aborted, true);
    await lock[Symbol.asyncDispose]();
    assert.match((await readText(target, LOCK_PATH)) ?? '', /"other 1"/);
  });
});
