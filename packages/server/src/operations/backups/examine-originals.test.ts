import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { objectPath } from '../../archive/backup/names.ts';
import { AppError } from '../../domain/errors.ts';
import { originalKey } from '../../domain/image/object-key.ts';
import { newImageId } from '../../image-repository/sample-images.fixture.ts';
import { createBackedUp } from './backed-up.fixture.ts';
import { MAX_SAVED } from './examine-originals.ts';
import { readShare } from './read-share.ts';
import { verifyBackups } from './verify-backup.ts';

type BackedUp = Awaited<ReturnType<typeof createBackedUp>>;

const HOUR_MS = 3_600_000;
const ALL = { share: 1 };

const later = (service: BackedUp, ms = HOUR_MS): void => {
  service.time.now = new Date(service.time.now.getTime() + ms);
};

/** Of as many bytes. */
async function spoilFile(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(path, bytes);
}

const originalOf = (service: BackedUp, { objectKey }: { readonly objectKey: string }): string =>
  join(service.dataDir, 'objects', objectKey);
const targetOf = (service: BackedUp, { sha256 }: { readonly sha256: string }): string =>
  join(service.path, objectPath(sha256));

const idsAndKinds = (faults: readonly { readonly imageId: string; readonly kind: string }[]) =>
  faults.map(({ imageId, kind }) => `${kind} ${imageId}`).toSorted();

describe('a backup whose target has all originals', () => {
  it('names those that the service has lost since, and keeps them in the backup', async () => {
    await using service = await createBackedUp();
    const [missing, cut, spoiled] = [await service.add(), await service.add(), await service.add()];
    const shared = randomBytes(100);
    const [alike, other] = [await service.add(shared), await service.add(shared)];
    await service.backUp();
    later(service);
    await service.objects.delete([missing.objectKey, alike.objectKey]);
    await appendFile(originalOf(service, cut), 'more');
    await spoilFile(originalOf(service, spoiled));

    const bySize = [`damaged ${cut.id}`, `missing ${missing.id}`, `missing ${alike.id}`].toSorted();
    const made = await service.backUp({ share: 0 });
    assert.deepEqual([made.copiedObjects, made.faults, made.savedCount], [0, [], 3]);
    assert.deepEqual(idsAndKinds(made.saved), bySize);
    assert.deepEqual([made.manifest.counts.lost, made.manifest.counts.images], [0, 5]);

    later(service);
    const all = await service.backUp(ALL);
    assert.deepEqual(idsAndKinds(all.saved), [...bySize, `damaged ${spoiled.id}`].toSorted());
    assert(!JSON.stringify(all.saved).includes(other.id));
    assert.deepEqual((await verifyBackups({ target: service.target })).findings, []);
  });

  it('finds nothing wrong with images that are deleted or moved meanwhile', async () => {
    await using service = await createBackedUp();
    const [gone, moved] = [await service.add(), await service.add()];
    await service.backUp();
    later(service);
    const made = await service.backUp(
      ALL,
      service.meanwhile(async () => {
        await service.remove(gone);
        const objectKey = originalKey(moved, 'another-attempt');
        await service.putObject(objectKey, moved.bytes);
        const before = await service.images.get(moved.id);
        assert(before?.status === 'ready');
        assert(await service.images.replace(before, { ...before, objectKey }));
        await service.objects.delete([moved.objectKey]);
      }),
    );
    assert.deepEqual([made.faults, made.saved, made.healed], [[], [], []]);
  });

  it('stores a damaged file of the target again, from a sound original', async () => {
    await using service = await createBackedUp();
    const [spoiled, cut, sound] = [await service.add(), await service.add(), await service.add()];
    await service.backUp();
    later(service);
    await spoilFile(targetOf(service, spoiled));
    await writeFile(targetOf(service, cut), '');
    const made = await service.backUp(ALL);
    assert.deepEqual([made.healed, made.faults, made.saved], [[objectPath(spoiled.sha256)], [], []]);
    for (const image of [spoiled, cut, sound])
      assert.equal(hash('sha256', await readFile(targetOf(service, image))), image.sha256);
    assert.deepEqual((await verifyBackups({ target: service.target })).findings, []);
  });

  it('counts an original as lost if both files are damaged', async () => {
    await using service = await createBackedUp();
    const [spoiled] = [await service.add(), await service.add()];
    await service.backUp();
    later(service);
    await spoilFile(originalOf(service, spoiled));
    await spoilFile(targetOf(service, spoiled));
    const made = await service.backUp(ALL);
    assert.deepEqual([idsAndKinds(made.faults), made.saved, made.healed], [[`damaged ${spoiled.id}`], [], []]);
    assert.equal(made.manifest.counts.lost, 1);
  });

  it('ends unfinished if the store has none of them: it may be another one', async () => {
    await using service = await createBackedUp();
    const images = [];
    for (let count = 0; count < 20; count += 1) images.push(await service.add());
    await service.backUp();
    later(service);
    await service.objects.delete(images.map(({ objectKey }) => objectKey));
    await assert.rejects(service.backUp(), { code: 'unavailable', message: /20 faults in a row/ });
  });

  it('is finished, and says so, if the store can not be listed', async () => {
    await using service = await createBackedUp();
    await service.add();
    await service.backUp();
    later(service);
    const list = () => {
      throw new AppError('unavailable', 'expected the store to answer; got no answer');
    };
    const made = await service.backUp(ALL, { objects: { ...service.services.objects, list } });
    assert.equal(made.notCompared, 'expected the store to answer; got no answer');
    assert.deepEqual([made.faults, made.savedCount, made.manifest.counts.images], [[], 0, 1]);
  });

  it('keeps the first of many lost ones, and counts the rest', async () => {
    await using service = await createBackedUp();
    const [one, other] = [await service.add(), await service.add()];
    const [sound, lost] = one.sha256 < other.sha256 ? [one, other] : [other, one]; // samples begin with the first hashes
    await service.backUp();
    later(service);
    const records = Array.from({ length: MAX_SAVED + 2 }, () => {
      const { bytes: _, ...image } = { ...lost, id: newImageId() };
      return { ...image, objectKey: originalKey(image, 'attempt') };
    });
    const byId = new Map(records.map((image) => [image.id, image]));
    const archive: typeof service.services.archive = {
      async *all(options) {
        yield* service.archive.all(options);
        yield records.map((image) => ({ kind: 'image', image }) as const);
      },
    };
    const images: typeof service.services.images = { get: async (id) => byId.get(id) ?? service.images.get(id) };
    const made = await service.backUp({ share: 0 }, { archive, images });
    assert.deepEqual([made.saved.length, made.savedCount, made.faults], [MAX_SAVED, MAX_SAVED + 2, []]);
    assert(!JSON.stringify(made.saved).includes(sound.id));
  });
});

