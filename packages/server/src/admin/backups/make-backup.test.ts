import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdir, mkdtempDisposable, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { CANNOT_MOUNT, mountMemory } from '../../../test/faults/file-systems.ts';
import { AppError } from '../../domain/errors.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { originalKey, replacementKey } from '../../domain/image/object-key.ts';
import { withBytesOf } from '../../domain/image/replace.ts';
import { NOW, newImageId, sampleHeld, samplePending } from '../../records/images/sample-images.fixture.ts';
import { readErasures } from '../archive/backup/erasures.ts';
import { leftOutLines } from '../archive/backup/left-out.ts';
import { backupPath, objectPath } from '../archive/backup/names.ts';
import { readRecords } from '../archive/backup/records-file.ts';
import { openFolderTarget } from '../archive/place/folder/folder.ts';
import { LOCK_PATH, type Target } from '../archive/place/target.ts';
import { createBackedUp } from './backed-up.fixture.ts';
import { openBackup } from './open-backup.ts';
import { verifyBackups } from './verify-backup.ts';

async function idsIn(target: Target, id: string): Promise<string[]> {
  const source = await target.get(backupPath(id, 'records.jsonl'));
  assert(source);
  const records = await Array.fromAsync(readRecords(source, { backup: id }));
  return records.flatMap(({ record }) => (record.kind === 'image' ? [record.image.id] : [])).toSorted();
}

async function leftOutOf(target: Target, id: string): Promise<string[]> {
  const source = await target.get(backupPath(id, 'left-out.jsonl'));
  assert(source);
  return (await Array.fromAsync(leftOutLines(source))).map((one) => one.id);
}

describe('a backup', () => {
  it('has the records and bytes of stored images, and copies nothing twice', async () => {
    await using service = await createBackedUp();
    const { target, time } = service;
    const shared = randomBytes(5_000);
    const images = [await service.add(), await service.add(shared), await service.add(shared)];
    await service.archive.put({ kind: 'image', image: samplePending() });

    const first = await service.backUp();
    assert.equal(first.isResumed, false);
    assert.deepEqual([first.copiedObjects, first.faults, first.manifest.counts.images], [2, [], 3]);
    assert.equal(first.manifest.originalBytes, 11_000);
    assert.deepEqual(await idsIn(target, first.id), images.map(({ id }) => id).toSorted());
    for (const { sha256, bytes } of images) {
      const file = await readFile(join(service.path, objectPath(sha256)));
      assert(file.equals(bytes));
    }
    assert.equal(await service.coordination.bookmark('backup-ended'), '2026-11-26T12:00:00.000Z');

    time.now = new Date('2026-11-26T13:00:00.000Z');
    await service.add();
    const second = await service.backUp();
    assert.deepEqual([second.copiedObjects, second.manifest.counts.images], [1, 4]);
    assert.deepEqual((await verifyBackups({ target })).findings, []);
    assert.deepEqual(await readdir(service.dataDir).then((names) => names.filter((one) => /backup/.test(one))), []);
  });

  it('has the secret only if it is asked for', async () => {
    await using service = await createBackedUp();
    const without = await service.backUp();
    const secret = 'not for everyone, and long enough';
    const withIt = await service.backUp({ secret });
    assert.deepEqual([without.manifest.hasSecret, withIt.manifest.hasSecret], [false, true]);
    assert.equal(await service.target.sizeOf(backupPath(without.id, 'secret.txt')), undefined);
    const source = await service.target.get(backupPath(withIt.id, 'secret.txt'));
    assert(source && (await text(source)).startsWith(`${secret}\n`));
  });

  it('keeps the erasures beside all backups', async () => {
    await using service = await createBackedUp();
    const { target, time } = service;
    const { id } = await service.add();
    const erasure = { id, userHash: 'ab'.repeat(32), imageIds: [id], erasedAt: time.now, blockedUntil: time.now };
    await service.archive.put({ kind: 'erasure', erasure });
    await service.archive.put({ kind: 'erasure-key', key: 'cd'.repeat(32) });
    const { manifest } = await service.backUp();
    assert.equal(manifest.counts.erasures, 1);
    assert.deepEqual(
      (await Array.fromAsync(target.list('erasures/'))).map(({ path }) => path),
      [`erasures/${id}.json`],
    );
    assert.deepEqual((await verifyBackups({ target })).findings, []);
  });
});

