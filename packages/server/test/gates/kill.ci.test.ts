import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isInRun } from '../../../../scripts/test-tiers.ts';
import type { Image } from '../../src/domain/image/image.ts';
import { createRandom, type Random } from '../chance/random.ts';
import { startFleetIn } from '../fleet/fleet.ts';
import { asMortal, createMortalFleet } from '../fleet/mortal-fleet.ts';
import { repeatsOf } from '../repeats.ts';
import { createCloud, joinCloud, NO_CLOUD } from '../services/cloud.ts';
import { recordsIn, requireRest as requireRestIn } from '../services/cloud-agreement.ts';
import { startMortal } from '../services/mortal-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import { recordsOf, requireRest, sweepAll } from '../services/record-check.ts';
import { startService } from '../services/running-service.ts';
import { startWorkerIn } from '../services/running-worker.ts';
import { createTestService } from '../services/service.ts';
import { createPictures } from '../uploads/upload-requests.ts';
import { createGatedClient, type GatedClient } from './gated-client.ts';
import { credentialFrom, credentialOf, makeDue, ownAsMortal, withHeaders } from './gated-mortal.ts';
import { MAX_UPLOAD_BYTES } from './infected.ts';
import { createModerator } from './moderator.ts';
import type { MoodyGate } from './moody-gate.ts';
import { startMoodyReceiver } from './moody-receiver.ts';
import { startMoodyScanner } from './moody-scanner.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('gateKills');
const { count: FLEET_ROUNDS, seed: FLEET_SEED } = repeatsOf('fleetGateKills');

const CLIENTS = 10;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Small, so that a scanner's proof takes no second. */
const SIZES = { MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES), MAX_DIRECT_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES) };

/**
 * CI kills one process before a scanner: what asks the gates is the same in a fleet, whose kills it has in
 * `fleet/kill.ci.test.ts`.
 */
const IN_LONG_TIER = !isInRun('long') && 'the long tier runs it';

describe('kill -9 before a scanner', () => describeKills(startMoodyScanner, { process: false, fleet: IN_LONG_TIER }));

describe('kill -9 before an HTTP gate', () =>
  describeKills(startMoodyReceiver, { process: IN_LONG_TIER, fleet: IN_LONG_TIER }));

type Skips = Readonly<Record<'process' | 'fleet', string | false>>;

