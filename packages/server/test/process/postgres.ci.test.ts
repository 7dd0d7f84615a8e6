import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { NO_FAUXQS } from '../../../../test/servers/fauxqs.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import { startPostgres } from '../../../../test/servers/postgres.ts';
import { createDatabase, NO_POSTGRES, postgresForTests } from '../../../../test/servers/postgres-for-tests.ts';
import { createOwnedDatabase } from '../../src/admin/provision/database/owned-database.fixture.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { startFleetIn } from '../fleet/fleet.ts';
import { keysIn } from '../services/cloud-agreement.ts';
import { keyFrom } from '../services/keys-command.ts';
import { movingClock } from '../services/moving-clock.ts';
import { createOwnDatabase, createPostgresCloud, NO_POSTGRES_CLOUD } from '../services/postgres-service.ts';
import { isSettled, takeDeadLetters } from '../services/queue-messages.ts';
import { withQueue } from '../services/queued-cloud.ts';
import { runService, spawnProgram, startService } from '../services/running-service.ts';
import { runWorkerIn, startWorkerIn } from '../services/running-worker.ts';
import { createTestService, json, post } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';
import { scrape, sumOf } from '../telemetry/prometheus-text.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');
const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

const upload = async (origin: string): Promise<string> => {
  const answer = await fetch(`${origin}/images/upload?user_id=u`, post(picture, 'image/jpeg'));
  const { image_id: id } = (await answer.json()) as { image_id: string };
  assert.equal(answer.status, 200);
  return id;
};

const statusOf = async (origin: string, id: string): Promise<unknown> =>
  ((await (await fetch(`${origin}/images/${id}/metadata`)).json()) as { status?: unknown }).status;

const administer = (folder: string, environment: Record<string, string>, ...args: string[]) =>
  spawnProgram(folder, environment, [process.execPath, ADMIN, ...args]).ended;
const provision = (folder: string, environment: Record<string, string>, ...flags: string[]) =>
  administer(folder, environment, 'provision', ...flags);

describe('a service with DATABASE_URL', () => {
  it('refuses to start with a table beside the database, or with a URL that is none, without its password', async () => {
    await using folder = await temporaryFolder();
    for (const [environment, says] of [
      [
        { DATABASE_URL: 'postgres://ada:hunter2@127.0.0.1/images', DYNAMO_TABLE: 'images' },
        /^DATABASE_URL: expected no database with DYNAMO_TABLE=images, since all records are in one place; got both$/m,
      ],
      [
        { DATABASE_URL: 'mysql://ada:hunter2@127.0.0.1/images' },
        /^DATABASE_URL: expected a URL .*; got another scheme$/m,
      ],
      [
        { DATABASE_URL: 'postgres://ada:hunter2@127.0.0.1:1/images' },
        /^Safelight can't start\. PostgreSQL at 127\.0\.0\.1:1 can't be reached \(ECONNREFUSED\): check DATABASE_URL$/m,
      ],
    ] as const) {
      const { exitCode, output } = await runService(folder.path, environment);
      assert.equal(exitCode, 1);
      assert.match(output, says);
      assert.doesNotMatch(output, /hunter2/);
    }
  });
});

