import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isInRun } from '../../../../scripts/test-tiers.ts';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { startFront } from '../../../../test/servers/front.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { createDynamodbService, type DynamodbService, SHORT_TIMEOUTS } from '../services/dynamodb-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import { startService } from '../services/running-service.ts';
import { createTestService, json, post, type TestService } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';

const SECOND = 1_000;
const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

/** The readiness without the part `clock`: a test's clock that was moved is far from the table's. */
async function readinessBesidesClock(service: Pick<TestService, 'request'>): Promise<string> {
  const readiness = (await readinessOf(service)).replace(' clock', '');
  return readiness === 'degraded' ? 'ok' : readiness;
}

/** The answer of `/readyz`: the status, and the parts that it names. */
async function readinessOf(service: Pick<TestService, 'request'>): Promise<string> {
  const answer = await service.request('/readyz');
  const {
    status,
    parts = [],
    errors = [],
  } = (await answer.json()) as {
    status: string | number;
    parts?: string[];
    errors?: { pointer: string }[];
  };
  return [status, ...parts, ...errors.map(({ pointer }) => pointer)].join(' ');
}

const upload = async (service: Pick<TestService, 'request'>): Promise<number> =>
  (await service.request('/images/upload?user_id=u', post(picture, 'image/jpeg'))).status;

/** A service with a test clock, and objects that can be made unavailable. */
async function createStoppedService(environment: Record<string, string> = { READY_REQUIRES: 'records,objects' }) {
  const clock = movingClock();
  clock.elapsedMs = () => clock.offsetMs;
  const service = await createTestService({
    environment,
    overrides: { clock, wrapImaging: () => sharedImaging },
  });
  const [objects, elsewhere] = [join(service.folder, 'objects'), join(service.folder, 'elsewhere')];
  return {
    ...service,
    pass: (seconds: number) => {
      clock.offsetMs += seconds * SECOND;
    },
    takeAway: () => rename(objects, elsewhere),
    bringBack: () => rename(elsewhere, objects),
  };
}

describe('GET /readyz', () => {
  after(() => sharedImaging[Symbol.asyncDispose]());

  it('probes the parts once in 30 s without writes, for any number of requests', async () => {
    await using service = await createStoppedService();
    const askMany = async () => new Set(await Promise.all(Array.from({ length: 20 }, () => readinessOf(service))));
    assert.deepEqual(await askMany(), new Set(['ok']));
    await service.takeAway();
    service.pass(29.9);
    assert.deepEqual(await askMany(), new Set(['ok']), 'expected no probe before 30 s');
    service.pass(0.1);
    assert.deepEqual(await askMany(), new Set(['degraded objects']));
    service.pass(29.9);
    assert.deepEqual(await askMany(), new Set(['degraded objects']), 'expected one failed probe to degrade only');
    service.pass(0.1);
    assert.deepEqual(await askMany(), new Set(['503 /parts/objects']));
    await service.bringBack();
    service.pass(29.9);
    assert.deepEqual(await askMany(), new Set(['503 /parts/objects']));
    service.pass(0.1);
    assert.deepEqual(await askMany(), new Set(['ok']));
  });

  it('is 503 when all writes have failed for 15 s, and 200 once one succeeds', async () => {
    await using service = await createStoppedService();
    assert.equal(await upload(service), 200);
    await service.takeAway();
    for (let second = 0; second < 15; second += 1) {
      assert.equal(await upload(service), 503);
      assert.equal(await readinessOf(service), 'degraded objects');
      service.pass(1);
    }
    assert.equal(await upload(service), 503);
    assert.equal(await readinessOf(service), '503 /parts/objects');
    await service.bringBack();
    assert.equal(await upload(service), 200);
    assert.equal(await readinessOf(service), 'degraded objects');
    service.pass(30);
    assert.equal(await upload(service), 200);
    assert.equal(await readinessOf(service), 'ok');
  });

  it('stays 200 and names the objects while all their writes fail, unless they are required', async () => {
    await using service = await createStoppedService({});
    assert.equal(await upload(service), 200);
    await service.takeAway();
    for (let second = 0; second < 60; second += 10) {
      assert.equal(await upload(service), 503);
      assert.equal(await readinessOf(service), 'degraded objects');
      service.pass(10);
    }
    assert.equal((await service.request('/images?user_id=u')).status, 200);
    await service.bringBack();
    service.pass(90);
    assert.equal(await readinessOf(service), 'ok');
  });

  it('names only the parts to clients, and logs the reasons', async () => {
    await using service = await startService({ LOG_LEVEL: 'warn' });
    await rename(join(service.folder, 'data/objects'), join(service.folder, 'elsewhere'));
    const sent = await fetch(`${service.origin}/images/upload?user_id=u`, post(picture, 'image/jpeg'));
    assert.equal(sent.status, 503);
    const answer = await fetch(`${service.origin}/readyz`);
    assert.deepEqual([answer.status, await answer.json()], [200, { status: 'degraded', parts: ['objects'] }]);
    await until(async () => /"event":"part-degraded","part":"objects","reason":"[^"]*ENOENT/.test(service.output()));
  });
});

