import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { renameSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { putErasure } from '../../src/admin/archive/backup/erasures.ts';
import { objectPath } from '../../src/admin/archive/backup/names.ts';
import { sealed } from '../../src/admin/archive/sealed.ts';
import { createBackedUp } from '../../src/admin/backups/backed-up.fixture.ts';
import { checkRestored } from '../../src/admin/backups/check-restored.ts';
import { openBackup } from '../../src/admin/backups/open-backup.ts';
import { reportText } from '../../src/admin/commands/restore/report.ts';
import { describe as describeImage, type StoredImage, tombstone } from '../../src/domain/image/image.ts';
import { writeFilterRequest } from '../../src/records/coordination/filter-bookmarks.ts';
import {
  NOW,
  newImageId,
  sampleHeld,
  samplePending,
  samplePublished,
} from '../../src/records/images/sample-images.fixture.ts';
import type { ArchiveComposition, SoleArchiveServices } from '../../src/run/compose/archive.ts';
import { backUp, createTarget, erasureOf, KEY, restoreFrom, type TestTarget } from './backups.ts';
import { addStored, beginLog, hashOf, logOf, PLACES, recordsOf } from './place.ts';

const SECRET = 'a secret that the service made, of 32 bytes or more';

/** A backup of these images, of which the service has lost the original of one, and a new place. */
async function setUp(images: readonly StoredImage[], lost?: number) {
  await using stack = new AsyncDisposableStack();
  const target = stack.use(await createTarget());
  const source = stack.use(await PLACES['SQLite and disk']());
  const added: StoredImage[] = [];
  {
    await using composition = await source.open();
    for (const image of images) added.push(await addStored(composition.services, image));
    const keys = added.filter((_, index) => index === lost).map(({ objectKey }) => objectKey);
    await composition.services.objects.delete(keys);
    await backUp(composition.services, target, SECRET);
  }
  const place = stack.use(await PLACES['SQLite and disk']());
  const { services }: ArchiveComposition<SoleArchiveServices> = stack.use(await place.open());
  const held = stack.move();
  return { target, images: added, services, place, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

const published = (userId = 'ada') => samplePublished(samplePending({ userId }));

const pathOf = ({ path }: TestTarget, image: StoredImage | undefined): string =>
  join(path, objectPath(image?.sha256 ?? assert.fail()));

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

describe('a restore of everything', () => {
  it('into a place with other images is refused, and changes nothing', async () => {
    await using set = await setUp([published(), published()]);
    const other = await addStored(set.services, published());
    const before = await recordsOf(set.services);
    await assert.rejects(restoreFrom(set.target, set.services), {
      code: 'unavailable',
      detail: /^expected a place without images, .*; got 1, of which 0 are of this backup: .*--only/,
    });
    assert.deepEqual(await recordsOf(set.services), before);
    assert.equal(await hashOf(set.services, other), other.sha256);
  });

  it('that was interrupted leaves no image half, and is repeated to its end', async () => {
    await using set = await setUp(Array.from({ length: 40 }, () => published()));
    const stopping = new AbortController();
    const onProgress = ({ images }: { images: number }) => images >= 10 && stopping.abort(new Error('stopped'));
    await assert.rejects(restoreFrom(set.target, set.services, { signal: stopping.signal, onProgress }), /stopped/);
    const there = await recordsOf(set.services);
    assert.ok(there.length >= 10 && there.length < 40, `${there.length}`);
    for (const record of there)
      if (record.kind === 'image' && record.image.status === 'ready')
        assert.equal(await hashOf(set.services, record.image), record.image.sha256);
    const { report } = await restoreFrom(set.target, set.services);
    assert.deepEqual([report.images, report.alreadyThere], [40 - there.length, there.length]);
    assert.equal((await set.services.usage.usageOf('ada')).usage.images, 40);
  });

  it('of which two run at once brings every image once, and takes none for another record', async () => {
    await using set = await setUp(Array.from({ length: 40 }, () => published()));
    const both = await Promise.all([restoreFrom(set.target, set.services), restoreFrom(set.target, set.services)]);
    const reports = both.map(({ report }) => report);
    const counted = reports.map(({ images, alreadyThere, kept }) => [images + alreadyThere, kept]);
    assert.deepEqual([reports.reduce((sum, { images }) => sum + images, 0), ...counted], [40, [40, []], [40, []]]);
    assert.equal((await set.services.usage.usageOf('ada')).usage.images, 40);
  });

  it('brings all images but those whose bytes are damaged or absent, and names these', async () => {
    await using set = await setUp(Array.from({ length: 5 }, () => published()));
    const [flipped, absent, longer, unreadable] = set.images;
    await flip(pathOf(set.target, flipped), 0);
    await rm(pathOf(set.target, absent));
    await writeFile(pathOf(set.target, longer), 'x'.repeat(10_000));
    await rm(pathOf(set.target, unreadable));
    await mkdir(pathOf(set.target, unreadable)); // as a bad sector, it fails when it is read
    const { report } = await restoreFrom(set.target, set.services);
    assert.equal(report.images, 1);
    const details = new Map(report.damaged.map(({ id, detail }) => [id as string, detail]));
    assert.match(details.get(flipped?.id ?? '') ?? '', /^expected \d+ bytes with the SHA-256 /);
    assert.match(details.get(absent?.id ?? '') ?? '', /^expected its bytes in the target; got none$/);
    assert.match(details.get(longer?.id ?? '') ?? '', /^expected \d+ bytes in the target; got more$/);
    assert.match(details.get(unreadable?.id ?? '') ?? '', /^The target \S+ can't be used: EISDIR/);
    assert.equal((await recordsOf(set.services)).length, 1);
    const files = await readdir(join(set.place.folder, 'data'), { recursive: true, withFileTypes: true });
    const bytes = files.filter((one) => one.isFile() && one.parentPath.includes('/objects'));
    assert.equal(bytes.length, 1, bytes.map(({ parentPath, name }) => join(parentPath, name)).join());
  });

  it('ends if the target goes away, and is repeated once it is back', async () => {
    await using set = await setUp(Array.from({ length: 40 }, () => published()));
    const away = `${set.target.path}-away`;
    let isAway = false;
    const onProgress = (): void => {
      if (!isAway) renameSync(set.target.path, away);
      isAway = true;
    };
    await assert.rejects(restoreFrom(set.target, set.services, { onProgress }), { detail: /^The target \S+ is gone/ });
    await rename(away, set.target.path);
    const { report } = await restoreFrom(set.target, set.services);
    assert.deepEqual([report.images + report.alreadyThere, report.damaged], [40, []]);
  });

  it('brings all images but those whose originals the service had lost at the backup, and names these', async () => {
    await using set = await setUp([published(), published()], 1);
    const { report } = await restoreFrom(set.target, set.services);
    const detail = 'expected its bytes in the backup; the service had lost them (missing)';
    assert.deepEqual([report.images, report.damaged], [1, [{ id: set.images[1]?.id, detail }]]);
    assert.equal((await recordsOf(set.services)).length, 1);
  });

  it('brings all images but those whose records the service could not read at the backup, and names these', async () => {
    await using service = await createBackedUp();
    const [spoiled] = [await service.add(), await service.add()];
    service.spoil(spoiled);
    await service.backUp();
    const damaged = [{ id: spoiled.id, detail: "expected its record in the backup; the service couldn't read it" }];
    for (const [scope, images] of [
      [{ of: 'all' }, 1],
      [{ of: 'images', ids: new Set([spoiled.id]) }, 0],
    ] as const) {
      await using place = await PLACES['SQLite and disk']();
      await using composition = await place.open();
      const { report } = await restoreFrom(service, composition.services, { scope });
      assert.deepEqual([report.images, report.damaged, report.unknown], [images, damaged, []]);
    }
  });

  it('brings those that the service had lost too, if a later backup has their bytes', async () => {
    await using service = await createBackedUp();
    const [image, sound] = [await service.add(), await service.add()];
    await service.objects.delete([image.objectKey]);
    const { id } = await service.backUp();
    await service.putObject(image.objectKey, image.bytes);
    await service.backUp();
    await using place = await PLACES['SQLite and disk']();
    await using composition = await place.open();
    const { services } = composition;
    const backup = await openBackup(service.target, id);
    const { report, erased } = await restoreFrom(service, services, { backup });
    assert.deepEqual([report.images, report.damaged], [2, []]);
    assert.equal(await hashOf(services, image), image.sha256);
    assert.deepEqual(await checkRestored(services, { backup, erased }), { intact: 2, faults: [], faultCount: 0 });
    assert.equal(await hashOf(services, sound), sound.sha256);
  });

  for (const [name, file, change] of [
    ['one flipped byte in the records', 'records.jsonl', (text: string) => text.replace('"ada.jpg"', '"bda.jpg"')],
    [
      'a record of a newer version',
      'records.jsonl',
      (text: string) => text.replace(/"format":1(?=,"kind)/, '"format":2'),
    ],
    ['a flipped byte in the manifest', 'manifest.json', (text: string) => text.replace('"images": 2', '"images": 3')],
    ['another secret', 'secret.txt', (text: string) => text.replace('secret', 'sacret')],
    ['a secret that is too short', 'secret.txt', () => sealed(`${'x'.repeat(31)}\n`)],
    ['a line longer than any record', 'records.jsonl', (text: string) => text.replace('ada.jpg', 'a'.repeat(300_000))],
    [
      'metadata that nests too deep',
      'records.jsonl',
      (text: string) =>
        text.replace(/"metadata":\{[^}]*\}/, `"metadata":{"deep":${'['.repeat(50_000)}${']'.repeat(50_000)}}`),
    ],
  ] as const)
    it(`writes nothing if the backup has ${name}`, async () => {
      await using set = await setUp([published(), published()]);
      const [id = ''] = await Array.fromAsync(set.target.target.list('backups/'), ({ path }) => path.split('/')[1]);
      const path = join(set.target.path, 'backups', id, file);
      const text = await readFile(path, 'utf8');
      assert.notEqual(change(text), text);
      await writeFile(path, change(text));
      await assert.rejects(
        restoreFrom(set.target, set.services).then(({ backup }) => backup.secret()),
        { code: 'unavailable', detail: /^expected the backup \S+ of \S+ as it was written; / },
      );
      if (file !== 'secret.txt') assert.deepEqual(await recordsOf(set.services), []);
    });

  it('gives ready images the rows of the names in force', async () => {
    const metadata = { order: 'A17', sku: 'S-9' };
    const ready = { ...published(), metadata, filteredBy: ['sku'] };
    await using set = await setUp([ready]);
    await writeFilterRequest(set.services.coordination, { id: newImageId(), names: ['order'], kept: [], askedAt: NOW });
    await restoreFrom(set.target, set.services);
    const by = (name: string, value: string) =>
      set.services.images.find({
        ...{ status: 'ready', userId: ready.userId, tags: [], tagMode: 'all', order: 'newest', limit: 10 },
        metadata: [{ name, value }],
      });
    const [found] = (await by('order', 'A17')).images;
    assert.ok(found?.status === 'ready' && found.id === ready.id);
    assert.deepEqual(found.filteredBy, ['order']);
    assert.deepEqual((await by('sku', 'S-9')).images, []);
  });

  it('makes eager renditions again, and drops working copies', async () => {
    const workingCopy = {
      sha256: 'cd'.repeat(32),
      sizeBytes: 5,
      contentType: 'image/webp',
      width: 4,
      height: 4,
    } as const;
    const ready = { ...published(), workingCopy };
    const former = {
      status: 'ready',
      heldAt: NOW,
      maintainAt: null,
      workingCopy,
      links: [],
      renditionFailures: [],
    } as const;
    const held = { ...sampleHeld(samplePending()), former };
    await using set = await setUp([ready, held]);
    await restoreFrom(set.target, set.services, {}, [], { eagerPresets: ['thumb'] });
    const { services } = set;
    const [found, foundHeld] = [await services.images.get(ready.id), await services.images.get(held.id)];
    assert.ok(found?.status === 'ready' && foundHeld?.status === 'held');
    for (const one of [found, foundHeld.former]) {
      assert.equal(one?.workingCopy, null);
      assert.ok(one?.maintainAt && one.maintainAt <= services.clock.now());
    }
  });

  it('maintains images again whose maintenance was due, also without eager renditions', async () => {
    const [due, idle] = [{ ...published(), maintainAt: NOW }, published()];
    await using set = await setUp([due, idle]);
    await restoreFrom(set.target, set.services);
    const found = await Promise.all([due, idle].map(({ id }) => set.services.images.get(id)));
    assert.deepEqual(
      found.map((image) => image?.status === 'ready' && image.maintainAt !== null),
      [true, false],
    );
  });

  it('lets a held image wait for its gate anew, as long as it had: its deadline may be over', async () => {
    const { screening, ...held } = sampleHeld(samplePending());
    const deadline = new Date(held.uploadedAt.getTime() + 3_600_000);
    await using set = await setUp([{ ...held, screening: { ...screening, askAt: deadline, deadline } }]);
    const { services } = set;
    const before = services.clock.now().getTime();
    const { backup, erased } = await restoreFrom(set.target, services);
    const after = services.clock.now().getTime();
    const found = await services.images.get(held.id);
    assert.ok(found?.status === 'held');
    const askAt = found.screening.askAt.getTime();
    assert.ok(askAt >= before && askAt <= after, `${found.screening.askAt}`);
    assert.equal(found.screening.deadline.getTime(), askAt + 3_600_000);
    assert.deepEqual(await checkRestored(services, { backup, erased }), { intact: 1, faults: [], faultCount: 0 });
  });

  it('brings nobody back whom the place has erased since a restore that was interrupted', async () => {
    await using set = await setUp(['ada', 'bob'].map(published));
    const erasure = erasureOf('ada');
    await set.services.archive.put({ kind: 'erasure-key', key: KEY });
    await set.services.archive.put({ kind: 'erasure', erasure });
    const { report } = await restoreFrom(set.target, set.services);
    assert.deepEqual([report.erased, report.images], [1, 1]);
  });

  it('passes over the files of others, and ends before a damaged file of erasures', async () => {
    await using set = await setUp([published()]);
    const { path } = set.target;
    await mkdir(join(path, 'erasures'), { recursive: true });
    for (const name of ['Thumbs.db', '.DS_Store', `${randomUUID()}.json.bak`])
      for (const folder of ['', 'objects', 'backups', 'erasures']) await writeFile(join(path, folder, name), 'x');
    const { report } = await restoreFrom(set.target, set.services);
    assert.deepEqual([report.images, report.damaged], [1, []]);
    await writeFile(join(path, 'erasures', `${randomUUID()}.json`), '');
    await assert.rejects(restoreFrom(set.target, set.services), /expected an erasure .* repeat user delete/);
  });

  it('restores the secret, unless the place has one', async () => {
    await using set = await setUp([published()]);
    const { report } = await restoreFrom(set.target, set.services, { secret: SECRET });
    assert.equal(report.secret, 'restored');
    assert.equal(await set.services.ownSecret(), SECRET);

    await using other = await PLACES['SQLite and disk']();
    await using composition = await other.open();
    const own = await composition.services.ownSecret();
    const again = await restoreFrom(set.target, composition.services, { secret: SECRET });
    assert.deepEqual([again.report.secret, await composition.services.ownSecret()], ['other', own]);
    for (const [secret, says] of [
      [own, 'same'],
      [undefined, 'own'],
    ] as const)
      assert.equal((await restoreFrom(set.target, composition.services, { secret })).report.secret, says);
  });
});

describe('stores in a data folder', () => {
  it('are not opened for a restore beside their service', async () => {
    await using place = await PLACES['SQLite and disk']();
    await using _service = await place.open();
    await assert.rejects(place.open(), { detail: /^Another Safelight service uses the data folder / });
  });
});

describe('a restore of some images', () => {
  it('into a place in use keeps what exists, and lists it', async () => {
    await using set = await setUp([published(), published(), published(), published('bob')]);
    const [lost, deleted, , bobs] = set.images;
    assert.ok(lost && bobs && deleted?.status === 'ready');
    const other = await addStored(set.services, published());
    await set.services.archive.put({ kind: 'image', image: tombstone(deleted, NOW) });
    await set.services.objects.delete([other.objectKey]); // no concern of this restore
    const unknown = newImageId();
    const { report } = await restoreFrom(set.target, set.services, {
      scope: { of: 'images', ids: new Set([lost.id, deleted.id, unknown]) },
    });
    assert.deepEqual(
      [report.images, report.kept, report.unknown],
      [1, [{ id: deleted.id, status: 'deleted' }], [unknown]],
    );
    const ids = (await recordsOf(set.services)).map((record) => record.kind === 'image' && record.image.id);
    assert.deepEqual(ids.toSorted(), [other.id, deleted.id, lost.id].toSorted());

    const ofUser = await restoreFrom(set.target, set.services, { scope: { of: 'user', userId: 'bob' } });
    assert.equal(ofUser.report.images, 1);
    assert.equal(await hashOf(set.services, bobs), bobs.sha256);
    const again = await restoreFrom(set.target, set.services, { scope: { of: 'user', userId: 'bob' } });
    assert.deepEqual([again.report.images, again.report.alreadyThere], [0, 1]);
  });

  it('into a place in use leaves out an external and a former id that other images have, and names the image', async () => {
    const formerId = '0b5f1f4e-3c1d-4f6a-9b7e-2f6d8a1c5e90';
    const named = (externalId: string, fields = {}) => samplePublished(samplePending({ externalId, ...fields }));
    await using set = await setUp([named('taken', { formerId }), named('free')]);
    const [taken, free] = set.images;
    const holder = await addStored(set.services, named('taken'));
    const former = await addStored(set.services, samplePublished(samplePending({ userId: 'bob', formerId })));
    const { report, backup } = await restoreFrom(set.target, set.services, { scope: { of: 'user', userId: 'ada' } });
    assert.deepEqual([report.images, report.withoutExternalId, report.withoutExternalIdCount], [2, [taken?.id], 1]);
    const { images } = set.services;
    const restored = await images.get(taken?.id ?? holder.id);
    assert.deepEqual([restored?.externalId, restored?.formerId], [null, null]);
    assert.equal((await images.findByFormerId(formerId))?.id, former.id);
    assert.equal((await images.findByExternalId('ada', 'taken'))?.id, holder.id);
    assert.equal((await images.findByExternalId('ada', 'free'))?.id, free?.id);
    assert.match(
      reportText(backup.manifest, report),
      new RegExp(`without its external_id or former id: ${taken?.id}, because`),
    );

    const again = await restoreFrom(set.target, set.services, { scope: { of: 'user', userId: 'ada' } });
    assert.deepEqual([again.report.images, again.report.alreadyThere], [0, 2]);
  });

  it('into a place in use tells of each image in its log of events', async () => {
    await using set = await setUp([published(), published(), published()]);
    await using place = await PLACES['SQLite and disk']({ EVENTS: 'on' });
    await beginLog(place);
    await using composition = await place.open();
    const { services } = composition;
    await addStored(services, published());
    const before = await logOf(services);
    const ids = set.images.slice(0, 2).map(({ id }) => id);
    await restoreFrom(set.target, services, { scope: { of: 'images', ids: new Set(ids) } });
    const { log, events } = await logOf(services, before.until);
    assert.equal(log, before.log);
    const expected = ids.map((imageId) => ({ type: 'image.ready', imageId }));
    assert.deepEqual(new Set(events), new Set(expected));
    assert.equal(events.length, 2);
  });

  it('gives a record that lost its bytes those of the backup, also if it has changed since', async () => {
    await using set = await setUp([published(), published(), published(), published()]);
    const [gone, cut, flipped, sound] = set.images;
    assert.ok(gone && cut && flipped && sound);
    await restoreFrom(set.target, set.services);
    const { images, objects } = set.services;
    const before = await images.get(gone.id);
    assert.ok(before?.status === 'ready');
    const changed = describeImage(before, { tags: ['new'] }, NOW);
    assert.equal(await images.replace(before, changed), true);
    await objects.delete([gone.objectKey]);
    const fileOf = ({ objectKey }: StoredImage) => join(set.place.environment['DATA_DIR'] ?? '', 'objects', objectKey);
    await truncate(fileOf(cut), 0);
    await flip(fileOf(flipped), 0);
    const ids = new Set([gone.id, cut.id, flipped.id, sound.id]);
    const { report } = await restoreFrom(set.target, set.services, { scope: { of: 'images', ids } });
    assert.deepEqual([report.images, report.alreadyThere, report.kept], [3, 1, []]);
    for (const image of [gone, cut, flipped]) assert.equal(await hashOf(set.services, image), image.sha256);
    assert.deepEqual(await images.get(gone.id), changed);
  });

  it('brings nobody back whom the place, the target or a file of erasures names', async () => {
    await using set = await setUp(['ada', 'bob', 'cy', 'dan'].map(published));
    await set.services.archive.put({ kind: 'erasure-key', key: KEY });
    await set.services.archive.put({ kind: 'erasure', erasure: erasureOf('ada') });
    await putErasure(set.target.target, { key: KEY, erasure: erasureOf('bob') });
    const foreign = 'f0'.repeat(32); // of another service
    const erasures = [{ key: foreign, erasure: erasureOf('cy', foreign) }];
    const ids = new Set(set.images.map(({ id }) => id));
    const counts: number[] = [];
    for (const scope of [
      { of: 'images', ids },
      { of: 'user', userId: 'ada' },
      { of: 'user', userId: 'bob' },
    ] as const)
      counts.push((await restoreFrom(set.target, set.services, { scope }, erasures)).report.erased);
    assert.deepEqual(counts, [3, 1, 1]);
    const users = (await recordsOf(set.services)).flatMap((one) => (one.kind === 'image' ? [one.image.userId] : []));
    assert.deepEqual(users, ['dan']);
  });
});
