import assert from 'node:assert/strict';
import { mkdir, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isInRun } from '../../../../scripts/test-tiers.ts';
import { createBucket } from '../../../../test/servers/bucket.ts';
import { readLeftOut } from '../../src/admin/archive/backup/left-out.ts';
import type { Manifest } from '../../src/admin/archive/backup/manifest.ts';
import { backupPath, objectPath } from '../../src/admin/archive/backup/names.ts';
import { readRecords } from '../../src/admin/archive/backup/records-file.ts';
import { openFolderTarget } from '../../src/admin/archive/place/folder/folder.ts';
import { openS3Target } from '../../src/admin/archive/place/s3/s3.ts';
import { LOCK_PATH, readText, type Target } from '../../src/admin/archive/place/target.ts';
import { checkRestored } from '../../src/admin/backups/check-restored.ts';
import { findBackups } from '../../src/admin/backups/find-backups.ts';
import { listBackups } from '../../src/admin/backups/list-backups.ts';
import { openBackup } from '../../src/admin/backups/open-backup.ts';
import { verifyBackups } from '../../src/admin/backups/verify-backup.ts';
import { createRandom } from '../chance/random.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { spawnProgram, startService } from '../services/running-service.ts';
import { restoreFrom } from './backups.ts';
import { PLACES, type Place } from './place.ts';
import { createWriters, type Written } from './writers.ts';

/** In some of them the backup comes to its end first, and the next one begins. */
const KILLS = isInRun('long') ? 70 : 10;
const CLOUD_KILLS = isInRun('long') ? 30 : 2;
const SEED = 20_261_126;
const FIRST_IMAGES = 40;

const KINDS = (['SQLite and disk', 'DynamoDB and S3'] as const).filter(
  (kind) => kind === 'SQLite and disk' || !NO_CLOUD,
);
const KINDS_OF_CLOUD = isInRun('long') ? KINDS : (['SQLite and disk'] as const);

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');

/** Where a service and its target are. */
interface Places extends AsyncDisposable {
  readonly target: Target;
  /** As the operator names it. */
  readonly targetName: string;
  readonly environment: Readonly<Record<string, string>>;
}

describe('kill -9 of a backup beside writes', () => {
  describe('from SQLite and disk to a folder', () => describeKills({ kills: KILLS, kinds: KINDS, open: inFolders }));

  describe('from DynamoDB and S3 to a bucket', { skip: NO_CLOUD }, () =>
    describeKills({ kills: CLOUD_KILLS, kinds: KINDS_OF_CLOUD, open: inCloud }),
  );
});

async function inFolders(folder: string): Promise<Places> {
  const path = join(folder, 'target');
  await mkdir(path);
  const target = await openFolderTarget({ name: path, path });
  return { target, targetName: path, environment: {}, [Symbol.asyncDispose]: async () => undefined };
}

