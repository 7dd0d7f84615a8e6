import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { isInRun } from '../../../../scripts/test-tiers.ts';
import { NO_POSTGRES } from '../../../../test/servers/postgres-for-tests.ts';
import { readZip } from '../../../../test/servers/unzip.ts';
import type { deletionReport } from '../../src/operations/users/deletion-report.ts';
import { readDeletion } from '../../src/operations/users/read-deletion.ts';
import { openPostgres } from '../../src/records/postgres/database.ts';
import { tablesWith } from '../../src/records/postgres/tables-with.fixture.ts';
import { composeSoleArchive, type SoleArchiveServices } from '../../src/run/compose/archive.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import { startWorker } from '../../src/run/worker.ts';
import { PLACES } from '../backups/place.ts';
import { type ClosedService, closedBy } from '../services/closed-service.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { fakeTimeIn, NO_FAKE_TIME } from '../services/fake-time.ts';
import { keyFrom } from '../services/keys-command.ts';
import { movingClock } from '../services/moving-clock.ts';
import { createOwnDatabase, createPostgresCloud, NO_POSTGRES_CLOUD } from '../services/postgres-service.ts';
import { killAll, spawnProgram, startService, untilPrinted } from '../services/running-service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import { addPerson, inCloud, inFiles, type Person } from './person.ts';
import { addWitness, type Witness } from './witness.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');
const ADA = 'person "ada" 4711';
const BOB = 'person-bob-0815';
/** Its keys and folders begin like hers. */
const ADA_2 = `${ADA} 2`;
const SETTINGS = { AUTH: 'api-key', RATE_LIMITS: 'off', USAGE: 'on', EVENTS: 'on' };
const HOUR_MS = 3_600_000;

interface Harness extends AsyncDisposable {
  readonly service: ClosedService;
  readonly ada: Person;
  readonly bob: Witness;
  /** Where something of her is left. */
  leftovers(): Promise<string[]>;
  /** What a worker does until that holds. */
  carryOut(isDone: () => Promise<boolean>): Promise<void>;
  /** The last URL has ended. */
  endUrls(): Promise<void>;
  bobIsIntact(): Promise<void>;
}

const needlesOf = (person: Person): Person => ({
  ...person,
  needles: [...person.needles, JSON.stringify(person.userId), encodeURIComponent(person.userId)],
});

/** What is stored of the other one contains her id. */
const withoutOther = ({ userId, needles }: Person): Person => ({
  userId,
  needles: needles.filter((one) => !ADA_2.includes(one)).map((one) => one.replace(/(?<=4711)$/, '/')),
});

async function fill(
  services: SoleArchiveServices,
  other: string,
): Promise<{ readonly ada: Person; readonly bob: Witness }> {
  await services.usage.setCounted(new Date());
  const ada = needlesOf(await addPerson(services, ADA));
  return { ada: other === ADA_2 ? withoutOther(ada) : ada, bob: await addWitness(services, other) };
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await isDone())) {
    assert.ok(performance.now() < end, 'expected it within a minute');
    await delay(50);
  }
}

