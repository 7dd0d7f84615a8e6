import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { repeatsOf } from '../repeats.ts';
import { type MortalService, startMortal } from '../services/mortal-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import { recordsOf, requireAgreement, requireRest, sweepAll } from '../services/record-check.ts';
import { createTestService } from '../services/service.ts';
import { createPictures } from '../uploads/upload-requests.ts';
import { createKnownImages, type KnownImages, lookAt, requireServed } from './known-images.ts';
import { createRandom, type Random } from './random.ts';
import { createUploadClient } from './upload-client.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('kills');

const CLIENTS = 6;
/** Checked after each kill: the images touched last, and this many of the others. */
const OLD_IMAGES = 20;
const LISTED_IMAGES = 30;

const DAY_MS = 24 * 3_600_000;

/** The moment of the kill: right after an answer, before or while the service starts to work, or at any time. */
function moment(random: Random, service: MortalService): Promise<unknown> {
  const kind = random.next();
  if (kind < 0.4) return service.answered(1 + random.below(40));
  return delay(kind < 0.6 ? random.below(80) : random.below(1_000));
}

async function requireAcknowledged(service: MortalService, known: KnownImages, random: Random): Promise<void> {
  const old = known.all();
  const some = old.length === 0 ? [] : Array.from({ length: OLD_IMAGES }, () => random.pick(old));
  await Promise.all([...new Set([...known.takeTouched(), ...some])].map((image) => lookAt(service, image)));
  const answer = await service.send(`/images?limit=${LISTED_IMAGES}`, { method: 'GET' });
  const { images } = JSON.parse(answer?.text ?? '') as { images: { image_id: string; sha256: string }[] };
  await Promise.all(images.map(({ image_id: id, sha256 }) => requireServed(service, { id, sha256 })));
}

it('kill -9 at any moment loses nothing that was acknowledged, and its leftovers are swept', async () => {
  const random = createRandom(SEED);
  const known = createKnownImages();
  const picture = createPictures(random);
  const clients = Array.from({ length: CLIENTS }, (_, index) =>
    createUploadClient({ userId: `user-${index}`, known, random, picture }),
  );
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));

  for (let round = 1; round <= ROUNDS; round += 1) {
    const service = await startMortal(folder.path);
    try {
      await requireAcknowledged(service, known, random);
      // Otherwise these would finish while the service works, and might be cut off again.
      if (random.chance(0.5)) await Promise.all(clients.map((client) => client.sendAgain(service)));
      const work = Promise.all(clients.map((client) => client.workUntilGone(service)));
      await Promise.race([moment(random, service), work]);
      await service.kill();
      await work;
    } catch (cause) {
      throw new Error(`in round ${round} of SEED=${SEED}, where the service said: ${service.output()}`, { cause });
    } finally {
      await service.kill();
    }
  }

  const clock = movingClock();
  clock.offsetMs = 10 * DAY_MS; // URLs expire after seven days, keys after one
  await using service = await createTestService({ folder: join(folder.path, 'data'), overrides: { clock } });
  await sweepAll(service);
  await requireRest(service);
  known.requireRecords(await recordsOf(service));

  clock.offsetMs += 31 * DAY_MS; // past the last removal and the records' last day
  await sweepAll(service);
  clock.offsetMs += 31 * DAY_MS;
  await sweepAll(service);
  const statuses = new Set((await recordsOf(service)).map(({ status }) => status));
  assert.deepEqual([...statuses], ['ready'], `at the end of SEED=${SEED}`);
  await requireAgreement(service);
});