describe('a target with files of others', () => {
  it('is told by name, and works; a damaged file of erasures is told too, unless the service writes it again', async () => {
    await using service = await createBackedUp();
    const { sha256 } = await service.add();
    const { id, foreignCount, damagedErasuresCount } = await service.backUp();
    assert.deepEqual([foreignCount, damagedErasuresCount], [0, 0]);
    const foreign = [
      'Thumbs.db',
      '.DS_Store',
      'objects/.DS_Store',
      `${objectPath(sha256)}.bak`,
      'objects/Thumbs.db',
      'backups/.DS_Store',
      `backups/${id}/manifest.json.bak`,
      `backups/${id}/.DS_Store`,
      'erasures/Thumbs.db',
      'erasures/.DS_Store',
    ];
    await mkdir(join(service.path, 'erasures'));
    for (const path of foreign) await writeFile(join(service.path, path), 'of a file manager');
    const erasureId = newImageId();
    const damaged = `erasures/${erasureId}.json`;
    await writeFile(join(service.path, damaged), 'cut');

    service.time.now = new Date('2026-11-26T13:00:00.000Z');
    const made = await service.backUp();
    assert.deepEqual([made.foreign.toSorted(), made.foreignCount], [foreign.toSorted(), foreign.length]);
    assert.deepEqual([made.damagedErasures, made.damagedErasuresCount], [[damaged], 1]);
    await assert.rejects(Array.fromAsync(readErasures(service.target)), {
      name: 'TypeError',
      message: new RegExp(`in ${damaged}; got other bytes: bring the file back from a copy .* repeat user delete`),
    });

    const at = service.time.now;
    await service.erasures.addKey('cd'.repeat(32));
    const erasure = { id: erasureId, userHash: 'ab'.repeat(32), imageIds: [], erasedAt: at, blockedUntil: at };
    await service.erasures.add(erasure);
    service.time.now = new Date('2026-11-26T14:00:00.000Z');
    assert.equal((await service.backUp()).damagedErasuresCount, 0);
    assert.deepEqual(
      (await Array.fromAsync(readErasures(service.target))).map((one) => one.erasure),
      [erasure],
    );
    assert.equal((await openBackup(service.target, undefined)).manifest.endedAt, '2026-11-26T14:00:00.000Z');
  });

  it('has the first of many named', async () => {
    await using service = await createBackedUp();
    await service.add();
    for (let nth = 0; nth < 120; nth += 1) await writeFile(join(service.path, `${nth}.bak`), '');
    const made = await service.backUp();
    assert.deepEqual([made.foreign.length, made.foreignCount], [100, 120]);
  });
});

describe('a deletion of a user since the records were read', () => {
  const erasureOf = (service: Awaited<ReturnType<typeof createBackedUp>>) => ({
    id: newImageId(service.time.now),
    userHash: 'ab'.repeat(32),
    imageIds: [],
    erasedAt: service.time.now,
    blockedUntil: service.time.now,
  });
  const toldOf = async ({ target }: Awaited<ReturnType<typeof createBackedUp>>) =>
    (await Array.fromAsync(readErasures(target))).map(({ erasure }) => erasure);

  it('is told to the target of a backup that is resumed', async () => {
    await using service = await createBackedUp();
    await service.add();
    await service.interrupt('originals');
    const erasure = erasureOf(service);
    await service.erasures.addKey('cd'.repeat(32));
    await service.erasures.add(erasure);
    assert.equal((await service.backUp()).isResumed, true);
    assert.deepEqual(await toldOf(service), [erasure]);
    assert.deepEqual((await verifyBackups({ target: service.target })).findings, []);
  });

  it('is told to the target if originals are being copied', async () => {
    await using service = await createBackedUp();
    await service.add();
    const erasure = erasureOf(service);
    await service.erasures.addKey('cd'.repeat(32));
    const get: typeof service.objects.get = async (...call) => {
      await service.erasures.add(erasure);
      return service.objects.get(...call);
    };
    await service.backUp({}, { objects: { ...service.objects, get } });
    assert.deepEqual(await toldOf(service), [erasure]);
  });
});