describe('a service with records in PostgreSQL', { skip: NO_POSTGRES_CLOUD }, () => {
  it('shares them with other processes, and keeps nothing on its machine', async () => {
    await using cloud = await createPostgresCloud();
    const port = String(await freePort());
    await using first = await startService({ ...cloud.environment, METRICS_PORT: port });
    await using second = await startService(cloud.environment);
    const id = await upload(first.origin);
    assert.equal(await statusOf(second.origin, id), 'ready');
    const original = await fetch(`${second.origin}/images/${id}/original`);
    assert.deepEqual(new Uint8Array(await original.arrayBuffer()), picture);
    const changed = await fetch(`${second.origin}/images/${id}`, { ...json({ tags: ['a'] }), method: 'PATCH' });
    assert.equal(changed.status, 200);
    const listed = (await (await fetch(`${first.origin}/images?user_id=u&tag=a`)).json()) as { images: unknown[] };
    assert.equal(listed.images.length, 1);
    for (const { folder } of [first, second])
      assert.deepEqual(await readdir(join(folder, 'data')), ['processes'], 'expected no file of records or objects');

    const samples = await scrape(`http://127.0.0.1:${port}/metrics`);
    const open = sumOf(samples, 'safelight_database_connections');
    assert.ok(open >= 1 && open <= 10, `expected 1 to 10 connections; got ${open}`);
    assert.equal(sumOf(samples, 'safelight_database_waiting'), 0);
    assert.ok(sumOf(samples, 'safelight_call_duration_count', { part: 'records' }) > 0);
    await until(async () =>
      (await scrape(`http://127.0.0.1:${port}/metrics`)).some(
        ({ name, labels }) => name === 'safelight_clock_offset' && labels['part'] === 'records',
      ),
    );
  });

  it('leaves the background work to npm run work, whose jobs are in the database', async () => {
    await using cloud = await createPostgresCloud();
    await using service = await startService({ ...cloud.environment, EAGER_PRESETS: 'thumb' });
    await using folder = await temporaryFolder();
    await using worker = await startWorkerIn(folder.path, { ...cloud.environment, EAGER_PRESETS: 'thumb' });
    const granted = await fetch(`${service.origin}/images/upload`, json({ user_id: 'u', content_type: 'image/jpeg' }));
    const grant = (await granted.json()) as { image_id: string; upload_url: string; headers: Record<string, string> };
    const put = await fetch(grant.upload_url, { method: 'PUT', body: picture, headers: grant.headers });
    assert.equal(put.status, 200);
    const completed = await fetch(`${service.origin}/images/${grant.image_id}/complete`, { method: 'POST' });
    assert.equal(completed.status, 200, await completed.text());
    await until(async () => (await statusOf(service.origin, grant.image_id)) === 'ready');
    await until(async () => (await keysIn(cloud)).some((key) => key.startsWith('renditions/')));
    const { exitCode, output } = await worker.stop();
    assert.equal(exitCode, 0, output);
  });
});

describe('a service with records in PostgreSQL and jobs in SQS', { skip: NO_POSTGRES_CLOUD || NO_FAUXQS }, () => {
  it('verifies an upload in a worker that hears of it from the bucket, and shows it in each process', async () => {
    await using cloud = await withQueue(createPostgresCloud());
    const { queue, notifications } = cloud;
    const environment = { ...cloud.environment, EAGER_PRESETS: 'thumb', FINALIZE_ON_READ: 'off' };
    await using fleet = await startFleetIn({ environment }, { services: 2, workers: 1 });
    const [granting, other] = fleet.services;
    assert.ok(granting && other);
    const granted = await fetch(`${granting.origin}/images/upload`, json({ user_id: 'u', content_type: 'image/jpeg' }));
    const grant = (await granted.json()) as { image_id: string; upload_url: string; headers: Record<string, string> };
    const put = await fetch(grant.upload_url, { method: 'PUT', body: picture, headers: grant.headers });
    assert.equal(put.status, 200);
    assert.equal(notifications.forwarded, 1);
    await until(async () => (await statusOf(other.origin, grant.image_id)) === 'ready');
    const original = await fetch(`${other.origin}/images/${grant.image_id}/original`);
    assert.deepEqual(new Uint8Array(await original.arrayBuffer()), picture);
    await until(async () => (await keysIn(cloud)).some((key) => key.startsWith('renditions/')));
    await until(() => isSettled(queue));
    assert.deepEqual(await takeDeadLetters(queue), []);
  });
});

describe('an operator of a service with records in PostgreSQL', { skip: NO_POSTGRES_CLOUD }, () => {
  it('backs it up, restores it elsewhere, compares it and deletes a user, all while it runs', async () => {
    await using cloud = await createPostgresCloud();
    await using folder = await temporaryFolder();
    const settings = { ...cloud.environment, USAGE: 'on', PRESIGNED_EXPIRATION: '1' };
    const command = async (...args: string[]): Promise<string> => {
      const { exitCode, output } = await administer(folder.path, settings, ...args);
      assert.equal(exitCode, 0, output);
      return output;
    };
    await using service = await startService(settings);
    const id = await upload(service.origin);
    const target = join(folder.path, 'target');
    await mkdir(target);
    assert.match(await command('backup', target, '--json'), /"images":1/);
    assert.match(await command('reconcile', '--read', '--mend'), /nothing differs/);
    assert.match(await command('quota', 'list'), /"user_id":"u"/);
    assert.match(await command('user', 'export', 'u', join(folder.path, 'export')), /^1 images, 1 originals/m);
    assert.match(await command('user', 'delete', 'u'), /"state":"(?:open|ended)"/);
    assert.equal((await fetch(`${service.origin}/images/${id}/metadata`)).status, 404);

    await using elsewhere = await createPostgresCloud();
    const there = { ...elsewhere.environment, USAGE: 'on' };
    const restored = await administer(folder.path, there, 'restore', target);
    assert.equal(restored.exitCode, 0, restored.output);
    await using other = await startService(there);
    assert.equal(await statusOf(other.origin, id), 'ready');
  });
});

