import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { erasureText } from '../../src/admin/archive/backup/erasures.ts';
import { objectPath } from '../../src/admin/archive/backup/names.ts';
import { later } from '../../src/domain/access/api-keys.fixture.ts';
import type { StoredImage } from '../../src/domain/image/image.ts';
import { userHashOf } from '../../src/domain/user/user-hash.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { NOW, newImageId, samplePending, samplePublished } from '../../src/records/images/sample-images.fixture.ts';
import { filesBelow } from '../services/files-below.ts';
import { spawnProgram } from '../services/running-service.ts';
import { backUp, createTarget } from './backups.ts';
import { addStored, hashOf, PLACES, type Place, recordsOf } from './place.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');
const KEY = 'e5'.repeat(32);

const spawnRestore = ({ folder, environment }: Place, target: string, ...options: readonly string[]) =>
  spawnProgram(folder, { ...environment }, [process.execPath, ADMIN, 'restore', target, ...options]);

/** A backup of that many images with the secret of the service, and a new place. */
async function setUp(count: number) {
  await using stack = new AsyncDisposableStack();
  const target = stack.use(await createTarget());
  const source = stack.use(await PLACES['SQLite and disk']());
  const images: StoredImage[] = [];
  await using composition = await source.open();
  const { services } = composition;
  for (let n = 0; n < count; n += 1)
    images.push(await addStored(services, samplePublished(samplePending({ userId: n === 0 ? 'zoe' : 'ada' }))));
  const secret = await services.ownSecret();
  await backUp(services, target, secret);
  const place = stack.use(await PLACES['SQLite and disk']());
  const held = stack.move();
  return { target, images, secret, place, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

describe('npm run admin -- restore', () => {
  it('goes on after kill -9, and then has everything, with the secret; no image is ever half there', async () => {
    await using set = await setUp(150);
    const { place, target } = set;
    const killed = spawnRestore(place, target.path);
    const objects = join(place.environment['DATA_DIR'] ?? '', 'objects/images');
    await until(async () => (await filesBelow(objects).catch(() => [])).length > 20);
    killed.child.kill('SIGKILL');
    await killed.ended;
    let before: number;
    {
      await using composition = await place.open();
      const there = await recordsOf(composition.services);
      before = there.length;
      for (const record of there)
        if (record.kind === 'image' && record.image.status === 'ready')
          assert.equal(await hashOf(composition.services, record.image), record.image.sha256);
    }
    const { exitCode, output } = await spawnRestore(place, target.path, '--json').ended;
    assert.equal(exitCode, 0, output);
    const report = JSON.parse(output) as Record<string, unknown>;
    assert.deepEqual(
      [report['already_there'], report['images'], report['secret'], report['damaged']],
      [before, 150 - before, 'same', []], // the first run has restored it
    );
    assert.equal((await readFile(join(place.environment['DATA_DIR'] ?? '', 'secret'), 'utf8')).trim(), set.secret);
    await using composition = await place.open();
    for (const image of set.images) assert.equal(await hashOf(composition.services, image), image.sha256);
  });

  it('names what it could not restore and ends with 1; it leaves out whom a file of erasures names', async () => {
    await using set = await setUp(3);
    const [, absent] = set.images;
    assert.ok(absent);
    await rm(join(set.target.path, objectPath(absent.sha256)));
    const file = join(set.place.folder, 'erasure.json');
    const userHash = userHashOf(KEY, 'zoe');
    const erasure = { id: newImageId(), userHash, imageIds: [], erasedAt: NOW, blockedUntil: later(60) };
    await writeFile(file, erasureText({ key: KEY, erasure }));
    const { exitCode, output } = await spawnRestore(set.place, set.target.path, '--erasures', file).ended;
    assert.equal(exitCode, 1, output);
    assert.match(output, /^Restored of the backup \S+, with the records of \S+: 1 images \(.*, 1 erasures$/m);
    assert.match(output, /^Not brought back, because of an erasure: 1 images$/m);
    assert.match(output, new RegExp(`^damaged: ${absent.id}: expected its bytes in the target; got none$`, 'm'));
    assert.match(output, /^The secret of the service was restored: /m);
    assert.match(output, /: 1\. npm run admin -- facts has the service read them\n$/);
  });

  it('says what is void without the secret', async () => {
    const SECRET_KEY = 'a key of the operator of 32 bytes or more';
    const signed = /[Vv]oid are URLs of presets, renders and share links, .*\. API keys work\.$/m;
    await using source = await PLACES['SQLite and disk']();
    await using target = await createTarget();
    await using other = await createTarget();
    await using without = await createTarget();
    {
      await using composition = await source.open();
      await backUp(composition.services, target);
      await backUp(composition.services, without);
      await backUp(composition.services, other, 'of the service that was backed up');
    }
    for (const [path, own, says] of [
      [
        target.path,
        {},
        /^The backup has no secret, and SECRET_KEY is not set, so that the service makes a new one\. /m,
      ],
      [target.path, { SECRET_KEY }, /^SECRET_KEY must be the key of the service that was backed up: /m],
      [other.path, {}, /^This place had another secret already, which stays\. /m],
      [without.path, {}, /^This place had a secret already, which stays, and the backup has none\. Unless /m],
    ] as const) {
      await using place = await PLACES['SQLite and disk'](own);
      {
        await using composition = await place.open();
        if (path !== target.path) await composition.services.ownSecret();
      }
      const { exitCode, output } = await spawnRestore(place, path).ended;
      assert.equal(exitCode, 0, output);
      for (const one of [says, signed]) assert.match(output, one);
      assert.doesNotMatch(output, /admin -- facts/);
    }
  });
});

describe('npm run admin -- restore --drill', () => {
  it('reads everything back and leaves nothing, beside a service and on other stores', async () => {
    await using set = await setUp(5);
    const folder = join(set.place.folder, 'drills');
    await mkdir(folder);
    await using _service = await set.place.open();
    const run = () => spawnRestore(set.place, set.target.path, '--drill', '--in', folder, '--json').ended;
    const { exitCode, output } = await run();
    assert.equal(exitCode, 0, output);
    const { intact, faults, images } = JSON.parse(output) as Record<string, unknown>;
    assert.deepEqual([images, intact, faults], [5, 5, []]);
    assert.deepEqual(await readdir(folder), []);

    const [id = ''] = await readdir(join(set.target.path, 'backups'));
    await writeFile(join(set.target.path, 'backups', id, 'records.jsonl'), 'no records\n');
    const failed = await run();
    assert.equal(failed.exitCode, 1, failed.output);
    assert.match(failed.output, /^expected the backup /);
    assert.deepEqual(await readdir(folder), []);
    assert.deepEqual(await recordsOf(_service.services), []);
  });
});
