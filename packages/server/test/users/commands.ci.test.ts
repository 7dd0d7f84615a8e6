import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isInRun } from '../../../../scripts/test-tiers.ts';
import { readDeletion } from '../../src/operations/users/read-deletion.ts';
import { composeSoleArchive, type SoleArchiveServices } from '../../src/run/compose/archive.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import { backUp, createTarget } from '../backups/backups.ts';
import { PLACES, type Place } from '../backups/place.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { fakeTimeIn, NO_FAKE_TIME } from '../services/fake-time.ts';
import { type Ended, spawnProgram, startService } from '../services/running-service.ts';
import { addPerson, inCloud, inFiles, type Person } from './person.ts';
import { addWitness } from './witness.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');
/** JSON and keys of objects name it in other ways. */
const ADA = 'person "ada" 4711';
const BOB = 'person-bob-0815';
const LONG = isInRun('long') ? false : 'runs in the long tier';

const NO_TARGET =
  /^This command noted the deletion in no target of backups: a restore from an older backup brings the person back until /m;

const jsonIn = (output: string) => JSON.parse(/^\{.*\}$/m.exec(output)?.[0] ?? 'null');

async function addAda(services: SoleArchiveServices): Promise<Person> {
  const ada = await addPerson(services, ADA);
  return { ...ada, needles: [...ada.needles, JSON.stringify(ADA).slice(1, -1), encodeURIComponent(ADA)] };
}