function describeKills(start: (random: Random) => Promise<MoodyGate>, skips: Skips): void {
  it('at any moment: each upload ends as the gate says', { skip: skips.process }, async () => {
    const random = createRandom(SEED);
    await using gate = await start(createRandom(SEED + 1));
    const environment = { ...SIZES, ...gate.environment };
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
    const clock = movingClock();
    const openOwn = () => createTestService({ folder: join(folder.path, 'data'), environment, overrides: { clock } });
    const headers = await credentialFrom(openOwn, environment);
    const clients = createClients(gate, random);
    const moderator = createModerator(gate);

    for (let round = 1; round <= ROUNDS; round += 1) {
      const mortal = await startMortal(folder.path, environment);
      const service = withHeaders(mortal, headers);
      try {
        const work = Promise.all([...clients, moderator].map((one) => one.workUntilGone(service)));
        const moment = random.chance(0.6) ? mortal.answered(10 + random.below(80)) : delay(random.below(2_000));
        await Promise.race([moment, work]);
        await mortal.kill();
        await work;
      } catch (cause) {
        throw new Error(`in round ${round} of SEED=${SEED}, where the service said: ${mortal.output()}`, { cause });
      } finally {
        await mortal.kill();
      }
      await using own = await openOwn();
      await makeDue(own, await recordsOf(own)); // the next process asks at its start
    }

    gate.calmDown();
    await using own = await openOwn();
    await moderator.sendAll(withHeaders(ownAsMortal(own), headers));
    clock.offsetMs = 10 * MINUTE_MS;
    await sweepAll(own);
    requireDecided(await recordsOf(own));
    clock.offsetMs = 10 * DAY_MS;
    await sweepAll(own);
    await requireRest(own);
    requireVerdicts(gate, clients, await recordsOf(own));
  });

  it('of APIs and workers, beside others of both: each upload ends as the gate says', {
    skip: NO_CLOUD || skips.fleet,
  }, async () => {
    const random = createRandom(FLEET_SEED);
    await using gate = await start(createRandom(FLEET_SEED + 1));
    const gated = { ...SIZES, ...gate.environment, PRESIGNED_EXPIRATION: '604800', LOG_LEVEL: 'warn' };
    await using stack = new AsyncDisposableStack();
    const cloud = stack.use(await createCloud());
    const environment = { ...cloud.environment, ...gated };
    const own = stack.use(await joinCloud({ ...cloud, environment }));
    const headers = await credentialOf(own, environment);
    const fleet = stack.use(await startFleetIn(cloud, { services: 1, workers: 1, environment: gated }));
    const { folder, services, workers } = fleet;
    const [other] = services;
    assert.ok(other);
    const clients = createClients(gate, random);
    const moderator = createModerator(gate);

    for (let round = 1; round <= FLEET_ROUNDS; round += 1) {
      await using mortal = await startService(environment, folder);
      await using worker = await startWorkerIn(folder, environment);
      const both = createMortalFleet({ cloud, mortal, other, random, headers });
      try {
        const work = Promise.all([...clients, moderator].map((one) => one.workUntilGone(both)));
        await Promise.race([both.answered(20 + random.below(60)), work]);
        await makeDue(own, await recordsIn(cloud));
        const sweeping = sweepAll(own); // beside the sweepers of both workers
        await using another = await startWorkerIn(folder, environment);
        await Promise.race([delay(random.below(500)), work]);
        await Promise.all([both.kill(), worker.kill(), another.kill()]);
        await sweeping;
        await Promise.race([both.answered(20), work]);
        both.end();
        await work;
      } catch (cause) {
        const said = [both, worker, ...workers].map((one) => one.output()).join('\n');
        throw new Error(`in round ${round} of SEED=${FLEET_SEED}, where the processes said: ${said}`, { cause });
      } finally {
        await both.kill();
      }
    }

    await Promise.all(workers.map((worker) => worker.stop()));
    gate.calmDown();
    await moderator.sendAll(withHeaders(asMortal(cloud, own), headers));
    own.clock.offsetMs = 10 * MINUTE_MS;
    await sweepAll(own);
    own.clock.offsetMs = 10 * DAY_MS;
    requireVerdicts(gate, clients, await requireRestIn(cloud, own));
  });
}

function createClients(gate: MoodyGate, random: Random): readonly GatedClient[] {
  const picture = createPictures(random);
  return Array.from({ length: CLIENTS }, (_, index) =>
    createGatedClient({ gate, userId: `user-${index}`, random, picture }),
  );
}

const requireDecided = (records: readonly Image[]): void =>
  assert.deepEqual(
    records.filter(({ status }) => status === 'held'),
    [],
    'expected that every gate has decided',
  );

/** Asserts that every image has ended as the gate's verdict about its bytes says. */
function requireVerdicts(gate: MoodyGate, clients: readonly GatedClient[], records: readonly Image[]): void {
  const byId = new Map<string, Image>(records.map((image) => [image.id, image]));
  for (const image of records) {
    assert.ok(image.status !== 'held' && image.status !== 'pending', `${image.id} waits`);
    if (image.status === 'ready') assert.ok(gate.may(image.sha256, 'ready'), `${image.id} is ready`);
  }
  const sent = clients.flatMap(({ images }) => images);
  for (const { id, sha256, isAcknowledged, isDeleted } of sent) {
    const status = byId.get(id)?.status;
    const decided = (['ready', 'rejected'] as const).filter((one) => gate.may(sha256, one));
    const expected = [...decided, ...(isAcknowledged ? [] : ['expired']), ...(isDeleted ? ['deleted'] : [])];
    assert.ok(expected.includes(String(status)), `${id}: expected ${expected}; got ${status}`);
  }
  const all = new Set(records.map(({ status }) => status));
  for (const status of ['ready', 'rejected'] as const) assert.ok(all.has(status), `no image is ${status}`);
  assert.ok(gate.counts.size > 1, 'it always said its verdict');
  if (ROUNDS > 10) console.log(`${sent.length} uploads:`, Object.fromEntries(gate.counts));
}
