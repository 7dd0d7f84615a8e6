import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { isInRun } from '../../../../scripts/test-tiers.ts';
import { readDeletion } from '../../src/operations/users/read-deletion.ts';
import { samplePending, samplePublished } from '../../src/records/images/sample-images.fixture.ts';
import { composeSoleArchive, type SoleArchiveServices } from '../../src/run/compose/archive.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import { addStored, PLACES } from '../backups/place.ts';
import { createRandom, type Random } from '../chance/random.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { fakeTimeIn, NO_FAKE_TIME } from '../services/fake-time.ts';
import { filesBelow } from '../services/files-below.ts';
import { killAll, type Spawned, spawnProgram, untilPrinted } from '../services/running-service.ts';
import { addPerson, inCloud, inFiles } from './person.ts';
import { addWitness } from './witness.ts';

const isLong = isInRun('long');
/** Users that are deleted, one after the other. */
const ROUNDS = isLong ? 12 : 1;
const CLOUD_ROUNDS = 6;
/** Kills in each half of a deletion: before the last URL has ended, and after that. */
const MOST_KILLS = isLong ? 4 : 1;
/** So that each half takes a while. */
const MORE_IMAGES = 40;
/** The records of images and of the deletion, which stay until the last URL has ended. */
const RECORDS = MORE_IMAGES + 11;
const SEED = 20_261_127;
const BOB = 'person-bob-0815';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');
const START = join(import.meta.dirname, '../../src/bin/start.js');

async function addLargePerson(services: SoleArchiveServices, userId: string) {
  const person = await addPerson(services, userId);
  const hashes: string[] = [];
  for (let n = 0; n < MORE_IMAGES; n += 1)
    hashes.push((await addStored(services, samplePublished(samplePending({ userId })))).sha256);
  return { ...person, needles: [...person.needles, ...hashes] };
}

/** What is left of the user, as a number that only falls; read beside the service. */
async function leftOf(dataDir: string, userId: string): Promise<number> {
  using database = new DatabaseSync(join(dataDir, 'safelight.db'), { readOnly: true, timeout: 5_000 });
  const count = (sql: string, ...values: string[]) =>
    Number(Object.values(database.prepare(sql).get(...values) ?? {})[0]);
  const shown = count("SELECT COUNT(*) FROM images WHERE user_id = ? AND status != 'deleted'", userId);
  const rows = count('SELECT COUNT(*) FROM images WHERE user_id = ?', userId);
  const named = count('SELECT COUNT(*) FROM deletions WHERE instr(deletion, ?)', userId);
  const objects = join(dataDir, 'objects/images', userId);
  const files = existsSync(objects) ? (await filesBelow(objects).catch(() => [])).length : 0;
  return shown + rows + named + files;
}

