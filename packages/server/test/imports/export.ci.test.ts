import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { NO_POSTGRES } from '../../../../test/servers/postgres-for-tests.ts';
import { exportService } from '../../src/admin/exports/export-service.ts';
import { userFolder } from '../../src/admin/exports/user-folder.ts';
import { isFault, type SourceEntry } from '../../src/admin/imports/import-source.ts';
import { openExportSource } from '../../src/admin/imports/sources/own-export.ts';
import { placeOfAddition } from '../../src/domain/album/album-place.ts';
import { sampleDetails, sampleFacts } from '../../src/domain/facts/facts.fixture.ts';
import type { WallClock } from '../../src/domain/facts/wall-clock.ts';
import { tombstone, trash } from '../../src/domain/image/image.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { sampleAlbum, sampleAlbumLink } from '../../src/records/albums/sample-albums.fixture.ts';
import { NOW, newImageId, samplePending, samplePublished } from '../../src/records/images/sample-images.fixture.ts';
import type { SoleArchiveServices } from '../../src/run/compose/archive.ts';
import { addStored, PLACES, type Place } from '../backups/place.ts';
import { NO_CLOUD } from '../services/cloud.ts';
import { spawnProgram, startService } from '../services/running-service.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');
const NEVER = new AbortController().signal;
const ALL = { userId: null };

const HOSTILE = [
  '<script>alert(1)</script>.jpg',
  '../../../etc/passwd',
  '"><img src=x onerror=alert(1)>.jpg',
  'C:\\con.jpg',
  'a\u202Egpj.exe',
  `${'\u{1F601}'.repeat(200)}.jpg`,
  '.jpg',
  'space at the end .',
] as const;

