import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startPostgres } from '../../../../test/servers/postgres.ts';
import { createDatabase } from '../../../../test/servers/postgres-for-tests.ts';
import { type Image, isStored } from '../../src/domain/image/image.ts';
import { sweepOrphans } from '../../src/operations/upkeep/sweep-orphans.ts';
import { composeSoleArchive } from '../../src/run/compose/archive.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import { recordsOf } from '../backups/place.ts';
import { createRandom, type Random } from '../chance/random.ts';
import { followPages } from '../events/event-readers.ts';
import type { ToldEvent, ToldPage } from '../events/event-service.ts';
import { firstTellings, requireTold } from '../events/told-changes.ts';
import { run as reconcileLater } from '../reconcile/planted-faults.ts';
import { createProvisionedBucket, environmentOf } from '../services/ceph-service.ts';
import { joinCloud, type OwnService } from '../services/cloud.ts';
import { keysIn } from '../services/cloud-agreement.ts';
import type { MortalService } from '../services/mortal-service.ts';
import { sha256Of, sweepAll } from '../services/record-check.ts';
import { spawnProgram } from '../services/running-service.ts';
import { createPictures, type Picture } from '../uploads/upload-requests.ts';
import { asMortal } from './mortal-fleet.ts';
import { type MortalProcesses, startMortalProcesses } from './mortal-processes.ts';
import { createRepeatingClient, type Limits, type Owner, requireWithinLimits } from './repeating-client.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');

const OWNERS = ['ada', 'bob', 'eve', 'joe'];
const CLIENTS_PER_OWNER = 3;
/** Below each quota. */
const SMALL_BYTES = 8_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export interface Kills {
  readonly uploads: number;
  /** Of processes, each with its next start. */
  readonly kills: number;
  /** Immediate ones of the database's server, each beside a kill. */
  readonly restarts: number;
  readonly seed: number;
}

/** Each owner reaches each limit: it has more uploads than images, and a few of its clients' uploads are pending. */
const limitsOf = ({ uploads }: Kills): Limits => {
  const images = Math.ceil((uploads / OWNERS.length) * 0.6);
  return { images, bytes: images * 2_500, pending: 8 };
};

/**
 * Two APIs and two workers on a PostgreSQL server of their own, whose clients upload, change and delete while processes
 * and server are killed. Asserts that nothing acknowledged is lost, that no quota is exceeded, that usage, objects and
 * records agree, and that the log has each change. The numbers of what happened.
 */
export async function killBesideUploads(plan: Kills): Promise<object> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startPostgres());
  const { url } = await createDatabase(server.postgres); // it ends with its server
  const bucket = stack.use(await createProvisionedBucket());
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-')));
  const limits = limitsOf(plan);
  const environment = {
    ...environmentOf(bucket),
    DATABASE_URL: url,
    USAGE: 'on',
    EVENTS: 'on',
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'warn',
    FINALIZE_ON_READ: 'off',
    PRESIGNED_EXPIRATION: '604800',
    QUOTA_BYTES: String(limits.bytes),
    QUOTA_IMAGES: String(limits.images),
    QUOTA_PENDING: String(limits.pending),
  };
  const random = createRandom(plan.seed);
  const processes = stack.use(await startMortalProcesses({ folder: folder.path, environment, random }));
  const follower = stack.use(followPages({ origin: processes.origin, key: '' }));
  try {
    const owners = OWNERS.map((userId): Owner => ({ userId, limits, free: [], all: [] }));
    const picture = smallPictures(random);
    const clients = owners.flatMap((owner) =>
      Array.from({ length: CLIENTS_PER_OWNER }, () => createRepeatingClient({ owner, random, picture })),
    );
    const killed = await workBesideKills({ plan, random, processes, server, clients });

    const own = stack.use(await joinCloud({ environment }));
    own.clock.offsetMs = 2 * MINUTE_MS; // past every lease of the dead
    const later = asMortal({ bucket }, own);
    await Promise.all(clients.map((client) => client.uploadHeld(later)));
    own.clock.offsetMs = 0;

    for (const owner of owners) await requireAcked(processes, owner);
    const told = await requireEvents({ processes, owners, environment, follower });
    const command = (...args: string[]) =>
      spawnProgram(folder.path, environment, [process.execPath, ADMIN, ...args]).ended;
    const recounted = await command('quota', 'reconcile');
    assert.deepEqual([recounted.exitCode, recounted.output.trim()], [0, `${RECOUNTED}; 0 differed`]);
    await processes.stopWorkers();
    await requireRest({ own, bucket, environment });
    const reconciled = await command('reconcile', '--read', '--json');
    assert.deepEqual([reconciled.exitCode, findingsIn(reconciled.output)], [0, []], reconciled.output);

    const sum = (name: keyof (typeof clients)[0]['counted']) =>
      clients.reduce((total, { counted }) => total + counted[name], 0);
    const refused = sum('refused');
    assert.ok(refused > 0, 'expected owners at their limits');
    const images = owners.flatMap(({ all }) => all);
    const counts = { acknowledged: sum('acked'), held: sum('held'), repeated: sum('repeated'), refused };
    const left = { ready: images.filter(({ status }) => status === 'ready').length, events: told };
    assert.equal(counts.acknowledged, plan.uploads);
    return { ...killed, ...counts, ...left };
  } catch (cause) {
    const said = processes.output();
    throw new Error(`with SEED=${plan.seed}, where the processes said: ${said.slice(-20_000)}`, { cause });
  }
}

