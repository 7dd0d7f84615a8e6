import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom } from '../chance/random.ts';
import { ownAsMortal } from '../gates/gated-mortal.ts';
import { usageOf } from '../gates/gated-service.ts';
import { repeatsOf } from '../repeats.ts';
import { startMortal } from '../services/mortal-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import { requireAgreement, sweepAll } from '../services/record-check.ts';
import { createTestService, type TestService } from '../services/service.ts';
import { filesOf, recordOf, requireBytes, unfinished } from './in-parts.ts';
import { AT_ONCE, createPartsClient, type InParts, PART_SIZE } from './parts-client.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('partKills');
const CLIENTS = 3;
const ENVIRONMENT = { USAGE: 'on' };
const HOUR_MS = 3_600_000;

/** Each part that the service says has arrived is on the disk, byte for byte, and so is each that it acknowledged. */
async function requireWholeParts(service: TestService, { id, bytes, acknowledged }: InParts): Promise<number> {
  if (id === undefined) return 0;
  const image = await recordOf(service, id);
  if (image.status !== 'pending' || !image.parts?.uploadId) return 0;
  const { uploadId, ...sizes } = image.parts;
  const key = `incoming/ada/${id}` as const;
  const upload = { key: key as never, uploadId, ...sizes, sizeBytes: bytes.length };
  const received = await service.services.multipart.received(upload);
  if (!received) {
    const stored = await readFile(join(service.folder, 'objects', key));
    assert.ok(stored.equals(bytes), 'the parts are the object');
    return 0;
  }
  const file = await readFile(join(service.folder, 'objects/parts', key, uploadId));
  for (const number of received) {
    const [start, end] = [(number - 1) * PART_SIZE, number * PART_SIZE];
    assert.ok(file.subarray(start, end).equals(bytes.subarray(start, end)), `part ${number} of ${id} isn't whole`);
  }
  for (const number of acknowledged) assert.ok(received.includes(number), `part ${number} of ${id} is lost`);
  return received.length;
}

it('kill -9 while uploads in parts are sent: each arrives byte for byte, no part that arrived is sent again, and nothing is left', {
  timeout: 900_000,
}, async (test) => {
  const random = createRandom(SEED);
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
  const clock = movingClock();
  const openOwn = () =>
    createTestService({ folder: join(folder.path, 'data'), environment: ENVIRONMENT, overrides: { clock } });
  let sending = { count: 0, begun: () => {} };
  const onSend = (): void => {
    sending.count -= 1;
    if (sending.count === 0) sending.begun();
  };
  const clients = Array.from({ length: CLIENTS }, (_, nth) =>
    createPartsClient(createRandom(SEED + nth), `client-${nth}`, onSend),
  );
  const all = () => clients.flatMap(({ uploads }) => uploads);
  let kept = 0;
  for (let round = 1; round <= ROUNDS; round += 1) {
    const mortal = await startMortal(folder.path, ENVIRONMENT);
    try {
      const work = Promise.all(clients.map((client) => client.workUntilGone(mortal)));
      const sent = new Promise<void>((begun) => {
        sending = { count: 4 + random.below(16), begun };
      });
      await Promise.race([sent.then(() => delay(random.below(30))), work]);
      await mortal.kill();
      await work;
    } catch (cause) {
      throw new Error(`in round ${round} of SEED=${SEED}, where the service said: ${mortal.output()}`, { cause });
    } finally {
      await mortal.kill();
    }
    await using own = await openOwn();
    for (const upload of all()) kept += await requireWholeParts(own, upload);
  }

  await using last = await openOwn();
  clock.offsetMs += 61_000; // past the leases of the dead
  for (const client of clients) await client.finish(ownAsMortal(last));
  let again = 0;
  for (const { id, bytes, sent } of all()) {
    assert.ok(id);
    await requireBytes(last.request, id, bytes);
    again += sent - Math.ceil(bytes.length / PART_SIZE);
  }
  test.diagnostic(`${all().length} uploads, ${kept} parts found after kills, ${again} sent again in ${ROUNDS} kills`);
  assert.ok(kept > 0 && again > 0, 'expected kills in the middle of uploads');
  assert.ok(again <= ROUNDS * CLIENTS * AT_ONCE, `${again} parts were sent again`);
  for (const hours of [2, 22, 23]) {
    clock.offsetMs = hours * HOUR_MS;
    await sweepAll(last);
  }
  assert.deepEqual(await unfinished(last), []);
  assert.equal((await filesOf(last)).length, all().length);
  await requireAgreement(last);
  const bytes = all().reduce((sum, upload) => sum + upload.bytes.length, 0);
  const rest = { images: all().length, bytes, trashedBytes: 0, pending: 0, reservedBytes: 0 };
  assert.deepEqual(await usageOf(last), rest);
});