describe('GET /readyz on a table', { skip: NO_DYNOXIDE, concurrency: true }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  after(() => sharedImaging[Symbol.asyncDispose]());

  const create = () => createDynamodbService(server.dynamo, { timeouts: SHORT_TIMEOUTS });
  const grant = async (service: DynamodbService): Promise<number> =>
    (await service.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' }))).status;
  /** A process without EVENTS writes its mark into another shared item. */
  const probesOf = ({ proxy }: DynamodbService) =>
    proxy.calls.filter(({ name, body }) => name === 'UpdateItem shared' && !String(body).includes('incompleteUntil'));

  it('doesn’t probe the table while other requests write', async () => {
    await using service = await create();
    for (let times = 0; times < 5; times += 1) {
      assert.equal(await grant(service), 200);
      assert.equal(await readinessBesidesClock(service), 'ok');
      service.clock.offsetMs += 20 * SECOND;
    }
    assert.deepEqual(probesOf(service), []);
  });

  it('probes it once in 30 s, each process with its own item, which expires', async () => {
    await using one = await create();
    for (let times = 0; times < 3; times += 1) {
      for (let asked = 0; asked < 4; asked += 1) assert.equal(await readinessBesidesClock(one), 'ok');
      one.clock.offsetMs += 30 * SECOND;
    }
    assert.equal(probesOf(one).length, 3);
    await using two = await create();
    assert.equal(await readinessBesidesClock(two), 'ok');
    const written = [...probesOf(one), ...probesOf(two)].map(
      ({ body }) => JSON.parse(String(body)) as { Key: { pk: { S: string } }; ExpressionAttributeValues: object },
    );
    assert.equal(new Set(written.map(({ Key }) => Key.pk.S)).size, 2);
    for (const { ExpressionAttributeValues } of written)
      assert.deepEqual(Object.keys(ExpressionAttributeValues), [':to_ttl']);
  });

  it('stays 200 while the table is throttled, if any write succeeds', async () => {
    await using service = await create();
    for (let times = 0; times < 4; times += 1) {
      service.proxy.fail({ kind: 'throttling', name: 'PutItem image', nth: 1, lasts: 'for this call' });
      assert.equal(await grant(service), 503);
      service.proxy.repair();
      assert.equal(await grant(service), 200);
      assert.equal(await readinessBesidesClock(service), 'degraded records');
      service.clock.offsetMs += 10 * SECOND;
    }
  });

  it('is 503 while all writes fail, and ready again soon after', async () => {
    await using service = await create();
    service.proxy.fail({ kind: 'throttling', name: 'PutItem image', nth: 1, lasts: 'for this call' });
    assert.equal(await grant(service), 503);
    assert.equal(await readinessBesidesClock(service), 'degraded records');
    service.clock.offsetMs += 15 * SECOND;
    assert.equal(await grant(service), 503);
    assert.equal(await readinessBesidesClock(service), '503 /parts/records');
    service.proxy.repair();
    service.clock.offsetMs += 30 * SECOND;
    assert.equal(await readinessBesidesClock(service), 'ok', 'expected a probe without requests');
  });
});

describe('GET /readyz of a process', { skip: NO_CLOUD, concurrency: true }, () => {
  for (const [part, variable] of [
    ['objects', 'AWS_ENDPOINT_URL'],
    ['records', 'AWS_ENDPOINT_URL_DYNAMODB'],
  ] as const) {
    const skip = part === 'records' && !isInRun('long') && 'the long tier runs it: each request waits for the table';
    it(`${part === 'records' ? 'is 503 and' : 'stays 200 with lists and metadata, and'} names the ${part} in a long outage, until its end`, {
      skip,
      timeout: 300_000,
    }, async () => {
      await using cloud = await createCloud();
      let isAway = false;
      await using front = await startFront((_, outgoing) => {
        if (!isAway) return cloud.environment[variable];
        outgoing.destroy();
        return undefined;
      });
      await using service = await startService({ ...cloud.environment, [variable]: front.url });
      const client = { request: (path: string, init?: RequestInit) => fetch(`${service.origin}${path}`, init) };
      await until(async () => (await upload(client)) === 200);
      assert.equal(await readinessOf(client), 'ok');
      const listed = await (await client.request('/images?user_id=u')).json();

      isAway = true;
      const told = new Set<string>();
      while (!service.output().includes(`"event":"part-failing","part":"${part}"`)) {
        assert.notEqual(await upload(client), 200);
        told.add(await readinessOf(client));
        await delay(250);
      }
      told.add(await readinessOf(client));
      assert.deepEqual([...told], [`degraded ${part}`, ...(part === 'records' ? ['503 /parts/records'] : [])]);
      if (part === 'objects') {
        const { images } = listed as { images: { image_id: string }[] };
        const metadata = `/images/${images[0]?.image_id}/metadata`;
        for (const path of ['/images?user_id=u', metadata])
          assert.equal((await client.request(path)).status, 200, path);
        const changed = await client.request(metadata.replace('/metadata', ''), {
          ...json({ description: 'changed' }),
          method: 'PATCH',
        });
        assert.equal(changed.status, 200);
      }

      isAway = false;
      await until(async () => (await upload(client)) === 200);
      assert.match(await readinessOf(client), new RegExp(`^(ok|degraded ${part})$`));
    });
  }
});