const RECOUNTED = 'The usage of all users is what their records add up to';

interface Killing {
  readonly plan: Kills;
  readonly random: Random;
  readonly processes: MortalProcesses;
  readonly server: Awaited<ReturnType<typeof startPostgres>>;
  readonly clients: readonly ReturnType<typeof createRepeatingClient>[];
}

/** Each kill comes while its share of the uploads is under way. */
async function workBesideKills({ plan, random, processes, server, clients }: Killing) {
  const { uploads, kills, restarts } = plan;
  const killed = { api: 0, worker: 0, servers: 0 };
  const [perKill, perRestart] = [uploads / kills, kills / restarts];
  let left = 0;
  let done = 0;
  let isOver = false;
  const work = Promise.all(
    clients.map(async (client) => {
      for (;;) {
        while (left === 0 && !isOver) await delay(10);
        if (left === 0) return;
        left -= 1;
        await client.uploadOne(processes);
        done += 1;
      }
    }),
  );
  work.catch(() => undefined); // told by the race or at the end
  for (let nth = 0; nth < kills; nth += 1) {
    left += perKill;
    const goal = done + 1 + random.below(perKill);
    await Promise.race([work, until(() => done >= goal)]);
    const isOfServer = nth % perRestart === Math.floor(perRestart / 2);
    const kind = await processes.killOne(async () => {
      if (!isOfServer) return;
      await server.kill();
      await server.restart();
    });
    killed[kind] += 1;
    if (isOfServer) killed.servers += 1;
  }
  isOver = true;
  await work;
  return killed;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(10);
}

/** Distinct, and several of them fit into each quota. */
function smallPictures(random: Random): () => Promise<Picture> {
  const picture = createPictures(random);
  return async () => {
    for (;;) {
      const made = await picture();
      if (made.bytes.length <= SMALL_BYTES) return made; // the others are few
    }
  };
}

