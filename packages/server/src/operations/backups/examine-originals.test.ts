import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { backupPath, objectPath } from '../../archive/backup/names.ts';
import { readNote } from '../../archive/backup/notes.ts';
import { AppError } from '../../domain/errors.ts';
import { originalKey } from '../../domain/image/object-key.ts';
import { newImageId } from '../../image-repository/sample-images.fixture.ts';
import { createBackedUp } from './backed-up.fixture.ts';
import { MAX_SAVED } from './examine-originals.ts';
import { type ReadMark, readShare } from './read-share.ts';
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
  const originals = Array.from({ length: 300 }, (_, number) => hash('sha256', `${number}`)).toSorted();
  const start = new Date('2026-11-26T03:15:00.000Z').getTime();

  interface Run {
    readonly hour: number;
    readonly share?: number;
    /** How many are read until the time is over. */
    readonly most?: number;
  }

  /** The longest time for which one of them wasn't read by these backups, in hours, and how many each has read. */
  function reads(runs: readonly Run[]) {
    let mark: ReadMark | undefined;
    const lastRead = new Map(originals.map((one) => [one, 0]));
    let longest = 0;
    const counts: number[] = [];
    const left: number[] = [];
    for (const { hour, share = 1 / 30, most = originals.length } of runs) {
      let count = 0;
      const now = new Date(start + hour * HOUR_MS);
      const reading = readShare({ share, mark, now, isOver: () => count >= most });
      const first = originals.findIndex((one) => one >= reading.from);
      for (const one of [...originals.slice(first), ...originals.slice(0, first)]) {
        if (!reading.isRead(one)) continue;
        count += 1;
        longest = Math.max(longest, hour - (lastRead.get(one) ?? 0));
        lastRead.set(one, hour);
      }
      const ended = reading.end();
      mark = ended.mark;
      counts.push(count);
      left.push(ended.left);
    }
    const end = runs.at(-1)?.hour ?? 0;
    longest = Math.max(longest, ...lastRead.values().map((hour) => end - hour));
    return { longest, counts, left };
  }

  const each = (count: number, hours: number): Run[] =>
    Array.from({ length: count }, (_, nth) => ({ hour: nth * hours }));
  const nights = each(90, 24);
  const withNight = (night: number, change: Partial<Run>): Run[] => nights.with(night, { hour: night * 24, ...change });

  for (const [rhythm, runs, days] of [
    ['nightly', nights, 30],
    ['weekly', each(13, 7 * 24), 35],
    ['every two hours', each(60 * 12, 2), 30],
    ['on odd days', [0, 30, 31, 80, 200, 300, 301, 650, 700, 719, 1_000, 1_500].map((hour) => ({ hour })), 50],
    ['nightly, and one night reads none', withNight(40, { share: 0 }), 31],
    ['nightly, and one night is cut', withNight(40, { most: 3 }), 31],
    ['nightly, and one night is cut at once', withNight(40, { most: 0 }), 31],
    ['nightly, with a pause of two weeks', nights.filter((_, night) => night < 40 || night > 53), 44],
  ] as const)
    it(`are all read within 30 days, and what a pause takes: ${rhythm}`, () => {
      const { longest, counts } = reads(runs);
      assert(longest <= days * 24, `${longest / 24} days`);
      assert(counts.reduce((sum, count) => sum + count, 0) < originals.length * ((runs.at(-1)?.hour ?? 0) / 720 + 0.1));
    });

  it('are all read in turn, and what is left is told, if the time is never enough', () => {
    const { longest, counts, left } = reads(Array.from({ length: 120 }, (_, night) => ({ hour: night * 24, most: 5 })));
    assert(longest <= 62 * 24, `${longest / 24} days`);
    assert(Math.max(...counts) === 5 && (left.at(-1) ?? 0) > 0.9);
  });

  it('are a thirtieth each night, none or all if that is wanted, and a day of them after a clock that went back', () => {
    const count = (share: number, at: number | undefined): number => {
      const mark =
        at === undefined ? undefined : ({ format: 1, readTo: '800000000000', at: new Date(at).toISOString() } as const);
      const isOver = () => share === 1; // of all, none is left
      return originals.filter(readShare({ share, mark, now: new Date(start), isOver }).isRead).length;
    };
    for (const at of [undefined, start - 24 * HOUR_MS, start + 24 * HOUR_MS]) {
      const read = count(1 / 30, at);
      assert(read > 2 && read < 20, `${read}`);
      assert.deepEqual([count(0, at), count(1, at)], [0, originals.length]);
    }
    assert.equal(count(1, start), originals.length);
    assert.equal(count(1 / 30.5, start - 31 * 24 * HOUR_MS), originals.length);
  });

  it('are those that the former backups left, also a backup of an older version, a cut one, and one that could not list', async () => {
    await using service = await createBackedUp();
    const hashes: string[] = [];
    for (let count = 0; count < 16; count += 1) hashes.push((await service.add()).sha256);
    await service.backUp({ share: 0 });
    const markOf = async (id: string) => readNote(service.target, id, 'reading.json');
    const next = async (share: number, changed: Parameters<BackedUp['backUp']>[1] = {}) => {
      later(service, 24 * HOUR_MS);
      const made = await service.backUp({ share }, changed);
      return { ...made, images: made.readBytes / 2_000, mark: await markOf(made.id) };
    };
    const none = await next(0);
    assert.deepEqual([none.images, none.mark], [0, undefined]);
    const first = await next(1 / 4);
    assert.equal(first.mark?.readTo, '400000000000');

    assert.deepEqual((await next(0)).mark, first.mark);
    const list = () => {
      throw new AppError('unavailable', 'expected the store to answer; got no answer');
    };
    const unlisted = await next(1 / 4, { objects: { ...service.services.objects, list } });
    assert.deepEqual([unlisted.images, unlisted.mark, unlisted.leftToRead], [0, first.mark, 0]);
    const older = await next(1 / 4, timeIsOver(service));
    assert.deepEqual(
      [older.images, older.mark?.readTo],
      [
        0,
        hashes
          .toSorted()
          .find((one) => one > '4')
          ?.slice(0, 12),
      ],
    );
    assert(older.leftToRead > 0 && older.leftToRead <= 0.75);
    await service.target.delete([backupPath(older.id, 'reading.json')]); // as an older version leaves it

    const rest = await next(3 / 16);
    assert.deepEqual([first.images + rest.images, rest.leftToRead], [16, 0]);
    assert.deepEqual((await verifyBackups({ target: service.target })).findings, []);
  });
});

/** More than three hours pass before the first original is read. */
function timeIsOver({ services: { clock } }: BackedUp): Parameters<BackedUp['backUp']>[1] {
  let asked = 0;
  const elapsedMs = () => clock.elapsedMs() + 4 * HOUR_MS * asked++;
  return { clock: { now: clock.now, elapsedMs } };
}