/** One service that does everything. */
async function inOneProcess(own: Record<string, string> = {}, inTables?: (needle: string) => Promise<string[]>) {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await PLACES['SQLite and disk']({ ...SETTINGS, ...own }));
  let filled: Awaited<ReturnType<typeof fill>>;
  {
    await using composition = await place.open();
    filled = await fill(composition.services, BOB);
  }
  const clock = movingClock();
  const environment = { ...SETTINGS, ...own };
  const folder = join(place.folder, 'data');
  const service = stack.use(
    await closedBy(await createSharingService({ environment, folder, overrides: { clock } }), clock),
  );
  let worker: AsyncDisposable | undefined;
  stack.defer(async () => worker?.[Symbol.asyncDispose]());
  const { ada, bob } = filled;
  const held = stack.move();
  return {
    service,
    ada,
    bob,
    async leftovers() {
      const found = await inFiles(place.folder, ada);
      for (const needle of inTables ? ada.needles : []) found.push(...((await inTables?.(needle)) ?? []));
      return [...new Set(found)];
    },
    carryOut(isDone: () => Promise<boolean>) {
      worker ??= startWorker({ services: service.services, sweepSeconds: 0.5 });
      return until(isDone);
    },
    async endUrls() {
      clock.offsetMs += HOUR_MS;
    },
    async bobIsIntact() {
      const { operator, ...services } = service.services;
      await bob.requireIntact({ ...services, ...operator } as unknown as SoleArchiveServices);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Any number of processes: the operator's worker is a command. */
async function inAFleet(
  cloud: { readonly environment: Readonly<Record<string, string>> },
  inStores: (person: Person) => Promise<string[]>,
) {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await PLACES['SQLite and disk'](SETTINGS));
  const environment = { ...place.environment, ...cloud.environment };
  const { config, secrets } = loadConfig(environment);
  const { services } = stack.use(await composeSoleArchive(config, secrets, { observe: () => undefined }));
  const clock = movingClock();
  const service = stack.use(await closedBy(await createSharingService({ environment, overrides: { clock } }), clock));
  const { ada, bob } = await fill(services, ADA_2);
  const held = stack.move();
  return {
    service,
    ada,
    bob,
    leftovers: () => inStores(ada),
    async carryOut(isDone: () => Promise<boolean>) {
      const command = [process.execPath, ADMIN, 'user', 'carry-out', '--once'];
      const { exitCode, output } = await spawnProgram(place.folder, environment, command).ended;
      assert.equal(exitCode, 0, output);
      assert.equal(await isDone(), true, output);
    },
    async endUrls() {
      const open = (await readDeletion(services, ADA)) ?? assert.fail();
      await services.erasures.putDeletion({ ...open, urlsEndAt: new Date() });
    },
    bobIsIntact: () => bob.requireIntact(services),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const HARNESSES: Readonly<Record<string, { readonly skip: string | false; create(): Promise<Harness> }>> = {
  'SQLite and disk': { skip: false, create: () => inOneProcess() },
  'PostgreSQL and disk': {
    skip: NO_POSTGRES,
    async create() {
      await using stack = new AsyncDisposableStack();
      const { url } = stack.use(await createOwnDatabase());
      const postgres = stack.use(openPostgres({ url, connections: 1, prepares: true }));
      const harness = stack.use(
        await inOneProcess({ DATABASE_URL: url }, async (needle) => [...(await tablesWith(postgres, needle))]),
      );
      const held = stack.move();
      return { ...harness, [Symbol.asyncDispose]: () => held.disposeAsync() };
    },
  },
  'DynamoDB and a bucket': {
    skip: NO_CLOUD,
    async create() {
      await using stack = new AsyncDisposableStack();
      const cloud = stack.use(await createCloud());
      const harness = stack.use(await inAFleet(cloud, (person) => inCloud(cloud, person)));
      const held = stack.move();
      return { ...harness, [Symbol.asyncDispose]: () => held.disposeAsync() };
    },
  },
  'PostgreSQL and a bucket': {
    skip: isInRun('long') ? NO_POSTGRES_CLOUD : 'runs in the long tier',
    async create() {
      await using stack = new AsyncDisposableStack();
      const cloud = stack.use(await createPostgresCloud());
      const postgres = stack.use(openPostgres({ url: cloud.database.url, connections: 1, prepares: true }));
      const { client, name: Bucket } = cloud.bucket;
      const inStores = async ({ needles }: Person): Promise<string[]> => {
        const found: string[] = [];
        for (const needle of needles) found.push(...(await tablesWith(postgres, needle)));
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
        for (const { Key = '' } of Contents) if (needles.some((one) => Key.includes(one))) found.push(Key);
        return found;
      };
      const harness = stack.use(await inAFleet(cloud, inStores));
      const held = stack.move();
      return { ...harness, [Symbol.asyncDispose]: () => held.disposeAsync() };
    },
  },
};

interface Told extends Omit<ReturnType<typeof deletionReport>, 'state'> {
  readonly status: number;
  readonly state: string;
}

const pathOf = (userId: string): string => `/users/${encodeURIComponent(userId)}`;
const deleting = (userId: string): [string, RequestInit] => [
  `${pathOf(userId)}?confirm=${encodeURIComponent(userId)}`,
  { method: 'DELETE' },
];

type ToldExport = Record<'state' | 'url' | 'url_expires_at' | 'size' | 'images' | 'originals' | 'missing', unknown>;

/** The export that was asked for has her originals, and names her in each of its files; of nobody there is none. */
async function requireExport({ service, ada, carryOut }: Harness, backend: string): Promise<void> {
  const look = async (userId: string, method = 'GET') => {
    const answer = await service.as(backend, `${pathOf(userId)}/export`, { method });
    return { ...((await answer.json()) as ToldExport), status: answer.status };
  };
  assert.equal((await look(ADA)).status, 404);
  for (const userId of ['nobody', ADA, ADA]) {
    const { status, state, url } = await look(userId, 'POST');
    assert.deepEqual([status, state, url], [202, 'waiting', null]);
  }
  await carryOut(async () => (await look(ADA)).state === 'ready' && (await look('nobody')).status === 404);
  const ready = await look(ADA);
  assert.deepEqual([ready.images, ready.missing], [10, 0]);
  const { url: _, url_expires_at: __, ...again } = await look(ADA, 'POST');
  assert.partialDeepStrictEqual(ready, again, 'a repeated request answers it');
  const answer = await service.send(String(ready.url));
  const zip = Buffer.from(await answer.arrayBuffer());
  assert.deepEqual(
    [answer.status, answer.headers.get('content-type'), zip.length],
    [200, 'application/zip', ready.size],
  );
  assert.match(String(answer.headers.get('content-disposition')), /^attachment; filename="export\.zip"/);
  const files = new Map((await readZip(zip)).map(({ name, bytes }) => [name, bytes]));
  const originals = [...files].filter(([name]) => name.startsWith('originals/'));
  const hashes = originals.map(([, bytes]) => hash('sha256', bytes));
  assert.ok(hashes.length >= 2, 'the held one may have been decided meanwhile');
  assert.deepEqual(
    [ready.originals, hashes.filter((one) => ada.needles.includes(one)).length],
    [hashes.length, hashes.length],
  );
  const names = [...files.keys()].filter((name) => !name.startsWith('originals/'));
  assert.deepEqual(names.toSorted(), ['events.jsonl', 'images.jsonl', 'person.json']);
  assert.equal(JSON.parse(String(files.get('person.json'))).user_id, ADA);
  const images = String(files.get('images.jsonl'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.ok(images.length === 10 && images.every(({ userId }) => userId === ADA));
}

for (const [name, { skip, create }] of Object.entries(HARNESSES))
  describe(`${name}: the deletion of a user by HTTP`, { skip }, () => {
    it('leaves the user id and the hashes of the bytes nowhere, and takes nothing of others; blocks nobody of whom there is nothing', async () => {
      await using harness = await create();
      const { service, leftovers, carryOut } = harness;
      const backend = await service.keyOf({ actsAs: 'everyone', scopes: ['users:erase'] });
      const ask = async (userId: string) => {
        const answer = await service.as(backend, ...deleting(userId));
        return { ...((await answer.json()) as Told), status: answer.status };
      };
      const look = async (userId: string) => {
        const answer = await service.as(backend, `${pathOf(userId)}/deletion`);
        return { ...((await answer.json()) as Told), status: answer.status };
      };
      assert.equal((await look(ADA)).status, 404);
      assert.ok((await leftovers()).length > 10, 'the scan finds what is there');

      assert.deepEqual(await ask('nobody').then(({ status, state, blocked_until }) => [status, state, blocked_until]), [
        202,
        'waiting',
        null,
      ]);
      await carryOut(async () => (await look('nobody')).status === 404);
      assert.equal(await service.services.erasures.blocks(new Date()), undefined, 'nobody is blocked');

      await requireExport(harness, backend);
      const asked = await Promise.all([ask(ADA), ask(ADA)]);
      for (const { status, state } of asked) assert.deepEqual([status, state !== 'ended'], [202, true]);
      await carryOut(async () => (await look(ADA)).removed.objects > 0);
      assert.equal((await service.as(backend, `${pathOf(ADA)}/export`)).status, 404);
      assert.equal((await service.as(backend, `${pathOf(ADA)}/export`, { method: 'POST' })).status, 403);
      const open = await look(ADA);
      assert.equal(open.state, 'open');
      assert.equal(Date.parse(String(open.blocked_until)) - Date.parse(String(open.started_at)), 30 * 24 * HOUR_MS);
      service.services.blocked.outdate();
      assert.equal(await service.services.blocked.isBlocked(ADA), true);
      assert.equal((await ask(ADA)).started_at, open.started_at, 'it is under way');

      await harness.endUrls();
      await carryOut(async () => (await look(ADA)).state === 'ended');
      assert.deepEqual(await leftovers(), []);
      const ended = await look(ADA);
      assert.equal(ended.removed.images, 10);
      assert.deepEqual(await ask(ADA), ended, 'a repeated request answers the receipt');
      assert.deepEqual(await leftovers(), [], 'and stores nothing');
      await harness.bobIsIntact();
    });
  });

describe('the service that deletes a user by HTTP', { skip: NO_FAKE_TIME }, () => {
  it('goes on after kill -9, at each start, until nothing of the user is left', async () => {
    await using place = await PLACES['SQLite and disk']({ USAGE: 'on' });
    const clock = join(place.folder, 'clock');
    await writeFile(clock, '+0m');
    let filled: Awaited<ReturnType<typeof fill>>;
    {
      await using composition = await place.open();
      filled = await fill(composition.services, BOB);
    }
    const environment = { ...place.environment, AUTH: 'api-key', LOG_LEVEL: 'warn', ...fakeTimeIn(clock) };
    const terms = ['create', '--name', 'back office', '--scopes', 'users:erase', '--acts-as', '*'];
    const { key } = await keyFrom(place.folder, terms, environment);
    const headers = { Authorization: `Bearer ${key}` };
    /** One life of the service: what it answers before it is killed. */
    async function live<Result>(work: (origin: string) => Promise<Result>): Promise<Result> {
      const service = await startService(environment, place.folder);
      try {
        return await work(service.origin);
      } finally {
        await killAll(service);
      }
    }
    const stateOf = async (origin: string): Promise<string> => {
      const answer = await fetch(`${origin}${pathOf(ADA)}/deletion`, { headers });
      return ((await answer.json()) as Told).state;
    };
    const [path, init] = deleting(ADA);
    const asked = await live((origin) => fetch(`${origin}${path}`, { ...init, headers }));
    assert.equal(asked.status, 202);
    for (const waitMs of [0, 160]) await live(() => delay(waitMs));
    await live((origin) => until(async () => (await stateOf(origin)) === 'open'));
    await writeFile(clock, '+60m');
    await live(() => delay(80));
    await live((origin) => until(async () => (await stateOf(origin)) === 'ended'));
    assert.deepEqual(await inFiles(place.environment['DATA_DIR'] ?? '', filled.ada), []);
    await using composition = await place.open();
    await filled.bob.requireIntact(composition.services);
  });
});

describe('npm run admin -- user carry-out', { skip: NO_CLOUD }, () => {
  it('runs until it is stopped, and ends in order; with records on this machine it has nothing to do', async () => {
    await using cloud = await createCloud();
    await using place = await PLACES['SQLite and disk']();
    const command = [process.execPath, ADMIN, 'user', 'carry-out'];
    const running = spawnProgram(place.folder, { ...place.environment, ...cloud.environment }, command);
    await untilPrinted(running, /^Carries out what is asked for/m);
    running.child.kill('SIGTERM');
    const { exitCode, output } = await running.ended;
    assert.equal(exitCode, 0, output);
    const alone = await spawnProgram(place.folder, place.environment, command).ended;
    assert.equal(alone.exitCode, 0, alone.output);
    assert.match(alone.output, /^Nothing to carry out: with records or objects in DATA_DIR, npm start does it$/m);
  });
});