it('leaves out and names the record of an image that no backup could bring back', async () => {
  await using service = await createBackedUp();
  const sound = await service.add();
  const { id } = await service.add(undefined, (ready) => ({ ...ready, sizeBytes: -1 }));
  const { faults, id: backup } = await service.backUp();
  assert.deepEqual(
    faults.map(({ kind, imageId }) => [kind, imageId]),
    [['unreadable-record', id]],
  );
  assert.match(faults[0]?.detail ?? '', /^The record of image \S+ can't be read: .* in image\.sizeBytes/);
  assert.deepEqual(await idsIn(service.target, backup), [sound.id]);
});

describe('an image that changes while it is backed up', () => {
  it('is left out and counted if it was deleted', async () => {
    await using service = await createBackedUp();
    const shared = randomBytes(100);
    const [kept, gone, alike, other] = [
      await service.add(),
      await service.add(),
      await service.add(shared),
      await service.add(shared),
    ];
    const made = await service.backUp(
      {},
      service.meanwhile(async () => {
        await service.remove(gone);
        await service.remove(alike);
      }),
    );
    assert.deepEqual(made.manifest.counts, {
      images: 4,
      keys: 0,
      limits: 0,
      tokenCounts: 0,
      erasures: 0,
      leftOut: 2,
      lost: 0,
    });
    assert.deepEqual((await leftOutOf(service.target, made.id)).toSorted(), [gone.id, alike.id].toSorted());
    for (const { sha256 } of [kept, other]) assert(await service.target.sizeOf(objectPath(sha256)));
    assert.deepEqual((await verifyBackups({ target: service.target })).findings, []);
  });

  it('is left out if it is deleted while its bytes are read', async () => {
    await using service = await createBackedUp();
    const image = await service.add();
    const get = async () => {
      await service.remove(image);
      throw new Error('the connection was cut');
    };
    const made = await service.backUp({}, { objects: { ...service.objects, get } });
    assert.deepEqual([made.faults, made.manifest.counts.leftOut], [[], 1]);
  });

  it('is left out if its bytes were replaced, and the former ones are gone', async () => {
    await using service = await createBackedUp();
    const image = await service.add();
    const other = await service.add();
    const made = await service.backUp(
      {},
      service.meanwhile(async () => {
        const before = await service.images.get(image.id);
        assert(before?.status === 'ready');
        const upload = { ...sampleHeld(samplePending({ userId: before.userId })), sha256: other.sha256 };
        const objectKey = replacementKey(before, upload);
        await service.putObject(objectKey, other.bytes);
        const next = withBytesOf(before, upload, { objectKey, objectTag: null, maintainAt: null, at: NOW });
        assert(await service.images.replace(before, next));
        await service.objects.delete([image.objectKey]);
      }),
    );
    assert.deepEqual([made.faults, made.manifest.counts.leftOut], [[], 1]);
    assert.deepEqual((await verifyBackups({ target: service.target })).findings, []);
  });

  it('is copied from its new place if it was moved', async () => {
    await using service = await createBackedUp();
    const image = await service.add();
    const made = await service.backUp(
      {},
      service.meanwhile(async () => {
        const objectKey = originalKey(image, 'another-attempt');
        await service.putObject(objectKey, image.bytes);
        const before = await service.images.get(image.id);
        assert(before?.status === 'ready');
        assert(await service.images.replace(before, { ...before, objectKey }));
        await service.objects.delete([image.objectKey]);
      }),
    );
    assert.deepEqual([made.faults, made.manifest.counts.leftOut], [[], 0]);
    assert.equal(await service.target.sizeOf(objectPath(image.sha256)), image.sizeBytes);
  });

  it('is left out if its bytes are missing or others, and told each time until that is mended', async () => {
    await using service = await createBackedUp();
    const [missing, damaged, sound] = [await service.add(), await service.add(), await service.add()];
    await service.objects.delete([missing.objectKey]);
    await service.putObject(damaged.objectKey, randomBytes(damaged.sizeBytes));
    const made = await service.backUp();
    assert.deepEqual(
      made.faults
        .map(({ imageId, kind }) => ({ imageId, kind }))
        .toSorted((one, other) => one.kind.localeCompare(other.kind)),
      [
        { imageId: damaged.id, kind: 'damaged' },
        { imageId: missing.id, kind: 'missing' },
      ],
    );
    assert.deepEqual([made.manifest.counts.images, made.manifest.counts.lost], [3, 2]);
    assert.deepEqual((await leftOutOf(service.target, made.id)).toSorted(), [missing.id, damaged.id].toSorted());
    assert.equal(await service.target.sizeOf(objectPath(damaged.sha256)), undefined);
    assert(await service.target.sizeOf(objectPath(sound.sha256)));
    assert.deepEqual((await verifyBackups({ target: service.target })).findings, []);

    await service.remove(missing);
    await service.putObject(damaged.objectKey, damaged.bytes);
    const again = await service.backUp();
    assert.deepEqual([again.isResumed, again.copiedObjects, again.faults], [false, 1, []]);
    assert.equal(again.manifest.counts.lost, 0);

    await service.objects.delete([damaged.objectKey]);
    const { faults, saved } = await service.backUp(); // the target has its bytes from before
    assert.deepEqual([faults, saved.map(({ imageId }) => imageId)], [[], [damaged.id]]);
  });

  it('ends the backup if so many are missing that it may be another store', async () => {
    await using service = await createBackedUp();
    for (let count = 0; count < 20; count += 1) await service.objects.delete([(await service.add()).objectKey]);
    await assert.rejects(service.backUp(), { code: 'unavailable', message: /20 faults in a row/ });
    assert.equal(await service.coordination.bookmark('backup-ended'), undefined);
  });

  it('is told and left out, however many are missing, if the store has others', async () => {
    await using service = await createBackedUp();
    await service.add();
    assert.deepEqual((await service.backUp()).faults, []);
    for (let count = 0; count < 25; count += 1) await service.objects.delete([(await service.add()).objectKey]);
    const made = await service.backUp();
    assert.deepEqual([made.faults.length, made.manifest.counts.lost, made.manifest.counts.images], [25, 25, 26]);
  });

  it('is copied after all others if the store could not read it at first', async () => {
    await using service = await createBackedUp();
    for (let count = 0; count < 5; count += 1) await service.add();
    const failed = new Set<string>();
    const get: typeof service.objects.get = async (key, options) => {
      if (failed.has(key)) return service.objects.get(key, options);
      failed.add(key);
      throw new AppError('unavailable', 'expected the store to accept the request; got a request to slow down');
    };
    const made = await service.backUp({}, { objects: { ...service.objects, get } });
    assert.deepEqual([made.faults, made.copiedObjects], [[], 5]);
  });

  it('ends the backup if the store can read none, though they are few', async () => {
    await using service = await createBackedUp();
    for (let count = 0; count < 5; count += 1) await service.add();
    const away = new AppError('unavailable', 'expected the store to answer; got no answer');
    await assert.rejects(
      service.backUp({}, { objects: { ...service.objects, get: () => Promise.reject(away) } }),
      away,
    );
    assert.equal((await service.backUp()).isResumed, true);
  });
});

describe('the record of an image that the service cannot read', () => {
  it('is left out and told, also by a backup that is resumed', async () => {
    await using service = await createBackedUp();
    const [spoiled, sound] = [await service.add(), await service.add()];
    service.spoil(spoiled);
    const id = await service.interrupt('originals');
    const resumed = await service.backUp();
    assert.deepEqual([resumed.id, resumed.isResumed], [id, true]);
    service.time.now = new Date(service.time.now.getTime() + 1_000);
    for (const made of [resumed, await service.backUp()]) {
      const [fault, ...others] = made.faults;
      assert.deepEqual([fault?.kind, fault?.imageId, others], ['unreadable-record', spoiled.id, []]);
      assert.match(fault?.detail ?? '', /^The record of image \S+ can't be read: .*JSON/);
      assert.deepEqual([made.manifest.counts.images, made.manifest.counts.lost], [1, 0]);
      assert.deepEqual(await leftOutOf(service.target, made.id), [spoiled.id]);
      assert.deepEqual(await idsIn(service.target, made.id), [sound.id]);
    }
    assert.deepEqual((await verifyBackups({ target: service.target })).findings, []);
  });

  it('is damage of the database if not even its id is one', async () => {
    await using service = await createBackedUp();
    const sound = await service.add();
    const { archive } = service.services;
    const all: typeof archive.all = async function* ({ onUnreadable, ...options } = {}) {
      onUnreadable?.('0198c0a0-qqqq' as ImageId, new TypeError('spoiled'));
      yield* archive.all({ ...options, ...(onUnreadable && { onUnreadable }) });
    };
    const { faults, damage, id } = await service.backUp({}, { archive: { ...archive, all } });
    assert.deepEqual([faults, damage.length], [[], 1]);
    assert.match(damage[0] ?? '', /0198c0a0-qqqq can't be read: spoiled/);
    assert.deepEqual(await idsIn(service.target, id), [sound.id]);
  });

  it('ends the backup if a newer version wrote it, or if there are too many', async () => {
    await using service = await createBackedUp();
    const newer = new AppError('unavailable', 'of a newer version', { isOfNewerVersion: true });
    for (const [count, error, says] of [
      [1, newer, /^The record of image \S+: of a newer version$/],
      [101, new TypeError('spoiled'), /^The record of image \S+ can't be read: spoiled$/],
    ] as const) {
      const archive: typeof service.services.archive = {
        async *all({ onUnreadable } = {}) {
          for (let nth = 0; nth < count; nth += 1) onUnreadable?.(newImageId(), error);
          yield [];
        },
      };
      await assert.rejects(service.backUp({}, { archive }), (got) => got instanceof AppError && says.test(got.detail));
    }
  });
});

describe('an interrupted backup', () => {
  it('is resumed with its records, within half a day', async () => {
    await using service = await createBackedUp();
    for (let count = 0; count < 40; count += 1) await service.add();
    const stopping = new AbortController();
    const stopped = service.backUp({
      signal: stopping.signal,
      onProgress: ({ copiedObjects }) => copiedObjects >= 5 && stopping.abort(new RangeError('stopped')),
    });
    await assert.rejects(stopped, RangeError);
    const late = await service.add();
    const resumed = await service.backUp();
    assert.equal(resumed.isResumed, true);
    assert(resumed.copiedObjects < 36, `expected fewer than 36 copies; got ${resumed.copiedObjects}`);
    assert.equal(resumed.manifest.counts.images, 40);
    assert.equal((await idsIn(service.target, resumed.id)).includes(late.id), false);

    const again = new AbortController();
    const onProgress = () => again.abort(new RangeError('stopped'));
    await assert.rejects(
      service.backUp({ signal: again.signal, onProgress: ({ phase }) => phase === 'originals' && onProgress() }),
      RangeError,
    );
    service.time.now = new Date('2026-11-27T00:00:00.000Z');
    const anew = await service.backUp();
    assert.deepEqual([anew.isResumed, anew.manifest.counts.images], [false, 41]);
    assert.deepEqual((await verifyBackups({ target: service.target })).findings, []);
  });

  it('writes no more to the target once another process has its lock', async () => {
    await using service = await createBackedUp();
    await service.add();
    const onProgress = ({ phase }: { readonly phase: string }): void => {
      if (phase !== 'finishing') return;
      service.time.now = new Date('2026-11-26T12:01:00.000Z');
      writeFileSync(join(service.path, LOCK_PATH), 'of another process');
    };
    await assert.rejects(service.backUp({ onProgress }), { detail: /^Another process has taken over the lock/ });
    const files = (await Array.fromAsync(service.target.list('backups/'))).map(({ path }) => path.split('/')[2]);
    assert.deepEqual(files, ['records.jsonl']);
  });

  it('is begun again if its records are damaged', async () => {
    await using service = await createBackedUp();
    await service.add();
    const made = await service.interrupt('originals');
    const path = join(service.path, backupPath(made, 'records.jsonl'));
    const file = await readFile(path);
    file[100] = (file[100] ?? 0) ^ 1;
    await writeFile(path, file);
    const again = await service.backUp();
    assert.notEqual(again.id, made);
    assert.deepEqual([again.isResumed, again.manifest.counts.images], [false, 1]);
  });

  it('whose target goes away says so, and is resumed once it is back', async () => {
    await using service = await createBackedUp();
    for (let count = 0; count < 40; count += 1) await service.add();
    let isAway = false;
    const onProgress = ({ copiedObjects }: { readonly copiedObjects: number }): void => {
      if (copiedObjects < 5 || isAway) return;
      isAway = true;
      void rename(service.path, `${service.path}-away`);
    };
    await assert.rejects(service.backUp({ onProgress, bytesPerSecond: 400_000 }), {
      code: 'unavailable',
      detail: /^The target .* is gone/,
    });
    await rename(`${service.path}-away`, service.path);
    service.time.now = new Date('2026-11-26T12:10:00.000Z'); // the lock could not be released
    const resumed = await service.backUp();
    assert.deepEqual([resumed.isResumed, resumed.manifest.counts.images], [true, 40]);
    assert.deepEqual((await verifyBackups({ target: service.target })).findings, []);
  });
});

describe('a backup to a disk that fills up', { skip: CANNOT_MOUNT }, () => {
  it('says so, and is resumed once there is space', async () => {
    await using service = await createBackedUp();
    for (let count = 0; count < 30; count += 1) await service.add(randomBytes(500_000));
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-full-'));
    const path = join(folder.path, 'disk');
    await using _ = await mountMemory(path, 24);
    const target = await openFolderTarget({ name: '/mnt/full', path });
    await assert.rejects(service.backUp({ target }), {
      code: 'insufficient-storage',
      detail: /^The target \/mnt\/full is full: expected /,
    });
    assert.deepEqual(await readdir(join(path, 'tmp')), []);
    await promisify(execFile)('mount', ['-o', 'remount,size=60m', path]);
    const resumed = await service.backUp({ target });
    assert.deepEqual([resumed.isResumed, resumed.manifest.counts.images], [true, 30]);
    assert(resumed.copiedObjects < 30, `expected fewer than 30 copies; got ${resumed.copiedObjects}`);
  });
});