describe('kill -9 of the service that deletes a user', { skip: NO_FAKE_TIME }, () => {
  it('at any moment: it goes on, and at the end nothing of the user is left', { timeout: 1_200_000 }, async () => {
    const random = createRandom(SEED);
    await using place = await PLACES['SQLite and disk']();
    const dataDir = place.environment['DATA_DIR'] ?? '';
    const clock = join(place.folder, 'clock');
    const environment = { ...place.environment, LOG_LEVEL: 'warn', ...fakeTimeIn(clock) };
    const setClock = (minutes: number) => writeFile(clock, `+${minutes}m`);
    const run = (...command: string[]) => spawnProgram(place.folder, environment, [process.execPath, ...command]);
    await setClock(0);
    await withServices(place.open, ({ usage }) => usage.setCounted(new Date())); // as the first start of a service does

    /** Kills the service once it has done a part of its work, after which `least` is left, or after that time. */
    async function killAtWork(service: Spawned, userId: string, { least = 0, longestMs = 20_000 } = {}): Promise<void> {
      const work = Math.max((await leftOf(dataDir, userId)) - least, 1);
      const goal = least + (random.chance(0.3) ? 0 : random.below(work));
      const end = performance.now() + longestMs;
      while (performance.now() < end && (await leftOf(dataDir, userId)) > goal) await delay(5);
      if (goal === 0) await delay(random.below(40)); // the database is rewritten
      await killAll({ process: service.child });
    }
    async function startAndKill(userId: string, least: number): Promise<void> {
      const service = run(START);
      await listening(service);
      const isTimed = random.chance(0.3);
      await killAtWork(service, userId, { least, ...(isTimed && { longestMs: random.below(500) }) });
    }

    for (let round = 1; round <= ROUNDS; round += 1) {
      const userId = `person-ada-${round}`;
      const { ada, bob } = await withServices(place.open, async (services) => ({
        ada: await addLargePerson(services, userId),
        bob: await addWitness(services, `${BOB}-${round}`),
      }));
      assert.ok((await inFiles(dataDir, ada)).length > 10);

      let asking: Spawned;
      {
        const service = run(START);
        await listening(service);
        asking = run(ADMIN, 'user', 'delete', userId);
        await killAtWork(service, userId, { least: RECORDS });
      }
      for (let kills = random.below(MOST_KILLS); kills > 0; kills -= 1) await startAndKill(userId, RECORDS);
      if (isLong && random.chance(0.7)) {
        const service = run(START);
        const { exitCode, output } = await asking.ended;
        assert.ok(exitCode === 0 || /got its end \d times|expected the running service to take/.test(output), output);
        await killAll({ process: service.child });
      } else asking.child.kill('SIGKILL');

      await setClock(round * 60);
      for (let kills = 1 + random.below(MOST_KILLS); kills > 0; kills -= 1) await startAndKill(userId, 0);
      const service = run(START);
      await listening(service);
      const ended = await run(ADMIN, 'user', 'delete', userId, '--wait').ended;
      assert.match(ended.output, /"state":"ended"/);
      assert.deepEqual(await inFiles(dataDir, ada), [], `in round ${round} of SEED=${SEED}`);
      await killAll({ process: service.child });
      await withServices(place.open, async (services) => {
        await bob.requireIntact(services);
        assert.deepEqual(await services.erasures.openDeletions(), []);
      });
    }
  });
});

const skip = isLong ? NO_CLOUD : 'runs in the long tier';
describe('kill -9 of the command that deletes a user of DynamoDB and a bucket with versions', { skip }, () => {
  it('at any moment: it goes on, and at the end nothing of the user is left', { timeout: 1_200_000 }, async () => {
    const random = createRandom(SEED);
    await using cloud = await createCloud();
    const { client, name: Bucket } = cloud.bucket;
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    await using place = await PLACES['SQLite and disk']();
    const environment = { ...place.environment, ...cloud.environment };
    const { config, secrets } = loadConfig(environment);
    const open = () => composeSoleArchive(config, secrets, { observe: () => undefined });
    const run = (...options: string[]) =>
      spawnProgram(place.folder, environment, [process.execPath, ADMIN, 'user', 'delete', ...options]);

    for (let round = 1; round <= CLOUD_ROUNDS; round += 1) {
      const userId = `person-ada-${round}`;
      const { ada, bob } = await withServices(open, async (services) => ({
        ada: await addLargePerson(services, userId),
        bob: await addWitness(services, `${BOB}-${round}`),
      }));
      assert.ok((await inCloud(cloud, ada)).length > 10);
      await killMany(random, () => run(userId));
      assert.match((await run(userId).ended).output, /"state":"open"/);

      await withServices(open, async (services) => {
        const open = (await readDeletion(services, userId)) ?? assert.fail();
        await services.erasures.putDeletion({ ...open, urlsEndAt: new Date() });
      });
      await killMany(random, () => run(userId));
      const { exitCode, output } = await run(userId).ended;
      assert.match(output, /"state":"ended"/);
      assert.equal(exitCode, 0, output);
      assert.deepEqual(await inCloud(cloud, ada), [], `in round ${round} of SEED=${SEED}`);
      assert.deepEqual(await inFiles(place.folder, ada), []);
      await withServices(open, (services) => bob.requireIntact(services));
    }
  });
});

async function killMany(random: Random, run: () => Spawned): Promise<void> {
  for (let kills = 1 + random.below(MOST_KILLS); kills > 0; kills -= 1) {
    const { child, ended } = run();
    await Promise.race([delay(500 + random.below(2_500)), ended]);
    child.kill('SIGKILL');
    await ended;
  }
}

async function withServices<Result>(
  open: () => Promise<{ readonly services: SoleArchiveServices } & AsyncDisposable>,
  work: (services: SoleArchiveServices) => Promise<Result>,
): Promise<Result> {
  await using composition = await open();
  return await work(composition.services);
}

const listening = (service: Spawned) => untilPrinted(service, /listens on/);
