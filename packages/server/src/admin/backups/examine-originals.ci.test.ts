// In the tier of CI: twenty backups of some images: the tier `change` has the arithmetic in `read-share.test.ts`, and
// backups in `make-backup.test.ts`.
import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { AppError } from '../../domain/errors.ts';
import { originalKey } from '../../domain/image/object-key.ts';
import { newImageId } from '../../records/images/sample-images.fixture.ts';
import { backupPath, objectPath } from '../archive/backup/names.ts';
import { readNote } from '../archive/backup/notes.ts';
import { createBackedUp } from './backed-up.fixture.ts';
import { MAX_SAVED } from './examine-originals.ts';
import { verifyBackups } from './verify-backup.ts';

type BackedUp = Awaited<ReturnType<typeof createBackedUp>>;
type Changed = NonNullable<Parameters<BackedUp['backUp']>[1]>;

const HOUR_MS = 3_600_000;
const ALL = { share: 1 };

const later = (service: BackedUp, ms = HOUR_MS): void => {
  service.time.now = new Date(service.time.now.getTime() + ms);
};

/** Changes the file's last byte; its length stays. */
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
    const image = await service.add();
    await service.backUp();
    later(service);
    await service.objects.delete([image.objectKey]);
    const backUp = service.backUp({}, withLost(service, image, 19));
    await assert.rejects(backUp, { code: 'unavailable', message: /20 faults in a row/ });
  });

  it('is finished, and says so, if the store can not be listed', async () => {
    await using service = await createBackedUp();
    await service.add();
    await service.backUp();
    later(service);
    const made = await service.backUp(ALL, withoutList(service));
    assert.equal(made.notCompared, 'expected the store to answer; got no answer');
    assert.deepEqual([made.faults, made.savedCount, made.manifest.counts.images], [[], 0, 1]);
  });

  it('keeps the first of many lost ones, and counts the rest', async () => {
    await using service = await createBackedUp();
    const [one, other] = [await service.add(), await service.add()];
    const [sound, lost] = one.sha256 < other.sha256 ? [one, other] : [other, one]; // samples begin with the first hashes
    await service.backUp();
    later(service);
    const made = await service.backUp({ share: 0 }, withLost(service, lost, MAX_SAVED + 2));
    assert.deepEqual([made.saved.length, made.savedCount, made.faults], [MAX_SAVED, MAX_SAVED + 2, []]);
    assert(!JSON.stringify(made.saved).includes(sound.id));
  });
});

/** So many more images have the bytes of this one, by their records, and the store has none of theirs. */
function withLost(service: BackedUp, alike: Awaited<ReturnType<BackedUp['add']>>, count: number): Changed {
  const records = Array.from({ length: count }, () => {
    const { bytes: _, ...image } = { ...alike, id: newImageId() };
    return { ...image, objectKey: originalKey(image, 'attempt') };
  });
  const byId = new Map(records.map((image) => [image.id, image]));
  const archive: typeof service.services.archive = {
    async *all(options) {
      yield* service.archive.all(options);
      yield records.map((image) => ({ kind: 'image', image }) as const);
    },
  };
  return { archive, images: { get: async (id) => byId.get(id) ?? service.images.get(id) } };
}

describe('the originals that backups read', () => {
  it('are those that the former backups left, also a backup of an older version, a cut one, and one that could not list', async () => {
    await using service = await createBackedUp();
    const [before, behind] = [await addWithHash(service, /^[0-3]/), await addWithHash(service, /^[4-9a-f]/)];
    const next = async (share: number, changed: Changed = {}) => {
      later(service, 24 * HOUR_MS);
      const { id, readBytes, leftToRead } = await service.backUp({ share }, changed);
      return { id, read: readBytes, leftToRead, mark: await readNote(service.target, id, 'reading.json') };
    };
    const none = await next(0);
    assert.deepEqual([none.read, none.mark], [0, undefined]);
    const first = await next(1 / 4);
    assert.deepEqual([first.read, first.mark?.readTo], [2 * before.bytes.length, '400000000000']);

    assert.deepEqual((await next(0)).mark, first.mark);
    const unlisted = await next(1 / 4, withoutList(service));
    assert.deepEqual([unlisted.read, unlisted.mark, unlisted.leftToRead], [0, first.mark, 0]);
    const cut = await next(1 / 4, timeIsOver(service));
    assert.deepEqual([cut.read, cut.mark?.readTo], [0, behind.sha256.slice(0, 12)]);
    assert(cut.leftToRead > 0 && cut.leftToRead <= 0.75);
    await service.target.delete([backupPath(cut.id, 'reading.json')]); // as an older version leaves it

    const rest = await next(3 / 16);
    assert.deepEqual([rest.read, rest.mark?.readTo, rest.leftToRead], [2 * behind.bytes.length, '000000000000', 0]);
    assert.deepEqual((await verifyBackups({ target: service.target })).findings, []);
  });
});

/** An image whose hash begins so; each has other bytes. */
async function addWithHash(service: BackedUp, beginning: RegExp) {
  let bytes = randomBytes(1_000);
  while (!beginning.test(hash('sha256', bytes))) bytes = randomBytes(1_000);
  return service.add(bytes);
}

function withoutList({ services: { objects } }: BackedUp): Changed {
  const list = () => {
    throw new AppError('unavailable', 'expected the store to answer; got no answer');
  };
  return { objects: { ...objects, list } };
}

/** More than three hours pass before the first original is read. */
function timeIsOver({ services: { clock } }: BackedUp): Changed {
  let asked = 0;
  const elapsedMs = () => clock.elapsedMs() + 4 * HOUR_MS * asked++;
  return { clock: { now: clock.now, elapsedMs } };
}
