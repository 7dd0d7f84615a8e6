import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { checkCounted } from '../../src/operations/checks/check-counted.ts';
import { requireMonths } from '../../src/records/images/months.fixture.ts';
import { createRandom } from '../chance/random.ts';
import { repeatsOf } from '../repeats.ts';
import { type MortalService, startMortal } from '../services/mortal-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import { recordsOf, requireAgreement, sweepAll } from '../services/record-check.ts';
import { createTestService, type TestService } from '../services/service.ts';
import {
  createQuotaClient,
  grantInThePast,
  LIMITED,
  OWNER,
  requireExpired,
  requireSum,
  requireWorked,
  smallPictures,
  storeKept,
} from './quota-client.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('quotaKills');

const CLIENTS = 50;
const DAY_MS = 24 * 3_600_000;

it('kill -9 while fifty clients of one owner are at its limits: never over them, and usage and months are the sums of what is stored', async () => {
  const random = createRandom(SEED);
  const pictures = await smallPictures(random);
  const kept: string[] = [];
  const ending: string[] = [];
  const clients = Array.from({ length: CLIENTS }, () => createQuotaClient({ random, pictures, kept, ending }));
  const clock = movingClock();
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
  const openOwn = () =>
    createTestService({ folder: join(folder.path, 'data'), overrides: { clock }, environment: LIMITED });

  for (let round = 1; round <= ROUNDS; round += 1) {
    {
      await using own = await openOwn();
      if (round === 1) {
        assert.equal(await checkCounted(own.services), 'fine'); // as when a process starts
        kept.push(...(await storeKept(own, pictures)));
      }
      ending.push(...(await grantInThePast(own, clock)));
    }
    const service = await startMortal(folder.path, LIMITED);
    try {
      const work = Promise.all(clients.map((client) => client.workUntilGone(service)));
      await Promise.race([service.answered(CLIENTS + random.below(400)), work]);
      await Promise.race([until(() => haveExpired(service, ending)), work]);
      await service.kill();
      await work;
    } catch (cause) {
      throw new Error(`in round ${round} of SEED=${SEED}, where the service said: ${service.output()}`, { cause });
    } finally {
      await service.kill();
    }
    await using own = await openOwn(); // nothing is settled yet: as the kill left it
    await requireSums(own);
    clock.offsetMs += random.chance(0.5) ? 10 * DAY_MS : 0; // abandoned grants expire
    await sweepAll(own);
    await requireSums(own);
    clock.offsetMs = 0;
  }

  clock.offsetMs = 10 * DAY_MS;
  await using own = await openOwn();
  await sweepAll(own);
  await requireAgreement(own);
  const { usage, records } = await requireSums(own);
  requireExpired(records, ending);
  assert.deepEqual([usage.pending, usage.reservedBytes], [0, 0]);
  requireWorked(clients);
});

/** Asserts that usage, counts and months are what the records add up to. */
async function requireSums(own: TestService) {
  const used = await own.services.usage.usageOf(OWNER);
  const records = await recordsOf(own);
  requireSum(used, records);
  for (const owner of [OWNER, undefined]) await requireMonths(own.services.images, records, owner);
  return { usage: used.usage, records };
}

/** By the sweeper of the busy service. */
async function haveExpired(service: MortalService, ending: readonly string[]): Promise<boolean> {
  const answer = await service.send(`/images?user_id=${OWNER}&status=expired&limit=100`, { method: 'GET' });
  if (answer?.status !== 200) return false;
  const { images } = JSON.parse(answer.text) as { images: readonly { image_id: string }[] };
  return new Set(ending).isSubsetOf(new Set(images.map(({ image_id }) => image_id)));
}