/** A place with two users, whose commands and services share a clock that the test sets. */
async function createPlaceOfTwo() {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await PLACES['SQLite and disk']());
  const dataDir = place.environment['DATA_DIR'] ?? '';
  const clock = join(place.folder, 'clock');
  const environment = { ...place.environment, LOG_LEVEL: 'warn', ...fakeTimeIn(clock) };
  const setClock = (minutes: number) => writeFile(clock, `+${minutes}m`);
  await setClock(0);
  await using composition = await place.open();
  const { services } = composition;
  await services.usage.setCounted(new Date());
  const ada = await addAda(services);
  const bob = await addWitness(services, BOB);
  const held = stack.move();
  return {
    place,
    dataDir,
    bob,
    setClock,
    ada,
    environment,
    leftovers: () => inFiles(dataDir, ada),
    start: () => startService(environment, place.folder),
    run: (...args: readonly string[]) => runAdmin({ ...place, environment }, ...args),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const runAdmin = ({ folder, environment }: Pick<Place, 'folder' | 'environment'>, ...args: readonly string[]) =>
  spawnProgram(folder, environment, [process.execPath, ADMIN, ...args]).ended;

function assertEnded({ exitCode, output }: Ended, code: number, ...says: readonly RegExp[]): void {
  assert.equal(exitCode, code, output);
  for (const one of says) assert.match(output, one);
}

describe('npm run admin -- user, beside a running service', { skip: NO_FAKE_TIME }, () => {
  it('exports a user, and deletes one: the service ends that, and nothing names the user, also after the receipt is read again', async () => {
    await using two = await createPlaceOfTwo();
    const { run, setClock } = two;
    await using target = await createTarget();
    const dir = join(two.place.folder, 'export');
    {
      await using _service = await two.start();
      const exported = await run('user', 'export', ADA, dir);
      // The service refuses a held one, which is late, and the bytes of the other one take their place.
      assertEnded(exported, 0, /^10 images, [345] originals with (?:9|12|15)000 bytes: /m);
      assert.match(`${(await readdir(join(dir, 'originals'))).length}`, /^[345]$/);
      assert.equal(JSON.parse(await readFile(join(dir, 'person.json'), 'utf8')).user_id, ADA);

      const begun = await run('user', 'delete', ADA, '--block-days', '3', '--target', target.path);
      assertEnded(begun, 0, /The service ends the deletion then: user delete USER --status shows it/);
      assert.doesNotMatch(begun.output, NO_TARGET);
      const { state, started_at, blocked_until } = jsonIn(begun.output);
      assert.deepEqual([state, Date.parse(blocked_until) - Date.parse(started_at)], ['open', 3 * 86_400_000]);
      assert.notEqual((await readdir(join(target.path, 'erasures'))).length, 0);
    }
    await setClock(60);
    await using _service = await two.start();
    const ended = await run('user', 'delete', ADA, '--block-days', '90', '--wait');
    assertEnded(ended, 0, NO_TARGET);
    const receipt = jsonIn(ended.output);
    assert.equal(receipt.state, 'ended');
    assert.equal(Date.parse(receipt.blocked_until) - Date.parse(receipt.started_at), 90 * 86_400_000);
    assert.deepEqual(await two.leftovers(), []);

    const again = await run('user', 'delete', ADA, '--block-days', '1');
    assertEnded(again, 0, /^The user is blocked until .*, not for 1 days from /m);
    assert.deepEqual(jsonIn(again.output), receipt);
    assert.deepEqual(await two.leftovers(), []);
  });

  it('counts, asks on a terminal, and blocks nobody who is unknown', async () => {
    await using two = await createPlaceOfTwo();
    const { run, place, environment } = two;
    await using _service = await two.start();
    const planned = await run('user', 'delete', ADA, '--dry-run');
    assert.deepEqual([planned.exitCode, jsonIn(planned.output).state], [0, 'planned'], planned.output);
    assert.equal(jsonIn(planned.output).images, 10);
    for (const args of [[], ['--dry-run']]) {
      const unknown = await run('user', 'delete', 'nobody', ...args);
      assertEnded(unknown, 1, /^\{"state":"none"\}$/m, /^expected a user of the service; got one without any record/m);
    }
    const terminal = (typed: string) => {
      const command = [process.execPath, ADMIN, 'user', 'delete', ADA].map((one) => `'${one}'`).join(' ');
      const asking = ['sh', '-c', 'printf "$0" | script -qec "$1" /dev/null', typed, command];
      return spawnProgram(place.folder, environment, asking).ended;
    };
    for (const typed of ['no\\n', 'y\\n'])
      assertEnded(await terminal(typed), 1, /4711.*: 10 images, \d+ API keys, and blocks/, /^Nothing was deleted/m);
    for (const user of [ADA, 'nobody'])
      assertEnded(await run('user', 'delete', user, '--status'), 0, /^\{"state":"none"\}$/m);
    assertEnded(await terminal('yes\\n'), 0, /"state":"open"/);
    assertEnded(await run('user', 'delete', 'nobody', '--block-days', '3'), 0, /"state":"(?:open|ended)"/);
  });

  it('tells of no deletion, and of a target or a service that is not there, before it changes anything', {
    skip: LONG,
  }, async () => {
    await using two = await createPlaceOfTwo();
    const { run, place } = two;
    await using _service = await two.start();
    const none = await run('user', 'delete', 'nobody', '--status');
    assertEnded(none, 0, /^\{"state":"none"\}$/m);
    assertEnded(await run('user', 'export', 'nobody', join(place.folder, 'none')), 0, /^0 images, 0 originals/m);
    const again = await run('user', 'export', 'nobody', join(place.folder, 'none'));
    assertEnded(again, 1, /^expected a new or empty folder at .*; got one with /m);
    const empty = join(place.folder, 'empty');
    await mkdir(empty);
    for (const target of [join(place.folder, 'absent'), empty, two.dataDir])
      assertEnded(await run('user', 'delete', ADA, '--target', target), 1, /expected |isn't/);
    assertEnded(await run('user', 'delete', '', '--wait'), 2, /^expected a user id; got an empty text\nUsage: /m);
    assert.deepEqual(jsonIn((await run('user', 'delete', ADA, '--status')).output), { state: 'none' });
    const elsewhere = { folder: place.folder, environment: { DATA_DIR: join(place.folder, 'elsewhere') } };
    for (const args of [
      ['delete', ADA],
      ['delete', ADA, '--status'],
      ['export', ADA, join(place.folder, 'new')],
    ])
      assertEnded(await runAdmin(elsewhere, 'user', ...args), 1, /^expected the records of a service in DATA_DIR /m);
    assert.equal((await readdir(place.folder)).includes('elsewhere'), false);
  });
});

describe('npm run admin -- user, without a service', { skip: LONG || NO_FAKE_TIME }, () => {
  it('deletes by itself, repeated once the last URL has ended; no backup brings the person back', async () => {
    await using two = await createPlaceOfTwo();
    const { run, place } = two;
    await using target = await createTarget();
    await using older = await createTarget();
    {
      await using composition = await place.open();
      for (const one of [target, older]) await backUp(composition.services, one);
    }
    const begun = await run('user', 'delete', ADA, '--target', target.path);
    assertEnded(begun, 0, /^10 images are hidden$/m, /Run the same command again then, or start the service/);
    await two.setClock(60);
    const ended = await run('user', 'delete', ADA, '--target', target.path);
    assertEnded(ended, 0, /"state":"ended"/);
    assert.deepEqual(jsonIn((await run('user', 'delete', ADA, '--status')).output), jsonIn(ended.output));
    assert.deepEqual(await two.leftovers(), []);
    {
      await using composition = await place.open();
      await two.bob.requireIntact(composition.services);
    }

    const notBack = /^Not brought back, because of an erasure: 5 images$/m;
    for (const source of [target, older])
      assertEnded(await run('restore', source.path, '--user', ADA), 0, /: 0 images \(/, notBack);
    assert.deepEqual(await two.leftovers(), []);

    const [erasure = ''] = await readdir(join(target.path, 'erasures'));
    const file = join(target.path, 'erasures', erasure);
    for (const args of [[target.path], [older.path, '--erasures', file]]) {
      await using empty = await PLACES['SQLite and disk']();
      assertEnded(await runAdmin(empty, 'restore', ...args), 0, /: 3 images \(/, notBack);
      await using composition = await empty.open();
      await two.bob.requireRestored(composition.services);
      assert.deepEqual(await inFiles(empty.folder, two.ada), []);
    }
  });
});

describe('npm run admin -- user, on DynamoDB and a bucket', { skip: LONG || NO_CLOUD }, () => {
  it('exports and deletes beside any number of processes; the command alone ends the deletion', async () => {
    await using cloud = await createCloud();
    await using place = await PLACES['SQLite and disk']();
    await using target = await createTarget();
    const environment = { ...place.environment, ...cloud.environment };
    const { config, secrets } = loadConfig(environment);
    await using composition = await composeSoleArchive(config, secrets, { observe: () => undefined });
    const { services } = composition;
    await services.usage.setCounted(new Date());
    const ada = await addAda(services);
    const bob = await addWitness(services, BOB);
    await backUp(services, target);
    const run = (...args: readonly string[]) => runAdmin({ folder: place.folder, environment }, ...args);
    await using _service = await startService({ ...environment, LOG_LEVEL: 'warn' }, place.folder);

    const dir = join(place.folder, 'export');
    assertEnded(await run('user', 'export', ADA, dir), 0, /^10 images, [345] originals with (?:9|12|15)000 bytes: /m);
    assertEnded(await run('user', 'delete', ADA, '--status'), 0, /^\{"state":"none"\}$/m);
    const begun = await run('user', 'delete', ADA, '--target', target.path);
    assertEnded(begun, 0, /"state":"open"/, /Run the same command again then/);
    assert.notDeepEqual(await inCloud(cloud, ada), []);

    const open = (await readDeletion(services, ADA)) ?? assert.fail();
    await services.erasures.putDeletion({ ...open, urlsEndAt: new Date() }); // as if its time had come
    const ended = await run('user', 'delete', ADA, '--target', target.path, '--wait');
    assertEnded(ended, 0, /"state":"ended"/);
    assert.deepEqual(await inCloud(cloud, ada), []);
    assert.deepEqual(jsonIn((await run('user', 'delete', ADA)).output), jsonIn(ended.output));
    assert.deepEqual(jsonIn((await run('user', 'delete', ADA, '--status')).output), jsonIn(ended.output));
    const restored = await run('restore', target.path, '--user', ADA);
    assertEnded(restored, 0, /^Not brought back, because of an erasure: 5 images$/m);
    assert.deepEqual(await inCloud(cloud, ada), []);
    await bob.requireIntact(services);
  });
});