/** Asserts that the owner has what was acknowledged, with its bytes, and nothing else. */
async function requireAcked({ send }: Pick<MortalService, 'send'>, { userId, limits, all }: Owner): Promise<void> {
  const headers = { 'X-User-Id': userId };
  const get = async (target: string) => {
    const answer = await send(target, { method: 'GET', headers });
    assert.ok(answer, target);
    return answer;
  };
  const ready = all.filter(({ status }) => status === 'ready');
  for (const { id, sha256 } of ready) {
    const { status, text, body } = await get(`/images/${id}/original`);
    assert.equal(status, 200, `${id}: ${text}`);
    assert.equal(sha256Of(body), sha256, `the bytes of ${id}`);
  }
  for (const { id } of all.filter(({ status }) => status === 'deleted'))
    assert.equal((await get(`/images/${id}/original`)).status, 404, `${id}, which is deleted`);
  const usage = JSON.parse((await get(`/usage?user_id=${userId}`)).text);
  requireWithinLimits(usage, limits);
  assert.deepEqual(
    [usage.images, usage.bytes, usage.pending],
    [
      ready.length,
      ready.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      all.filter(({ status }) => status === 'pending').length,
    ],
  );
}

interface Told {
  readonly processes: MortalProcesses;
  readonly owners: readonly Owner[];
  readonly environment: Readonly<Record<string, string>>;
  /** Follows the log since before the kills. */
  readonly follower: { readonly told: readonly ToldEvent[] };
}

/** Asserts that readers, from the beginning and all along, get each acknowledged change once and in its order. */
async function requireEvents({ processes, owners, environment, follower }: Told): Promise<number> {
  const told: ToldEvent[] = [];
  for (let position = 'from=oldest', hasMore = true; hasMore; ) {
    const answer = await processes.send(`/events?limit=100&${position}`, { method: 'GET' });
    assert.equal(answer?.status, 200, answer?.text);
    const page = JSON.parse(answer.text) as ToldPage;
    told.push(...page.events);
    [position, hasMore] = [`cursor=${page.next_cursor}`, page.has_more];
  }
  const images = owners.flatMap(({ all }) => all);
  const known = new Map(images.map(({ id, acked }) => [id, { acked, unsure: undefined }]));
  const records = await imagesIn(environment);
  requireTold(told, { known }, records);
  // A direct upload that was given up is repeated under another id.
  const others = [...records.values()].filter(({ id, status }) => !known.has(id) && status !== 'expired');
  assert.deepEqual(others, [], 'expected no other records');
  const lost = images.filter(({ id }) => !records.has(id));
  assert.deepEqual(lost, [], 'expected a record of each image');
  assert.equal(firstTellings(told).length, told.length, 'expected each event once');
  await until(() => firstTellings(follower.told).length >= told.length);
  requireTold(follower.told, { known }, records);
  return told.length;
}

const openArchive = (environment: Readonly<Record<string, string>>) => {
  const { config, secrets } = loadConfig({ ...environment });
  return composeSoleArchive(config, secrets, { observe: () => undefined });
};

async function imagesIn(environment: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, Image>> {
  await using composition = await openArchive(environment);
  const records = await recordsOf(composition.services);
  return new Map(records.flatMap((one) => (one.kind === 'image' ? [[one.image.id, one.image] as const] : [])));
}

/** After every deadline and a sweep: asserts that records, usage and objects agree, and that nothing is left over. */
async function requireRest({
  own,
  bucket,
  environment,
}: {
  readonly own: OwnService;
  readonly bucket: Parameters<typeof keysIn>[0]['bucket'];
  readonly environment: Readonly<Record<string, string>>;
}): Promise<void> {
  own.clock.offsetMs = 10 * DAY_MS; // URLs expire after seven days
  for (let hours = 2; hours > 0; hours -= 1) {
    own.clock.offsetMs += HOUR_MS; // the second time for images that expired in the first
    await sweepAll(own);
  }
  await sweepOrphans(own.services, { holder: 'test', signal: new AbortController().signal });
  const records = [...(await imagesIn(environment)).values()];
  assert.deepEqual(
    records.filter(({ status }) => status === 'pending'),
    [],
  );
  assert.deepEqual(
    (await keysIn({ bucket })).toSorted(),
    records
      .filter(isStored)
      .map(({ objectKey }) => objectKey)
      .toSorted(),
    'expected the objects that the records name',
  );
  await using composition = await openArchive(environment);
  assert.deepEqual(await reconcileLater(composition.services), []);
}

const findingsIn = (output: string): readonly unknown[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter((line) => 'kind' in line);