describe('a service with records in PostgreSQL and objects on its disk', { skip: NO_POSTGRES }, () => {
  it('is the only process, and does the background work', async () => {
    await using database = await createOwnDatabase();
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'url');
    await writeFile(path, `${database.url}\n`, { mode: 0o600 });
    const environment = { DATABASE_URL_FILE: path };
    await using service = await startService(environment, folder.path);
    const id = await upload(service.origin);
    assert.equal(await statusOf(service.origin, id), 'ready');
    assert.deepEqual(
      (await readdir(join(folder.path, 'data'))).filter((name) => /sqlite|\.db|secret/.test(name)),
      [],
    );
    const other = await runService(folder.path, environment);
    assert.equal(other.exitCode, 1);
    assert.match(other.output, /Safelight can't start\. .*another/i);
    assert.match((await runWorkerIn(folder.path, environment)).output, /^Nothing to start: /);
  });

  it('wants the first key from the operator', async () => {
    await using database = await createOwnDatabase();
    await using folder = await temporaryFolder();
    const environment = { DATABASE_URL: database.url, AUTH: 'api-key' };
    const { exitCode, output } = await runService(folder.path, environment);
    assert.equal(exitCode, 1);
    assert.match(
      output,
      /AUTH: expected a key in the database of DATABASE_URL; got none: run npm run admin -- keys create/,
    );
    const { key } = await keyFrom(folder.path, ['create', '--admin'], environment);
    await using service = await startService(environment, folder.path);
    const listed = await fetch(`${service.origin}/images`, { headers: { Authorization: `Bearer ${key}` } });
    assert.equal(listed.status, 200);
  });

  it('starts with a role that owns nothing, once npm run admin -- provision has made its tables and rights', async () => {
    await using server = await postgresForTests();
    await using database = await createOwnedDatabase(server.postgres);
    await using folder = await temporaryFolder();
    const { owner, service } = database.roles;
    const own = { DATABASE_URL: database.urlOf(service) };
    const early = await runService(folder.path, own);
    assert.equal(early.exitCode, 1);
    assert.match(early.output, /got version 0: npm run admin -- provision brings it up$/m);

    const made = await provision(folder.path, { DATABASE_URL: database.urlOf(owner) });
    assert.match(made.output, /^The database \w+ at 127\.0\.0\.1:\d+\n {2}changed {4}schema: none -> version 3$/m);
    const unusable = await runService(folder.path, own);
    assert.match(
      unusable.output,
      new RegExp(
        `refuses the role ${service} .*: npm run admin -- provision --role ${service}, with the role that owns`,
      ),
    );

    const asOwner = await provision(folder.path, { DATABASE_URL: database.urlOf(owner) }, '--role', service);
    assert.equal(asOwner.exitCode, 1);
    assert.match(asOwner.output, /run these as a superuser, and this command again\nALTER ROLE /);
    const settled = await provision(folder.path, { DATABASE_URL: database.urlOf() }, '--role', service);
    assert.equal(settled.exitCode, 0, settled.output);
    assert.match(settled.output, new RegExp(`but DATABASE_URL with the role ${service}\\.$`, 'm'));
    await using running = await startService(own, folder.path);
    assert.equal(await statusOf(running.origin, await upload(running.origin)), 'ready');
  });
});

describe('GET /readyz of a service whose PostgreSQL is away', { skip: NO_POSTGRES }, () => {
  it('is 503 after a while, and 200 when it is back, without a restart', async () => {
    await using server = await startPostgres();
    const { url } = await createDatabase(server.postgres); // it ends with its server
    const clock = movingClock();
    clock.elapsedMs = () => clock.offsetMs;
    await using service = await createTestService({
      environment: { DATABASE_URL: url },
      overrides: { clock, wrapImaging: () => sharedImaging },
    });
    const ask = async () => (await service.request('/readyz')).status;
    const uploadOne = async () =>
      (await service.request('/images/upload?user_id=u', post(picture, 'image/jpeg'))).status;
    assert.deepEqual([await ask(), await uploadOne()], [200, 200]);
    await server.kill();
    assert.equal(await uploadOne(), 503);
    assert.equal(await ask(), 200, 'expected a short outage to take no process from its load balancer');
    for (let seconds = 0; (await ask()) === 200; seconds += 15) {
      assert.ok(seconds <= 60, 'expected 503 after half a minute without a write, and 15 s of failed probes');
      clock.offsetMs += 15_000;
    }
    await server.restart();
    await until(async () => (await uploadOne()) === 200);
    assert.equal(await ask(), 200);
  });
});