const linesIn = async (dir: string, name: string): Promise<Record<string, unknown>[]> =>
  (await readFile(join(dir, name), 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const addReady = (services: SoleArchiveServices, fields: Parameters<typeof samplePending>[0], bytes?: Uint8Array) =>
  addStored(services, samplePublished(samplePending(fields)), bytes);

/** The paths of files below a folder, in order. */
const filesIn = async (dir: string): Promise<string[]> =>
  (await readdir(dir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(dir.length + 1))
    .toSorted();

async function withPlace(work: (place: Place, services: SoleArchiveServices, dir: string) => Promise<void>) {
  await using place = await PLACES['SQLite and disk']();
  await using composition = await place.open();
  await work(place, composition.services, join(place.folder, 'export'));
}

describe('an export', () => {
  it('has each ready and trashed original under a name that every file system takes, and hostile names as text', () =>
    withPlace(async (_place, services, dir) => {
      const added = [];
      for (const filename of HOSTILE)
        added.push(await addReady(services, { filename, description: '</time><b>', userId: '../ada' }));
      for (const userId of ['con', 'Ada', 'ada']) added.push(await addReady(services, { userId }));
      const ready = samplePublished(samplePending({ userId: 'ada' }));
      added.push(await addStored(services, trash(ready, NOW, new Date(NOW.getTime() + 86_400_000))));
      for (const image of [samplePending({ userId: 'ada' }), tombstone(samplePending(), NOW)])
        await services.archive.put({ kind: 'image', image });

      const report = await exportService(services, dir, ALL);
      assert.deepEqual(
        [report.images, report.copied, report.users, report.faultCount, report.removed],
        [12, 12, 4, 0, 0],
      );
      assert.deepEqual(report.notExported, { pending: 1, held: 0, rejected: 0 });
      const lines = await linesIn(dir, 'images.ndjson');
      for (const image of added) {
        const line = lines.find(({ id }) => id === image.id) ?? assert.fail(image.filename);
        const path = String(line['path']);
        assert.match(path, /^originals\/[\w@.-]+\/2026-11-20[\p{L}\p{N}._-]*$/u);
        assert.ok(
          path.split('/').every((name) => Buffer.byteLength(name) <= 255),
          path,
        );
        assert.equal(hashOf(await readFile(join(dir, path))), image.sha256);
        assert.deepEqual(
          [line['filename'], line['user_id'], line['status']],
          [image.filename, image.userId, image.status],
        );
      }
      const folders = await readdir(join(dir, 'originals'));
      assert.equal(new Set(folders.map((folder) => folder.toLowerCase())).size, 4);
      assert.deepEqual(
        (await filesIn(dir)).filter((path) => !path.startsWith('originals/') && !path.startsWith('pages/')),
        ['albums.ndjson', 'export.json', 'images.ndjson', 'index.html'],
      );
      for (const path of await filesIn(dir)) {
        if (!path.endsWith('.html')) continue;
        const page = await readFile(join(dir, path), 'utf8');
        assert.doesNotMatch(page, /<script|<b>|onerror=alert\(1\)>\.jpg</);
      }
      assert.equal((await stat(dir)).mode & 0o777, 0o700);
    }));

  it('says what somebody has said of a picture, and of albums everything but their links', () =>
    withPlace(async (_place, services, dir) => {
      const ada = sampleAlbum({
        order: 'manual',
        links: [sampleAlbumLink()],
        title: 'The sea',
        description: 'At <sea>',
      });
      const member = (index: number) => ({
        albumId: ada.id,
        added: placeOfAddition(NOW, index, newImageId()),
        moved: null,
      });
      const [one, two] = [member(2), member(1)];
      const first = await addReady(services, { albums: [one], tags: ['sea'], focalPoint: { x: 0.25, y: 0.5 } });
      const corrected = {
        ...samplePublished(samplePending({ albums: [two], formerId: '0b0c5a3e-2b5d-4c3e-9d3a-6d1f6b0d8a11' })),
        facts: { ...sampleFacts, takenByHand: '2019-05-04T10:00:00.000' as WallClock },
      };
      const details = { ...sampleDetails, positionByHand: null };
      const second = await addStored(services, corrected, undefined, details);
      await services.archive.put({ kind: 'album', album: { ...ada, cover: first.id } });
      await exportService(services, dir, ALL);
      const lines = await linesIn(dir, 'images.ndjson');
      const [ofFirst, ofSecond] = [first, second].map(({ id }) => lines.find((line) => line['id'] === id) ?? {});
      assert.deepEqual([ofFirst?.['tags'], ofFirst?.['focal_point']], [['sea'], { x: 0.25, y: 0.5 }]);
      assert.ok(ofFirst && !('taken_at_by_hand' in ofFirst) && !('position_by_hand' in ofFirst));
      assert.deepEqual(
        [ofSecond?.['taken_at_by_hand'], ofSecond?.['position_by_hand'], ofSecond?.['former_id']],
        ['2019-05-04T10:00:00.000', null, '0b0c5a3e-2b5d-4c3e-9d3a-6d1f6b0d8a11'],
      );
      const [album, ...others] = await linesIn(dir, 'albums.ndjson');
      assert.deepEqual(others, []);
      const { id: _, created_at: __, updated_at: ___, ...said } = album ?? {};
      assert.deepEqual(said, {
        ...{ user_id: 'ada', title: 'The sea', description: 'At <sea>', order: 'manual' },
        ...{ cover_id: first.id, images: [second.id, first.id] },
      });
      assert.doesNotMatch(await readFile(join(dir, 'albums.ndjson'), 'utf8'), /scrypt|links/);
    }));

  for (const kind of ['DynamoDB and S3', 'PostgreSQL and S3'] as const)
    it(`is whole from ${kind} too`, { skip: NO_CLOUD || NO_POSTGRES, timeout: 120_000 }, async () => {
      await using place = await PLACES[kind]();
      await using composition = await place.open();
      const { services } = composition;
      const album = sampleAlbum({ order: 'added' });
      await services.archive.put({ kind: 'album', album });
      const added = [];
      for (let index = 0; index < 3; index += 1) {
        const albums = [{ albumId: album.id, added: placeOfAddition(NOW, index, newImageId()), moved: null }];
        added.push(await addReady(services, { albums }));
      }
      const dir = join(place.folder, 'export');
      for (const copied of [3, 0]) {
        const report = await exportService(services, dir, ALL);
        assert.deepEqual([report.images, report.albums, report.copied, report.faultCount], [3, 1, copied, 0]);
      }
      const [line] = await linesIn(dir, 'albums.ndjson');
      assert.deepEqual(
        line?.['images'],
        added.map(({ id }) => id),
      );
    });

  it('copies what is missing or damaged alone, and removes what is gone', () =>
    withPlace(async (_place, services, dir) => {
      const added = [];
      for (const n of Array.from({ length: 6 }).keys())
        added.push(await addReady(services, { userId: `user ${n % 2}` }));
      assert.equal((await exportService(services, dir, ALL)).copied, 6);
      assert.deepEqual((await exportService(services, dir, ALL)).copied, 0);

      const [lost, damaged, gone] = added.map(({ id }) => id);
      const lines = await linesIn(dir, 'images.ndjson');
      const pathOf = (id: unknown) => join(dir, String(lines.find((line) => line['id'] === id)?.['path']));
      const whole = await readFile(pathOf(damaged));
      await rm(pathOf(lost));
      await writeFile(pathOf(damaged), randomBytes(whole.length));
      const goneImage = added.find(({ id }) => id === gone) ?? assert.fail();
      await services.images.replace(goneImage, tombstone(goneImage, NOW));
      const later = await addReady(services, { userId: 'user 0' });
      const report = await exportService(services, dir, ALL);
      assert.deepEqual([report.images, report.copied, report.removed], [6, 3, 1]);
      assert.deepEqual(await readFile(pathOf(damaged)), whole);
      const after = await linesIn(dir, 'images.ndjson');
      assert.ok(after.some(({ id }) => id === later.id) && !after.some(({ id }) => id === gone));
      assert.equal((await filesIn(join(dir, 'originals'))).length, 6);
    }));

  it('of a user has nothing of others, and is no export of all', () =>
    withPlace(async (_place, services, dir) => {
      await addReady(services, { userId: 'bob' });
      const own = await addReady(services, { userId: 'ada' });
      await services.archive.put({ kind: 'album', album: sampleAlbum({ userId: 'bob' }) });
      const report = await exportService(services, dir, { userId: 'ada' });
      assert.deepEqual([report.images, report.albums, report.users], [1, 0, 1]);
      assert.deepEqual(
        (await linesIn(dir, 'images.ndjson')).map(({ id }) => id),
        [own.id],
      );
      for (const path of await filesIn(dir))
        if (!path.startsWith('originals/')) assert.doesNotMatch(await readFile(join(dir, path), 'utf8'), /bob/);
      await assert.rejects(exportService(services, dir, ALL), {
        code: 'unavailable',
        detail: /got one of user "ada", not of all users$/,
      });
    }));

  it('names originals that the service has lost, and has all others', () =>
    withPlace(async (_place, services, dir) => {
      const lost = await addReady(services, {});
      await services.objects.delete([lost.objectKey]);
      await addReady(services, {});
      const report = await exportService(services, dir, ALL);
      assert.deepEqual([report.images, report.faultCount], [1, 1]);
      assert.deepEqual(report.faults, [{ imageId: lost.id, detail: 'expected its bytes in the store; got none' }]);
      assert.equal((await linesIn(dir, 'images.ndjson')).length, 1);
    }));

  it('leaves the folder of somebody else as it is', () =>
    withPlace(async (_place, services, dir) => {
      await addReady(services, {});
      await mkdir(dir);
      await writeFile(join(dir, 'letter.txt'), 'mine');
      await assert.rejects(exportService(services, dir, ALL), {
        code: 'unavailable',
        detail: /got one with letter\.txt$/,
      });
      assert.deepEqual(await readdir(dir), ['letter.txt']);

      await withPlace(async (_other, others, foreign) => {
        await addReady(others, {});
        await exportService(others, foreign, ALL);
        const before = await filesIn(foreign);
        const refused = { code: 'unavailable', detail: /the first 1 images aren't in this service$/ };
        await assert.rejects(exportService(services, foreign, ALL), refused);
        await services.erasures.addKey('e5'.repeat(32));
        await others.erasures.addKey('f0'.repeat(32));
        await exportService(others, foreign, ALL);
        await assert.rejects(exportService(services, foreign, ALL), { detail: /got one of another service$/ });
        assert.deepEqual(await filesIn(foreign), before);
      });
    }));

  it('goes on after kill -9, beside a running service', { timeout: 120_000 }, async () => {
    await using place = await PLACES['SQLite and disk']();
    const dir = join(place.folder, 'export');
    const bytes = randomBytes(300_000);
    {
      await using composition = await place.open();
      await composition.services.usage.setCounted(new Date());
      for (let n = 0; n < 150; n += 1) await addReady(composition.services, {}, bytes);
    }
    await using _service = await startService(place.environment, place.folder);
    const run = () => spawnProgram(place.folder, place.environment, [process.execPath, ADMIN, 'export', dir, '--json']);
    const originals = async () => (await filesIn(join(dir, 'originals')).catch(() => [])).length;
    for (const least of [1, 40]) {
      const { child, ended } = run();
      await until(async () => (await originals()) >= least || child.exitCode !== null);
      child.kill('SIGKILL');
      await ended;
      for (const path of await filesIn(join(dir, 'originals')))
        assert.equal(hashOf(await readFile(join(dir, 'originals', path))), hashOf(bytes), path);
      await assert.rejects(openExportSource(dir), { code: 'unavailable', detail: /got an interrupted one/ });
    }
    const before = await originals();
    const { exitCode, output } = await run().ended;
    assert.equal(exitCode, 0, output);
    const report = JSON.parse(/^\{.*\}$/m.exec(output)?.[0] ?? 'null');
    assert.deepEqual([report.images, report.copied], [150, 150 - before], output);
    assert.deepEqual(
      (await filesIn(dir)).filter((path) => path.startsWith('.')),
      [],
    );
  });
});

describe('the folder of a user', () => {
  it('is the id if every file system takes it, and no other user has it', () => {
    for (const plain of ['ada', 'ada@example.com', '0192f3c4-7d2a-7c3e-9d3a-6d1f6b0d8a11'])
      assert.equal(userFolder(plain), plain);
    const others = [
      'Ada',
      'con',
      'com1.x',
      '.',
      '..',
      'a/b',
      'a\\b',
      'ada.',
      '-rf',
      'é',
      'e\u0301',
      '\u{1F601}',
      'x'.repeat(128),
    ];
    const folders = [...others, userFolder('Ada'), 'ada'].map(userFolder);
    assert.equal(new Set(folders.map((one) => one.toLowerCase().normalize('NFD'))).size, folders.length);
    for (const folder of folders) {
      assert.match(folder, /^[\p{L}\p{N}][\p{L}\p{N}@._-]*$/u);
      assert.doesNotMatch(folder, /[. ]$|^(?:con|com1)(?:\.|$)/);
      assert.ok(Buffer.byteLength(folder) <= 255);
    }
  });
});

describe('an export as a source', () => {
  const entriesOf = async (dir: string) => {
    await using source = await openExportSource(dir);
    return Array.fromAsync(source.entries());
  };
  const bytesOf = async (dir: string, entry: SourceEntry): Promise<Buffer> => {
    await using source = await openExportSource(dir);
    for await (const one of source.entries()) {
      if (isFault(one) || one.path !== entry.path) continue;
      const body = (await source.open(one, NEVER)) ?? assert.fail('expected bytes');
      return Buffer.concat(await Array.fromAsync(body));
    }
    return assert.fail(entry.path);
  };

  it('has the same ids, texts and bytes, and refuses bytes that are others', () =>
    withPlace(async (_place, services, dir) => {
      const image = await addReady(services, { tags: ['a'], metadata: { n: 1 }, externalId: 'x', description: 'd' });
      const name = `export:${JSON.parse(await exported(services, dir)).export_id}`;
      {
        await using source = await openExportSource(dir);
        assert.equal(source.name, name);
      }
      const [entry, ...others] = await entriesOf(dir);
      assert.deepEqual(others, []);
      assert.ok(entry && !isFault(entry));
      assert.deepEqual(entry.description, {
        ...{ filename: image.filename, tags: ['a'], description: 'd', metadata: { n: 1 } },
        ...{ visibility: 'private', externalId: 'x' },
      });
      assert.deepEqual([entry.id, entry.userId, entry.sizeBytes], [image.id, 'ada', image.sizeBytes]);
      assert.equal(hashOf(await bytesOf(dir, entry)), image.sha256);
      await writeFile(join(dir, entry.path), randomBytes(image.sizeBytes));
      await assert.rejects(bytesOf(dir, entry), { code: 'content-mismatch' });
    }));

  it('takes no line that no export has, and no file outside the folder', () =>
    withPlace(async (place, services, dir) => {
      await addReady(services, {});
      await exported(services, dir);
      const [line = {}] = await linesIn(dir, 'images.ndjson');
      const folder = 'originals/ada';
      await writeFile(join(place.folder, 'secret'), 'secret');
      await symlink(join(place.folder, 'secret'), join(dir, folder, 'link.jpg'));
      const forged: readonly [object, RegExp | null][] = [
        [{ ...line, id: '0b0c5a3e-2b5d-4c3e-9d3a-6d1f6b0d8a11' }, /by id: expected a UUIDv7 of the past/],
        [{ ...line, id: newImageId(new Date('2100-01-01')) }, /by id: /],
        [{ ...line, sha256: 'x' }, /by sha256: /],
        [{ ...line, path: '../secret' }, /by path: /],
        [
          { ...line, albums: [{ album_id: newImageId(), added: 'f'.repeat(20), moved: null }] },
          /by albums\/0\/added: /,
        ],
        [{ ...line, path: `${folder}/link.jpg` }, null],
        [{ ...line, path: 'originals/../../secret' }, null],
        [{ ...line, path: `${folder}/absent.jpg` }, null],
      ];
      const text = forged.map(([one]) => JSON.stringify(one)).join('\n');
      await writeFile(join(dir, 'images.ndjson'), `${text}\nno JSON\n`);
      await using source = await openExportSource(dir);
      const found = await Array.fromAsync(source.entries());
      assert.equal(found.length, forged.length + 1);
      for (const [index, [, fault]] of [...forged, [{}, /by the line: /] as const].entries()) {
        const one = found[index] ?? assert.fail();
        if (fault === null) assert.equal(await source.open(isFault(one) ? assert.fail() : one, NEVER), undefined);
        else assert.match(isFault(one) ? one.fault : '', fault);
      }
      await writeFile(join(dir, 'images.ndjson'), '{"cut');
      await assert.rejects(Array.fromAsync(source.entries()), {
        code: 'unavailable',
        detail: /^images.ndjson, line 1: /,
      });
    }));
});

async function exported(services: SoleArchiveServices, dir: string): Promise<string> {
  await exportService(services, dir, ALL);
  return readFile(join(dir, 'export.json'), 'utf8');
}
