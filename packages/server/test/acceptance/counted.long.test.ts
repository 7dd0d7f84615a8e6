import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { connect, json } from '../../../../test/acceptance/api.ts';
import { startDecidingGate } from '../../../../test/acceptance/gate.ts';
import { describeSafelight, TOPICS, type Topic } from '../../../../test/acceptance/suite.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import { NO_REDIS, startRedis } from '../../../../test/servers/redis.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { startFleetIn } from '../fleet/fleet.ts';
import { OPERATIONS } from '../http/contract.ts';
import { keyFrom } from '../services/keys-command.ts';
import { createQueuedCloud, NO_QUEUED_CLOUD } from '../services/queued-cloud.ts';
import { startService } from '../services/running-service.ts';
import { routeOf } from '../telemetry/agreement.ts';
import { type CountingFront, startCountingFront } from '../telemetry/counting-front.ts';
import { ASKS_THIS_MACHINE, CLOSED } from './closed.ts';
import { describeAborts } from './counted/aborts.ts';
import {
  CAUSED_BY_CLIENTS,
  describeCauses,
  describeCrowd,
  describeOtherBytes,
  describeRefusedByNode,
  describeWebhooks,
} from './counted/causes.ts';
import { describeCounts } from './counted/counts.ts';
import { askArbitrarily, askWithWords } from './counted/many.ts';
import { LIMITED } from './limited.ts';

const ALL = Object.keys(TOPICS) as readonly Topic[];
const codes = new Set<string>();
const fronts: CountingFront[] = [];
const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());

/** Counted in Redis, and never reached. */
const MANY = 'read=1000000/m list=1000000/m grant=1000000/m upload=1000000/m render=1000000/m picture=1000000/m';

const metricsOf = (port: number): string => `http://127.0.0.1:${port}/metrics`;

/** A service of one process behind a proxy that counts. */
async function startCounted(environment: Record<string, string>) {
  const port = await freePort();
  const service = stack.use(await startService({ ...environment, METRICS_PORT: String(port) }));
  const front = stack.use(await startCountingFront([service.origin]));
  fronts.push(front);
  return { ...service, front, metrics: [metricsOf(port)] };
}

/** The words of requests, of which no label may tell. */
const words: string[] = [];

const open = await startCounted({ USAGE: 'on', EVENTS: 'on' });
const asked = await connect(open.front.url);
describeSafelight(asked, ALL);
describe('other requests to an open service', { concurrency: true }, () => {
  it('are arbitrary', () => askArbitrarily(open.front.url, 1_000));
  it('have random words', async () => void words.push(...(await askWithWords(open.front.url, 1_000))));
  describeRefusedByNode(open.front);
  describeCauses(asked, open);
});
describe('more bodies than an open service receives', () => describeCrowd(open.front));
describe('clients of an open service', () => describeAborts(asked, { ...open, headers: {} }));
describe('an open service', () => describeCounts(open.front, open.metrics, { codes, words }));

for (const [name, environment, topics] of [
  ['a closed service', { ...CLOSED, USAGE: 'on', EVENTS: 'on', ...ASKS_THIS_MACHINE }, ALL],
  ['a service with limits', LIMITED, ['rate-limits']],
] as const) {
  const closed = await startCounted(environment);
  const admin = (await readFile(join(closed.folder, 'data/admin-key'), 'utf8')).trim();
  const asAdmin = await connect(closed.front.url, { token: admin });
  const { ask } = asAdmin;
  const terms = { name: 'counted', acts_as: ['*'], scopes: ['images:read', 'images:write'] };
  const { key, key_id } = await ask<{ readonly key: string; readonly key_id: string }>('/keys', json(terms));
  const api = await connect(closed.front.url, { token: key, adminToken: admin });
  describeSafelight(api, topics);
  if (topics === ALL) {
    const headers = { Authorization: `Bearer ${key}` };
    describe('clients of a closed service', () => describeAborts(api, { ...closed, headers }));
    describe('other bytes to a closed service', () => describeRefusedByNode(closed.front));
    describe('webhooks of a closed service', () => describeWebhooks(asAdmin));
  }
  describe(name, () => describeCounts(closed.front, closed.metrics, { codes, words: [key, key_id, admin] }));
}