async function inCloud(): Promise<Places> {
  await using stack = new AsyncDisposableStack();
  const cloud = stack.use(await createCloud());
  const bucket = stack.use(await createBucket(cloud.bucket.s3));
  const { url: endpoint, region, ...credentials } = bucket.s3;
  const targetName = `s3://${bucket.name}/photos`;
  const options = {
    name: targetName,
    bucket: bucket.name,
    prefix: 'photos/',
    region,
    endpoint,
    credentials,
    caBundle: null,
  };
  const target = stack.use(await openS3Target(options));
  const held = stack.move();
  const environment = {
    ...cloud.environment,
    BACKUP_S3_ENDPOINT: endpoint,
    BACKUP_S3_REGION: region,
    BACKUP_AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    BACKUP_AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  return { target, targetName, environment, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

interface KillOptions {
  readonly kills: number;
  /** The kinds of places into which a backup that was killed is restored. */
  readonly kinds: readonly (keyof typeof PLACES)[];
  open(folder: string): Promise<Places>;
}

function describeKills({ kills, kinds, open }: KillOptions): void {
  it('at any moment: each finished backup has every image of its time, byte for byte', async (test) => {
    const random = createRandom(SEED);
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-kills-'));
    await using places = await open(folder.path);
    const { target, targetName, environment } = places;
    await using service = await startService({ LOG_LEVEL: 'warn', ...environment }, folder.path);
    const writers = createWriters(service.origin, random);
    for (let count = 0; count < FIRST_IMAGES; count += 1) await writers.upload();
    const backup = (...options: string[]) =>
      spawnProgram(folder.path, environment, [process.execPath, ADMIN, 'backup', targetName, ...options]);

    const stopping = new AbortController();
    const writing = writers.writeUntil(stopping.signal);
    /** How often each backup was killed while it copied originals. */
    const killsOf = new Map<string, number>();
    const hits = { 'before its records': 0, 'at its originals': 0, 'after its end': 0 };
    try {
      for (let kill = 0; kill < kills; kill += 1) {
        const before = await readText(target, LOCK_PATH);
        const { child, ended } = backup('--limit-rate', '300K');
        const hasEnded = new AbortController();
        void ended.then(() => hasEnded.abort());
        await hasLock(target, before, hasEnded.signal);
        const isLate = kill === 0 || random.chance(0.5); // so that one of few is
        if (isLate) await hasRecords(target, hasEnded.signal);
        await Promise.race([delay(random.below(isLate ? 1_200 : 200)), ended]);
        child.kill('SIGKILL');
        const { exitCode, output } = await ended;
        assert(exitCode === null || exitCode === 0, output);
        const { id = '', place } = await workIn(target);
        hits[place] += 1;
        if (place === 'at its originals') killsOf.set(id, (killsOf.get(id) ?? 0) + 1);
        assert.deepEqual((await verifyBackups({ target })).findings, []); // before the next one could mend it
      }
      for (let last = 0; last < 2; last += 1) {
        const { exitCode, output } = await backup().ended;
        assert.equal(exitCode, 0, output);
      }
    } finally {
      stopping.abort();
      test.diagnostic(await writing);
    }
    const told = JSON.stringify(hits);
    test.diagnostic(`kills: ${told}`);
    assert(hits['after its end'] < kills, `expected a kill before the end; got ${told}`);
    if (isInRun('long')) {
      // Of a few kills, on a busy machine, most may come late.
      assert(hits['after its end'] < kills / 2, `expected kills before the end mostly; got ${told}`);
      assert(hits['at its originals'] > 0, `expected kills while originals were copied; got ${told}`);
    }

    const { findings } = await verifyBackups({ target });
    assert.deepEqual(findings, []);
    const finished = (await listBackups(target)).flatMap((one) => (one.state === 'finished' ? [one.manifest] : []));
    assert(finished.length >= 2, `expected two backups or more; got ${finished.length}`);
    for (const manifest of finished) await requireAll(target, manifest, writers.written());

    const killsIn = ({ id }: Manifest): number => killsOf.get(id) ?? 0;
    const [mostKilled = assert.fail()] = finished.toSorted((one, other) => killsIn(other) - killsIn(one));
    test.diagnostic(`restored: a backup of ${mostKilled.counts.images} images, killed ${killsIn(mostKilled)} times`);
    if (isInRun('long')) assert(killsIn(mostKilled) > 0);
    for (const kind of kinds) {
      await using place = await PLACES[kind]();
      await requireRestored(target, mostKilled, place);
    }
  });
}

/** Into an empty place: with the records and bytes of the backup. */
async function requireRestored(target: Target, { id, counts }: Manifest, place: Place): Promise<void> {
  await using composition = await place.open();
  const { services } = composition;
  const { report, backup, erased } = await restoreFrom({ target }, services, { backup: await openBackup(target, id) });
  const images = counts.images - counts.leftOut;
  assert.deepEqual([report.images, report.damaged], [images, []]);
  assert.deepEqual(await checkRestored(services, { backup, erased }), { intact: images, faults: [], faultCount: 0 });
}

/** Its start takes longer than its work: a moment is counted from its lock. */
async function hasLock(target: Target, before: string | undefined, hasEnded: AbortSignal): Promise<void> {
  while (!hasEnded.aborted && ((await readText(target, LOCK_PATH)) ?? before) === before) await delay(10);
}

/** A resume has them from its start; reading and storing new ones takes longer and longer. */
async function hasRecords(target: Target, hasEnded: AbortSignal): Promise<void> {
  while (!hasEnded.aborted && (await workIn(target)).place === 'before its records') await delay(10);
}

/** The backup that has or had the lock, and how far it is. */
async function workIn(target: Target): Promise<{
  readonly id: string | undefined;
  readonly place: 'before its records' | 'at its originals' | 'after its end';
}> {
  const work = /"work":"([^"]+)"/.exec((await readText(target, LOCK_PATH)) ?? '')?.[1];
  const found = (await findBackups(target)).find(({ id }) => id === work);
  if (found?.isFinished) return { id: work, place: 'after its end' };
  return { id: work, place: found?.hasRecords ? 'at its originals' : 'before its records' };
}

/** That it has what was acknowledged before it began, and not deleted before it ended. */
async function requireAll(target: Target, manifest: Manifest, written: readonly Written[]): Promise<void> {
  const { id, recordsAt, endedAt } = manifest;
  const files = await Promise.all(
    (['records.jsonl', 'left-out.jsonl'] as const).map((file) => target.get(backupPath(id, file))),
  );
  const [records, left] = files;
  assert(records && left);
  const leftOut = await readLeftOut(left);
  const found = new Map<string, string>();
  for await (const { record } of readRecords(records, { backup: id }))
    if (record.kind === 'image' && !leftOut.has(record.image.id)) found.set(record.image.id, record.image.sha256);
  const [begin, end] = [Date.parse(recordsAt), Date.parse(endedAt)];
  const due = written.filter((one) => one.acknowledgedAt < begin && one.deletedAt > end);
  assert(due.length > 0);
  for (const { imageId, bytes } of due) {
    const sha256 = found.get(imageId);
    assert(sha256, `expected ${imageId} in ${id}; it is not there`);
    const object = await target.get(objectPath(sha256));
    assert(object && (await buffer(object)).equals(bytes), imageId);
  }
}
