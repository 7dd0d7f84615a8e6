import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { AppError } from '../../domain/errors.ts';
import { backupPath, objectPath } from '../archive/backup/names.ts';
import { LOCK_PATH, putText, type Target } from '../archive/place/target.ts';
import { createBackedUp } from './backed-up.fixture.ts';
import { verifyBackups } from './verify-backup.ts';

/** A target with every kind of file. */
async function createFilled() {
  const service = await createBackedUp();
  const { time } = service;
  const [gone, kept] = [await service.add(), await service.add(randomBytes(70_000))];
  const erasure = { id: kept.id, userHash: 'ab'.repeat(32), imageIds: [], erasedAt: time.now, blockedUntil: time.now };
  await service.archive.put({ kind: 'erasure', erasure });
  await service.archive.put({ kind: 'erasure-key', key: 'cd'.repeat(32) });
  const made = await service.backUp(
    { secret: 'of the service' },
    service.meanwhile(() => service.remove(gone)),
  );
  time.now = new Date('2026-11-26T13:00:00.000Z');
  await service.add();
  const unfinished = await service.interrupt('originals');
  return { ...service, made, unfinished, kept };
}

describe('verification of a target', () => {
  it('finds one flipped byte in any file', async () => {
    await using filled = await createFilled();
    const { target } = filled;
    const { findings, ids, ...counts } = await verifyBackups({ target });
    assert.deepEqual([findings, ids], [[], [filled.made.id]]);
    assert.deepEqual(counts, { backups: 1, images: 2, objects: 1, readObjects: 1, readBytes: 70_000 });

    const files = await Array.fromAsync(target.list(''));
    assert.equal(files.length, 10, files.map(({ path }) => path).join());
    for (const { path, sizeBytes } of files) {
      const file = join(filled.path, path);
      const at = randomInt(sizeBytes);
      const whole = await readFile(file);
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << randomInt(8));
      await writeFile(file, flipped);
      const found = (await verifyBackups({ target })).findings;
      const isFound = found.some((one) => one.path === path && one.kind === 'damaged');
      assert(isFound, `${path} at ${at}: ${JSON.stringify(found)}`);
      await writeFile(file, whole);
    }
  });

  it('finds what is missing, cut, or of nobody', async () => {
    await using filled = await createFilled();
    const { target, made, kept } = filled;
    const object = objectPath(kept.sha256);
    const records = backupPath(made.id, 'records.jsonl');
    const expectFound = async (kind: string, path: string, sample?: number) => {
      const { findings } = await verifyBackups({ target, sample });
      assert.deepEqual(
        findings.map((one) => [one.kind, one.path]),
        [[kind, path]],
      );
    };
    await writeFile(join(filled.path, object), kept.bytes.subarray(1));
    await expectFound('damaged', object, 1);
    await target.delete([object]);
    await expectFound('missing', object, 1);
    await writeFile(join(filled.path, object), kept.bytes).catch(async () => {
      await target.put(
        object,
        (async function* () {
          yield kept.bytes;
        })(),
      );
    });
    await putText(target, 'objects/ab/stranger', '');
    await expectFound('unknown', 'objects/ab/stranger');
    await target.delete(['objects/ab/stranger']);
    const secret = join(filled.path, backupPath(made.id, 'secret.txt'));
    await rename(secret, `${filled.path}-secret`);
    await expectFound('missing', backupPath(made.id, 'secret.txt'));
    await rename(`${filled.path}-secret`, secret);
    const whole = await readFile(join(filled.path, records));
    await writeFile(join(filled.path, records), whole.subarray(0, whole.indexOf('\n', 200) + 1));
    await expectFound('damaged', records);
  });

  it('finds no fault in an object that came after its group was listed', async () => {
    await using filled = await createFilled();
    const { target, kept } = filled;
    const beside: Target = {
      ...target,
      async *list(prefix) {
        for await (const one of target.list(prefix)) if (one.path !== objectPath(kept.sha256)) yield one;
      },
    };
    assert.deepEqual((await verifyBackups({ target: beside })).findings, []);
  });

  it('finds no fault in a lock that is replaced meanwhile', async () => {
    await using filled = await createFilled();
    const { target } = filled;
    const replaced: Target = { ...target, get: async (path) => (path === LOCK_PATH ? undefined : target.get(path)) };
    assert.deepEqual((await verifyBackups({ target: replaced })).findings, []);
  });

  it('of a sample reads so many objects, and compares the sizes of all', async () => {
    await using filled = await createFilled();
    for (let count = 0; count < 5; count += 1) await filled.add();
    filled.time.now = new Date('2026-11-27T13:00:00.000Z');
    await filled.backUp();
    const { objects, readObjects, findings } = await verifyBackups({ target: filled.target, sample: 3 });
    assert.deepEqual([objects, readObjects, findings], [7, 3, []]);
  });

  it('that is interrupted says so, and takes no object for a damaged one', async () => {
    await using filled = await createFilled();
    const stopping = new AbortController();
    const reason = new AppError('unavailable', 'interrupted');
    const interrupting: Target = {
      ...filled.target,
      async get(path) {
        if (path.startsWith('objects/')) stopping.abort(reason);
        return filled.target.get(path);
      },
    };
    const options = { target: interrupting, sample: 1, signal: stopping.signal };
    await assert.rejects(verifyBackups(options), reason);
  });
});
