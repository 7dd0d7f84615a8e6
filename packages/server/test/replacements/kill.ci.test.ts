import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { createRandom } from '../chance/random.ts';
import { usageOf } from '../gates/gated-service.ts';
import { repeatsOf } from '../repeats.ts';
import { startMortal } from '../services/mortal-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import { recordsOf, requireAgreement, sha256Of, sweepAll } from '../services/record-check.ts';
import { createTestService } from '../services/service.ts';
import { addPicture, createReader, createReplacer, type ReplacedPicture } from './replacing-client.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('replaceKills');

const DAY_MS = 24 * 3_600_000;
const ENVIRONMENT = { USAGE: 'on', EVENTS: 'on' };

it('kill -9 while pictures are replaced and read: each reader sees former or new bytes, whole, and none are lost or left over', async () => {
  const random = createRandom(SEED);
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
  const clock = movingClock();
  const openOwn = () =>
    createTestService({ folder: join(folder.path, 'data'), environment: ENVIRONMENT, overrides: { clock } });
  const own: ReplacedPicture[] = [];
  const shared: ReplacedPicture[] = [];
  {
    const service = await startMortal(folder.path, ENVIRONMENT);
    for (let nth = 0; nth < 3; nth += 1) own.push(await addPicture(service, random));
    for (let nth = 0; nth < 2; nth += 1) shared.push(await addPicture(service, random));
    await service.kill();
  }
  const replacers = [
    ...own.map((picture) => createReplacer(random, [picture], { isAlone: true })),
    createReplacer(random, shared, { isAlone: false }),
    createReplacer(random, shared, { isAlone: false }),
  ];
  const reader = createReader(random, [...own, ...shared]);

  for (let round = 1; round <= ROUNDS; round += 1) {
    const service = await startMortal(folder.path, ENVIRONMENT);
    try {
      const work = Promise.all([...replacers, reader].map((one) => one.workUntilGone(service)));
      await Promise.race([service.answered(60 + random.below(200)), work]);
      await service.kill();
      await work;
    } catch (cause) {
      throw new Error(`in round ${round} of SEED=${SEED}, where the service said: ${service.output()}`, { cause });
    } finally {
      await service.kill();
    }
    await using one = await openOwn();
    for (const { id, now, sent } of [...own, ...shared]) {
      const answer = await one.request(`/images/${id}/original`);
      const sha256 = sha256Of(new Uint8Array(await answer.arrayBuffer()));
      assert.ok((own.some((picture) => picture.id === id) ? now : sent).has(sha256), `the bytes of ${id} after a kill`);
    }
  }

  await using last = await openOwn();
  for (const days of [0, 0.01, 0.02, 3, 10, 11]) {
    clock.offsetMs = days * DAY_MS;
    await sweepAll(last);
  }
  const made = (await last.storedFiles()).filter((file) => file.includes('/renditions/'));
  assert.ok(made.length <= own.length + shared.length, `renditions of former bytes: ${made.join()}`);
  for (const { id } of [...own, ...shared]) await last.request(`/images/${id}/renditions`, { method: 'DELETE' });
  await requireAgreement(last);
  const records = await recordsOf(last);
  const ready = records.filter(({ status }) => status === 'ready');
  assert.deepEqual(ready.map(({ id }) => id).toSorted(), [...own, ...shared].map(({ id }) => id as ImageId).toSorted());
  const bytes = ready.reduce((sum, image) => sum + ('sizeBytes' in image ? image.sizeBytes : 0), 0);
  assert.deepEqual(await usageOf(last), {
    images: ready.length,
    bytes,
    trashedBytes: 0,
    pending: 0,
    reservedBytes: 0,
  });
  const [replaced, refused] = [
    replacers.reduce((sum, one) => sum + one.replaced, 0),
    replacers.reduce((sum, one) => sum + one.refused, 0),
  ];
  assert.ok(replaced > ROUNDS && refused > 0 && reader.reads > ROUNDS, `${replaced} ${refused} ${reader.reads}`);
});
