import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { NO_FAUXQS } from '../../../../test/servers/fauxqs.ts';
import { createQueue, type TestQueue } from '../../../../test/servers/queue.ts';
import { type SqsForTests, sqsForTests } from '../../../../test/servers/sqs-for-tests.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { Image } from '../../src/domain/image/image.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { joinCloud } from '../services/cloud.ts';
import { movingClock } from '../services/moving-clock.ts';
import { createQueuedCloud, environmentOfQueue, NO_QUEUED_CLOUD } from '../services/queued-cloud.ts';
import { sweepAll } from '../services/record-check.ts';
import { runService, startService } from '../services/running-service.ts';
import { runWorkerIn, startWorkerIn } from '../services/running-worker.ts';
import { createTestService, json, post } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';
import { startFaultyProxy } from './faulty-proxy.ts';
import { temporaryFolder } from './file-systems.ts';
import { FAULTY_SQS } from './sqs-fault-kinds.ts';

const HOUR_MS = 3_600_000;

const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

interface Grant {
  readonly image_id: Image['id'];
  readonly upload_url: string;
  readonly headers: Record<string, string>;
}

const asked = json({ user_id: 'u', content_type: 'image/jpeg' });

describe('an unreachable queue', { skip: NO_FAUXQS }, () => {
  let server: SqsForTests;
  let queue: TestQueue;
  before(async () => {
    server = await sqsForTests();
    queue = await createQueue(server.sqs);
  });
  after(async () => {
    await queue[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('delays no response, and loses no image: the sweeper finalizes the upload without its job', async () => {
    await using proxy = await startFaultyProxy(server.sqs.url, FAULTY_SQS);
    let isFailing = false;
    const clock = movingClock();
    await using service = await createTestService({
      environment: { ...environmentOfQueue(queue), AWS_ENDPOINT_URL_SQS: proxy.url },
      overrides: {
        clock,
        wrapImaging: () => ({
          ...sharedImaging,
          async inspect(path, type) {
            if (isFailing) throw new AppError('unavailable', 'no process');
            return sharedImaging.inspect(path, type);
          },
        }),
      },
    });
    proxy.fail({ kind: 'silence', name: 'SendMessage queue', nth: 1, lasts: 'for every call' });
    const direct = await service.request('/images/upload?user_id=u', post(picture, 'image/jpeg'));
    assert.equal(direct.status, 200);
    const granted = (await (await service.request('/images/upload', asked)).json()) as Grant;
    const put = () => service.send(granted.upload_url, { method: 'PUT', headers: granted.headers, body: picture });

    isFailing = true;
    assert.equal((await put()).status, 503);
    assert.deepEqual(
      proxy.calls.map(({ name, answer }) => [name, answer]),
      [
        ['GetQueueAttributes queue', { status: 200, hasBody: true }],
        ['SendMessage queue', undefined],
      ],
    );
    assert.equal(proxy.openExchanges(), 1, 'expected a response while the queue was silent');
    const image = await service.services.images.get(granted.image_id);
    assert.equal(image?.status, 'pending');

    isFailing = false;
    clock.offsetMs = HOUR_MS;
    await sweepAll(service);
    assert.equal((await service.services.images.get(granted.image_id))?.status, 'ready');
  });

  for (const [name, environment, sentence] of [
    ['cannot be reached', { AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9' }, /can't be reached \(\w+\): check [^\n]+/],
    ['does not exist', { SQS_QUEUE_URL: 'http://127.0.0.1/000000000000/none' }, /There is no queue none at [^\n]+/],
  ] as const) {
    it(`ends the service with 1 and one sentence if it ${name} at the start`, async () => {
      await using folder = await temporaryFolder();
      const { exitCode, output } = await runService(folder.path, { ...environmentOfQueue(queue), ...environment });
      assert.equal(exitCode, 1);
      assert.match(output, new RegExp(`^Safelight can't start\\. [^\\n]*${sentence.source}\\n$`));
    });
  }
});

describe('an unreachable queue of processes on a bucket and a table', { skip: NO_QUEUED_CLOUD }, () => {
  it('doesn’t affect the API processes', async () => {
    await using cloud = await createQueuedCloud();
    await using way = new AsyncDisposableStack();
    const { url } = way.use(await startFaultyProxy(cloud.queue.sqs.url, FAULTY_SQS));
    await using service = await startService({ ...cloud.environment, AWS_ENDPOINT_URL_SQS: url });
    const ask = (path: string, init?: RequestInit) => fetch(`${service.origin}${path}`, init);
    await way.disposeAsync();
    const granted = (await (await ask('/images/upload', asked)).json()) as Grant;
    const stored = await fetch(granted.upload_url, { method: 'PUT', headers: granted.headers, body: picture });
    assert.equal(stored.status, 200);
    const path = `/images/${granted.image_id}`;
    assert.equal((await ask(`${path}/complete`, { method: 'POST' })).status, 200);
    assert.deepEqual(new Uint8Array(await (await ask(path)).arrayBuffer()), picture);
    assert.equal((await ask('/readyz')).status, 200);
    assert.equal((await ask(`${path}?user_id=u`, { method: 'DELETE' })).status, 200);
  });

  it('is logged by the workers, which continue once it is back', async () => {
    await using cloud = await createQueuedCloud();
    await using own = await joinCloud(cloud);
    await using proxy = await startFaultyProxy(cloud.queue.sqs.url, FAULTY_SQS);
    await using folder = await temporaryFolder();
    await using worker = await startWorkerIn(folder.path, { ...cloud.environment, AWS_ENDPOINT_URL_SQS: proxy.url });
    proxy.fail({ kind: 'cut', name: 'ReceiveMessage queue', nth: 1, lasts: 'for every call' });
    await until(async () => worker.output().includes('receiving jobs failed'));
    assert.match(worker.output(), /expected the queue to answer; got no answer/);
    const granted = (await (await own.request('/images/upload', asked)).json()) as Grant;
    await own.leave(granted.image_id, picture);
    proxy.repair();
    await until(async () => (await own.services.images.get(granted.image_id))?.status === 'ready');
    const { exitCode, output } = await worker.stop();
    assert.equal(exitCode, 0, output);
  });

  it('ends a worker with 1 and one sentence if it cannot be reached at the start', async () => {
    await using cloud = await createQueuedCloud();
    await using folder = await temporaryFolder();
    const environment = { ...cloud.environment, AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9' };
    const { exitCode, output } = await runWorkerIn(folder.path, environment);
    assert.equal(exitCode, 1);
    assert.match(output, /^Safelight can't work\. http:\S+ can't be reached \(ECONNREFUSED\): check [^\n]+\n$/);
  });
});
