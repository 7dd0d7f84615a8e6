import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { repeatsOf } from '../repeats.ts';
import { startMortal } from '../services/mortal-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import { recordsOf, requireAgreement, sweepAll } from '../services/record-check.ts';
import { createTestService } from '../services/service.ts';
import { createPictures, directRequest } from '../uploads/upload-requests.ts';
import { createRandom } from './random.ts';
import { createTrashClient } from './trash-client.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('trashKills');

const CLIENTS = 4;
/** Images whose time in the trash ends while the service is down. */
const PURGED = 6;
const DAY_MS = 24 * 3_600_000;

it('kill -9 during trashes, restores and deletes loses no image and no acknowledgement', async () => {
  const random = createRandom(SEED);
  const picture = createPictures(random);
  const clients = Array.from({ length: CLIENTS }, (_, index) =>
    createTrashClient({ userId: `user-${index}`, random, picture }),
  );
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
  for (let round = 1; round <= ROUNDS; round += 1) {
    const service = await startMortal(folder.path);
    try {
      await Promise.all(clients.map((client) => client.lookAtAll(service)));
      const work = Promise.all(clients.map((client) => client.workUntilGone(service)));
      const moment = random.chance(0.7) ? service.answered(1 + random.below(60)) : delay(random.below(500));
      await Promise.race([moment, work]);
      await service.kill();
      await work;
    } catch (cause) {
      throw new Error(`in round ${round} of SEED=${SEED}, where the service said: ${service.output()}`, { cause });
    } finally {
      await service.kill();
    }
  }

  const service = await startMortal(folder.path);
  await Promise.all(clients.map((client) => client.lookAtAll(service)));
  await service.kill();
  const clock = movingClock();
  clock.offsetMs = 10 * DAY_MS;
  await using own = await createTestService({ folder: join(folder.path, 'data'), overrides: { clock } });
  await sweepAll(own);
  await requireAgreement(own);
  clock.offsetMs += 31 * DAY_MS; // past every time in the trash
  await sweepAll(own);
  clock.offsetMs += DAY_MS;
  await sweepAll(own);
  await requireAgreement(own);
  const ready = (await recordsOf(own)).filter(({ status }) => status === 'ready').map(({ id }) => id);
  for (const id of clients.flatMap((client) => client.ids('ready'))) assert.ok(ready.includes(id as never), id);
  assert.ok((await recordsOf(own)).every(({ status }) => status !== 'trashed' && status !== 'pending'));
});

it('kill -9 during purges: the next sweep ends them, and nothing is left of any image', async () => {
  const random = createRandom(SEED);
  const picture = createPictures(random);
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
  let offsetMs = 0;
  const clock = { now: () => new Date(Date.now() + offsetMs), elapsedMs: () => performance.now() };
  const openOwn = () => createTestService({ folder: join(folder.path, 'data'), overrides: { clock } });
  const uploading = await startMortal(folder.path);
  const ids: string[] = [];
  while (ids.length < ROUNDS * PURGED) {
    const { target, ...sent } = directRequest('raw', { filename: 'a.png', tags: ['sea'] }, await picture('image/png'));
    const answer = await uploading.send(target, { ...sent, headers: { ...sent.headers, 'X-User-Id': 'u' } });
    if (answer?.status === 200) ids.push((JSON.parse(answer.text) as { image_id: string }).image_id);
    else assert.ok(answer && [429, 503].includes(answer.status), answer?.text); // busy
  }
  await uploading.kill();
  while (ids.length > 0) {
    offsetMs = -31 * DAY_MS;
    {
      await using past = await openOwn();
      for (const id of ids.splice(0, PURGED)) {
        assert.equal((await past.request(`/images/${id}/trash`, { method: 'POST' })).status, 200);
      }
    }
    const service = await startMortal(folder.path);
    await delay(random.below(150)); // it sweeps at once
    await service.kill();
  }
  for (const days of [0, 1, 2]) {
    offsetMs = days * DAY_MS;
    await using own = await openOwn();
    await sweepAll(own);
    assert.deepEqual(new Set((await recordsOf(own)).map(({ status }) => status)), new Set(['deleted']));
    if (days === 0) continue; // removals that a kill interrupted are due a minute later
    await requireAgreement(own);
    assert.deepEqual(await own.storedFiles(), []);
  }
});