const hidden = await startCounted({
  ALLOW_OPEN: 'true',
  ORIGIN_SECRET_SHA256: createHash('sha256').update('a secret of the CDN').digest('hex'),
  PROXY_HEADERS: 'x-forwarded',
});
describe('a service behind a CDN', () => {
  it('is asked around it', async () => {
    await Promise.all(['/images', '/health'].map((path) => fetch(`${hidden.front.url}${path}`)));
  });
  describeCounts(hidden.front, hidden.metrics, { codes, words: ['a secret of the CDN'] });
});

if (NO_QUEUED_CLOUD || NO_REDIS) {
  describe('a fleet with a queue, Redis and a gate', { skip: NO_QUEUED_CLOUD || NO_REDIS }, () => {});
} else {
  const cloud = stack.use(await createQueuedCloud());
  const redis = stack.use(await startRedis());
  const gate = stack.use(await startDecidingGate());
  const { path } = stack.use(await temporaryFolder());
  const environment = { ...CLOSED, USAGE: 'on', ...gate.environment, RATE_LIMITS: MANY, RATE_LIMIT_STORE: redis.url };
  const admin = await keyFrom(path, ['create', '--admin'], { ...cloud.environment, ...environment });
  const halves = [
    [await freePort(), await freePort()],
    [await freePort(), await freePort()],
  ] as const;
  const starts = halves.map(async ([port, ofWorker]) => {
    const own = { ...environment, METRICS_PORT: String(port), WORKER_METRICS_PORT: String(ofWorker) };
    return stack.use(await startFleetIn(cloud, { services: 1, workers: 1, environment: own }));
  });
  await Promise.allSettled(starts); // if one fails, the other is ended too
  const fleets = await Promise.all(starts);
  const front = stack.use(
    await startCountingFront(fleets.flatMap(({ services }) => services.map((one) => one.origin))),
  );
  fronts.push(front);
  const { ask, send, refused } = await connect(front.url, { token: admin.key });
  const terms = { name: 'counted', acts_as: ['*'], scopes: ['images:read', 'images:write'] };
  const { key, key_id } = await ask<{ readonly key: string; readonly key_id: string }>('/keys', json(terms));
  const api = await connect(front.url, { token: key, adminToken: admin.key });
  const metrics = halves.flat().map(metricsOf);
  describeSafelight(api, ['gates']);
  describe('other requests to a fleet', { concurrency: true }, () => {
    describeRefusedByNode(front);
    describeOtherBytes(api);
    it('are answered', async () => {
      await askArbitrarily(front.url, 500);
      await refused('search-unsupported', '/images?user_id=ada&q=cat');
      assert.equal((await send('/keys/0000000000000000')).status, 404);
      await ask('/keys');
      await ask(`/keys/${key_id}`);
      const rescan = await send('/gates/rescan', json({ gate: 'people', before: '2020-01-01T00:00:00Z' })); // of no image
      assert.equal(rescan.status, 202);
    });
  });
  const headers = { Authorization: `Bearer ${key}` };
  describe('clients of a fleet', () => describeAborts(api, { front, metrics, headers }));
  describe('a fleet with a queue, Redis and a gate', () =>
    describeCounts(front, metrics, { codes, words: [key, key_id, admin.key], gates: ['people'] }));
}

describe('all of these requests', () => {
  it('were 5,000 and more, reached every operation, and caused every problem that a client can cause', () => {
    const told = fronts.flatMap((front) => front.told);
    assert.ok(told.length >= 5_000, `${told.length} requests`);
    const answered = new Set(
      told.filter(({ status }) => status < 400).map(({ method, target }) => `${method} ${routeOf(target)}`),
    );
    assert.deepEqual(
      OPERATIONS.map(({ name }) => name).filter((name) => !answered.has(name)),
      [],
    );
    assert.deepEqual(
      CAUSED_BY_CLIENTS.filter((code) => !codes.has(code)),
      [],
    );
  });
});