describe('the originals that backups read', () => {
  const places = Array.from({ length: 1_000 }, (_, number) => hash('sha256', `${number}`));
  const start = new Date('2026-11-26T03:15:00.000Z').getTime();

  /** How often each is read by backups at these hours. */
  function readsAt(hours: readonly number[], share: number): readonly number[] {
    const reads = new Array<number>(places.length).fill(0);
    for (const [index, hour] of hours.entries()) {
      const before = hours[index - 1];
      const since = before === undefined ? undefined : new Date(start + before * HOUR_MS);
      const isRead = readShare({ share, since, now: new Date(start + hour * HOUR_MS) });
      for (const [place, sha256] of places.entries()) if (isRead(sha256)) reads[place] = (reads[place] ?? 0) + 1;
    }
    return reads;
  }

  const each = (count: number, hours: number): number[] => Array.from({ length: count }, (_, nth) => nth * hours);

  for (const [rhythm, hours] of [
    ['nightly', each(30, 24)],
    ['weekly', each(6, 7 * 24)],
    ['every two hours', each(15 * 24, 2)],
    ['on odd days', [0, 30, 31, 80, 200, 300, 301, 650, 700, 719]],
  ] as const)
    it(`are all read within 30 days: ${rhythm}`, () => {
      const reads = readsAt(hours, 1 / 30);
      assert.deepEqual([Math.min(...reads) >= 1, Math.max(...reads) <= 2], [true, true]);
    });

  it('are a thirtieth each night, none or all if that is wanted, and a day of them after a clock that went back', () => {
    const count = (share: number, since: Date | undefined): number => {
      const isRead = readShare({ share, since, now: new Date(start) });
      return places.filter(isRead).length;
    };
    const [yesterday, tomorrow] = [new Date(start - 24 * HOUR_MS), new Date(start + 24 * HOUR_MS)];
    for (const since of [undefined, yesterday, tomorrow]) {
      const read = count(1 / 30, since);
      assert(read > 10 && read < 60, `${read}`);
      assert.deepEqual([count(0, since), count(1, since)], [0, places.length]);
    }
    assert.equal(count(1, new Date(start)), places.length);
    assert.equal(count(1 / 30, new Date(start - 31 * 24 * HOUR_MS)), places.length);
  });
});
