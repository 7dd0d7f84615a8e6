import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isInRun } from '../../../../scripts/test-tiers.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { createRandom } from '../chance/random.ts';
import { credentialFrom, makeDue, ownAsMortal, withHeaders } from '../gates/gated-mortal.ts';
import { usageOf } from '../gates/gated-service.ts';
import { createModerator } from '../gates/moderator.ts';
import { startMoodyReceiver } from '../gates/moody-receiver.ts';
import { repeatsOf } from '../repeats.ts';
import { startMortal } from '../services/mortal-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import { recordsOf, requireAgreement, sweepAll } from '../services/record-check.ts';
import { createTestService } from '../services/service.ts';
import { createReplacing, requireOwnRenditions } from './replacing.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('replaceKills');
const REPLACEMENTS = isInRun('long') ? 500 : 20;

const DAY_MS = 24 * 3_600_000;

it('kill -9 before a gate, while pictures are replaced and read in every way: each reader sees former or new bytes, whole, and none are lost or left over', {
  timeout: 1_800_000,
}, async (test) => {
  const random = createRandom(SEED);
  await using gate = await startMoodyReceiver(createRandom(SEED + 1));
  const environment = { ...gate.environment, USAGE: 'on', EVENTS: 'on' };
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
  const clock = movingClock();
  const openOwn = () => createTestService({ folder: join(folder.path, 'data'), environment, overrides: { clock } });
  const headers = await credentialFrom(openOwn, environment);
  const replacing = createReplacing(random, gate);
  {
    const first = await startMortal(folder.path, environment);
    await replacing.begin(withHeaders(first, headers)).finally(first.kill);
  }
  const moderator = createModerator(gate);

  for (let round = 1; round <= ROUNDS || replacing.counts().replaced < REPLACEMENTS; round += 1) {
    const mortal = await startMortal(folder.path, environment);
    const service = withHeaders(mortal, headers);
    try {
      const work = Promise.all([...replacing.clients(), moderator].map((one) => one.workUntilGone(service)));
      const moment = random.chance(0.8) ? replacing.ended(5 + random.below(40)) : delay(random.below(2_000));
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
    await replacing.requireBytes(withHeaders(ownAsMortal(own), headers));
  }

  gate.calmDown();
  await using last = await openOwn();
  const service = withHeaders(ownAsMortal(last), headers);
  await moderator.sendAll(service);
  await makeDue(last, await recordsOf(last));
  for (const days of [0, 0.01, 0.02, 3, 10, 11]) {
    clock.offsetMs = days * DAY_MS;
    await sweepAll(last);
  }
  await replacing.requireBytes(service);
  const records = await recordsOf(last);
  requireOwnRenditions(await last.storedFiles(), records);
  await replacing.removeRenditions(service);
  await requireAgreement(last);
  const ready = records.filter((image) => image.status === 'ready');
  assert.deepEqual(
    ready.map(({ id }) => id).toSorted(),
    replacing
      .pictures()
      .map(({ id }) => id as ImageId)
      .toSorted(),
  );
  assert.deepEqual(await usageOf(last), {
    images: ready.length,
    bytes: ready.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    trashedBytes: 0,
    pending: 0,
    reservedBytes: 0,
  });
  test.diagnostic(JSON.stringify({ ...replacing.counts(), gate: Object.fromEntries(gate.counts) }));
  replacing.requireWork();
});
