import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { startFaultyProxy } from '../faults/faulty-proxy.ts';
import { FAULTY_S3 } from '../s3/fault-kinds.ts';
import { keysIn, requireRest } from '../services/cloud-agreement.ts';
import { takeDeadLetters } from '../services/queue-messages.ts';
import { NO_QUEUED_CLOUD } from '../services/queued-cloud.ts';
import { sha256Of } from '../services/record-check.ts';
import { startWorkerIn } from '../services/running-worker.ts';
import { createArrivals, good, recordOf, uploaded } from './arrivals.ts';

/** In real time: the message comes again after its lease, a minute. */
it('two workers, and a queue with their bucket’s events, finish the work of a killed worker, and make the image ready once', {
  skip: NO_QUEUED_CLOUD,
}, async () => {
  await using arrivals = await createArrivals();
  const { cloud, own } = arrivals;
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
  await using proxy = await startFaultyProxy(cloud.bucket.s3.url, FAULTY_S3);
  const copied = proxy.hold('GET images', 'before');
  await using mortal = await startWorkerIn(folder.path, { ...cloud.environment, AWS_ENDPOINT_URL_S3: proxy.url });
  const id = await uploaded(arrivals, good);
  await copied.reached;
  await using _other = await startWorkerIn(folder.path, cloud.environment);
  await mortal.kill();
  const [left] = (await keysIn(cloud)).filter((key) => key.startsWith('images/'));
  assert.ok(left);

  await arrivals.settled(); // when the message is redelivered past its lease, and past the dead worker's claim
  const image = await recordOf(arrivals, id);
  assert.ok(image.status === 'ready' && image.sha256 === sha256Of(good));
  assert.deepEqual([image.revision, image.objectKey === left], [2, false]);
  assert.deepEqual(await keysIn(cloud), [image.objectKey]);
  assert.deepEqual(await takeDeadLetters(cloud.queue), []);
  assert.equal((await requireRest(cloud, own)).length, 1);
});
