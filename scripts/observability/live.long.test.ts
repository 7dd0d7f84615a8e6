import assert from 'node:assert/strict';
import { mkdtempDisposable, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { attributesOfKey, outboxKey } from '../../packages/server/src/records/dynamodb/item-keys.ts';
import { createTable } from '../../packages/server/src/records/dynamodb/table.ts';
import { newImageId } from '../../packages/server/src/records/images/sample-images.fixture.ts';
import { startFleetIn } from '../../packages/server/test/fleet/fleet.ts';
import {
  createProvisionedBucket,
  environmentOf as environmentOfBucket,
} from '../../packages/server/test/services/ceph-service.ts';
import { createCloud, NO_CLOUD } from '../../packages/server/test/services/cloud.ts';
import { fakeTime, NO_FAKE_TIME } from '../../packages/server/test/services/fake-time.ts';
import { kernelWithout } from '../../packages/server/test/services/kernel-without.ts';
import { createQueuedCloud, NO_QUEUED_CLOUD } from '../../packages/server/test/services/queued-cloud.ts';
import { startService } from '../../packages/server/test/services/running-service.ts';
import { json, post } from '../../packages/server/test/services/service.ts';
import { NO_CEPH } from '../../test/servers/ceph.ts';
import { freePort } from '../../test/servers/free-port.ts';
import { startFront } from '../../test/servers/front.ts';
import { skipWithout } from '../../test/servers/installed.ts';
import { answers, startReceiver } from '../../test/servers/webhook-receiver.ts';
import {
  asAdmin,
  grant,
  picture,
  presigned,
  repeating,
  type Scene,
  signalDecoders,
  slowing,
  staged,
  startWatch,
  TELLING,
  untilFired,
  upload,
} from './live-service.fixture.ts';

const edit = (data: string, statement: string): void => {
  using database = new DatabaseSync(join(data, 'safelight.db'));
  database.exec(statement);
};

/** The number of widths in use. The picture isn't too small for any of them, and each size is rendered anew. */
const WIDTHS = 300;
/** More than decoders that are slowed down do in five seconds, and fewer than may wait. */
const IN_LINE = 40;
/** Also a busy machine then has five in 15 seconds. */
const UPLOADS_AT_ONCE = 8;
/** So long that Prometheus sees its CPU time grow, and then begin anew. */
const LIFE_MS = 4_000;
/** The delay of each request to S3. */
const SLOW_MS = 3_000;
const DAYS_AGO = new Date(Date.now() - 37 * 3_600_000).toISOString();
/** When Prometheus first saw its condition: anew after each time that it didn't hold. */
const BACKUP_OLD_SINCE = 'ALERTS_FOR_STATE{alertname="SafelightBackupOld"}';
/** More than the minute in which an upload should become ready. */
const STOPPED_MS = 63_000;

/** Many first renditions at once, by decoders that get little of the CPU. */
async function renderingSlowly(scene: Scene, expected: readonly string[]): Promise<void> {
  const { service } = scene;
  let id = '';
  while (id === '') ({ id } = await upload(service, 1)); // refused while the first decoder starts
  let done = 0;
  const render = async (round: number): Promise<void> => {
    const size = { w: 1 + (round % WIDTHS), h: 1 + Math.floor(round / WIDTHS), fit: 'cover', format: 'jpeg' };
    const link = await fetch(`${service.origin}/images/${id}/render-url`, json(size));
    const { url } = (await link.json()) as { url: string };
    const answer = await fetch(url);
    await answer.bytes();
    if (answer.ok) done += 1;
  };
  const inLine = () => repeating(render, () => untilFired(scene, expected), IN_LINE);
  await slowing(service, () => done, inLine);
}

describe('the alerts on a real service', { skip: skipWithout('prometheus') }, () => {
  it('tell that the process is gone', async () => {
    await staged({}, async (scene) => {
      scene.service.process.kill('SIGKILL');
      await untilFired(scene, ['SafelightDown', 'SafelightAbsent']);
    });
  });

  it('tell that the process ends again and again', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-live-'));
    const metricsPort = await freePort();
    const environment = { METRICS_PORT: String(metricsPort), LOG_LEVEL: 'error' };
    const live = async (): Promise<void> => {
      await using service = await startService(environment, folder.path);
      const end = performance.now() + LIFE_MS;
      for (let round = 0; performance.now() < end; round += 1) await upload(service, round);
    };
    await repeating(live, async () => {
      await using watch = await startWatch({ metricsPorts: [metricsPort] });
      await untilFired(watch, ['SafelightRestarts'], ['SafelightDown', 'SafelightAbsent']);
    });
  });

  it('tell that the disk is nearly full, and that users get errors', async () => {
    await staged({ environment: { MIN_FREE_BYTES: String(2 ** 50) } }, (scene) =>
      repeating(
        (round) => upload(scene.service, round).then(() => delay(50)),
        () => untilFired(scene, ['SafelightDiskLow', 'SafelightErrors']),
      ),
    );
  });

  it('tell that the disk of the records is slow', async () => {
    // Prometheus waits for each answer, so that the process is never down.
    await staged({ scrapeMs: 2_000 }, (scene) =>
      repeating(
        async () => {
          using database = new DatabaseSync(join(scene.data, 'safelight.db'));
          database.exec('BEGIN IMMEDIATE');
          const granted = Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, () => grant(scene.service)));
          await delay(1_400);
          database.exec('COMMIT');
          await granted;
        },
        () => untilFired(scene, ['SafelightSlowGrants'], ['SafelightEventLoopSlow', 'SafelightPartSlow']),
      ),
    );
  });

  it('tell that the process does not get the CPU', async () => {
    await staged({ scrapeMs: 2_000 }, (scene) =>
      repeating(
        async () => {
          scene.service.process.kill('SIGSTOP');
          await delay(1_200);
          scene.service.process.kill('SIGCONT');
          await delay(200);
        },
        () => untilFired(scene, ['SafelightEventLoopSlow']),
      ),
    );
  });

  it('tell that decoders are not confined', async () => {
    await staged({ under: kernelWithout('landlock', 'namespaces') }, (scene) =>
      untilFired(scene, ['SafelightUnconfined']),
    );
  });

  it('tell that decoders die, and that their uploads stay pending', async () => {
    await staged({}, async (scene) => {
      const bytes = await picture(1, 3_000);
      const expected = ['SafelightDecoderDeaths', 'SafelightUploadsPending'];
      const uploading = () =>
        repeating(
          () => presigned(scene.service, bytes),
          () => untilFired(scene, expected, ['SafelightErrors']),
          UPLOADS_AT_ONCE,
        );
      await repeating(() => signalDecoders(scene.service, 'SIGKILL').then(() => delay(20)), uploading);
    });
  });

  it('tell that decoders die for good, however many requests are refused beside', async () => {
    await staged({ environment: { RATE_LIMITS: 'list=1/h' } }, async (scene) => {
      const { service } = scene;
      const refused = () => fetch(`${service.origin}/images?user_id=u`).then((answer) => answer.bytes());
      const uploading = () =>
        repeating(
          (round) => upload(service, round).then(() => delay(250)),
          () => untilFired(scene, ['SafelightErrors', 'SafelightDecoderDeaths'], ['SafelightUploadsPending']),
        );
      const refusing = () => repeating(refused, uploading, UPLOADS_AT_ONCE);
      await repeating(() => signalDecoders(service, 'SIGKILL').then(() => delay(20)), refusing);
    });
  });

  it('tell that the store of objects is slow', { skip: NO_CEPH }, async () => {
    await using bucket = await createProvisionedBucket();
    await using front = await startFront(() => delay(SLOW_MS, bucket.s3.url));
    const environment = { ...environmentOfBucket(bucket), AWS_ENDPOINT_URL_S3: front.url };
    await staged({ environment }, (scene) =>
      repeating(
        (round) => upload(scene.service, round),
        () => untilFired(scene, ['SafelightPartSlow'], ['SafelightUploadsPending']),
        2 * UPLOADS_AT_ONCE,
      ),
    );
  });

  it('tell that the queue is away while it is, and not longer', { skip: NO_QUEUED_CLOUD }, async () => {
    await using cloud = await createQueuedCloud();
    let isAway = false;
    await using front = await startFront((_, outgoing) => {
      if (!isAway) return cloud.queue.sqs.url;
      outgoing.writeHead(503).end();
      return undefined;
    });
    const [api, worker] = [await freePort(), await freePort()];
    const ports = { METRICS_PORT: String(api), WORKER_METRICS_PORT: String(worker) };
    const environment = { ...ports, AWS_ENDPOINT_URL_SQS: front.url, LOG_LEVEL: 'error' };
    await using _ = await startFleetIn(cloud, { services: 1, workers: 1, environment });
    await using watch = await startWatch({ metricsPorts: [api, worker] });
    isAway = true;
    await untilFired(watch, ['SafelightWorkFails'], ['SafelightPartFailing']);
    isAway = false;
    await watch.reset();
    await untilFired(watch, []);
  });

  it('tell that the clock is wrong, by a minute', { skip: NO_CLOUD || NO_FAKE_TIME }, async () => {
    await using cloud = await createCloud();
    const [api, worker] = [await freePort(), await freePort()];
    const ports = { METRICS_PORT: String(api), WORKER_METRICS_PORT: String(worker) };
    const environment = { ...ports, ...fakeTime('+60s'), LOG_LEVEL: 'error' };
    await using fleet = await startFleetIn(cloud, { services: 1, workers: 1, environment });
    await using watch = await startWatch({ metricsPorts: [api, worker] });
    await untilFired(watch, ['SafelightClockOff']);
    const readiness = await fetch(`${fleet.origin}/readyz`);
    assert.deepEqual([readiness.status, await readiness.json()], [200, { status: 'degraded', parts: ['clock'] }]);
  });

  it('tell that no backup was ever made, also beside restarts', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-live-'));
    const metricsPort = await freePort();
    const environment = { METRICS_PORT: String(metricsPort), LOG_LEVEL: 'error' };
    const restart = async (act: () => Promise<void>): Promise<void> => {
      await using service = await startService(environment, folder.path);
      await upload(service, 1);
      await act();
    };
    const data = join(folder.path, 'data');
    await restart(async () => edit(data, `INSERT INTO bookmarks VALUES ('unbacked-since', '${DAYS_AGO}')`));
    await using watch = await startWatch({ metricsPorts: [metricsPort], isUp: false });
    const consequences = ['SafelightDown', 'SafelightAbsent', 'SafelightRestarts'];
    await restart(() => untilFired(watch, ['SafelightBackupOld'], consequences));
    const since = async () => (await watch.prometheus.query(BACKUP_OLD_SINCE)).map(({ value }) => value);
    const began = await since();
    await restart(() => delay(LIFE_MS));
    assert.deepEqual(await since(), began);
    assert.equal(began.length, 1);
  });

  it('tell that work and dead letters wait, and that no backup was made lately', async () => {
    const longAgo = Date.now() - 7_200_000;
    const lastBackup = new Date(Date.now() - 37 * 3_600_000).toISOString();
    const prepare = (data: string): void => {
      edit(data, `UPDATE images SET due_at = ${longAgo}, look_at = ${longAgo} WHERE status = 'pending'`);
      edit(data, 'UPDATE images SET crashes = 1 WHERE n = (SELECT max(n) FROM images)'); // its process crashed
      edit(data, `INSERT INTO dead_letters VALUES (${Date.now()}, 1000, '{}', 'planted')`);
      edit(data, `INSERT INTO bookmarks VALUES ('backup-ended', '${lastBackup}')`);
    };
    await staged({ prepare }, (scene) =>
      untilFired(scene, ['SafelightWorkLate', 'SafelightRecoveryLate', 'SafelightDeadLetters', 'SafelightBackupOld']),
    );
  });

  it('tell that a record is broken', async () => {
    await staged({}, async (scene) => {
      await upload(scene.service, 1);
      edit(scene.data, "UPDATE images SET metadata = 'broken'");
      await (await fetch(`${scene.service.origin}/images?user_id=u`)).bytes();
      await untilFired(scene, ['SafelightDataFault']);
    });
  });

  it('tell that calls to a part fail', async () => {
    await staged({}, async (scene) => {
      const objects = join(scene.data, 'objects');
      await rename(objects, `${objects}-away`);
      await writeFile(objects, '');
      await repeating(
        (round) => upload(scene.service, round).then(() => delay(50)),
        () => untilFired(scene, ['SafelightPartFailing', 'SafelightErrors']),
      );
      await rm(objects);
      await rename(`${objects}-away`, objects);
    });
  });

  it('tell that first renditions are slow', async () => {
    await staged({}, (scene) => renderingSlowly(scene, ['SafelightSlowRenditions']));
  });

  it('tell that requests are refused because of load', async () => {
    const environment = { MAX_DECODER_WAIT_SECONDS: '1' };
    await staged({ environment }, (scene) => renderingSlowly(scene, ['SafelightOverloaded']));
  });

  it('tell that uploads become ready late', async () => {
    await staged({}, async (scene) => {
      const { service } = scene;
      await upload(service, 0);
      let done = 0;
      let uploads: readonly Promise<void>[] = [];
      const uploading = async (): Promise<void> => {
        uploads = Array.from({ length: IN_LINE }, async (_, index) => {
          await presigned(service, await picture(1 + index));
          done += 1;
        });
        await delay(STOPPED_MS);
      };
      await signalDecoders(service, 'SIGSTOP');
      await repeating(() => signalDecoders(service, 'SIGSTOP').then(() => delay(50)), uploading); // new ones, too
      const fired = () => untilFired(scene, ['SafelightUploadsSlow'], ['SafelightUploadsPending']);
      await slowing(service, () => done, fired);
      await Promise.all(uploads);
    });
  });

  it('tell that a webhook gets nothing, because its receiver is gone', async () => {
    await using receiver = await startReceiver(answers(410));
    await staged({ environment: TELLING }, async (scene) => {
      const send = await asAdmin(scene);
      await send('/webhooks', json({ url: receiver.url }));
      await send('/images/upload?user_id=u', post(await picture(1), 'image/jpeg'));
      await untilFired(scene, ['SafelightWebhookLate']);
    });
  });

  it('tell that a receiver of a webhook fails', async () => {
    await using receiver = await startReceiver(answers(500));
    await staged({ environment: TELLING }, async (scene) => {
      const send = await asAdmin(scene);
      await send('/webhooks', json({ url: receiver.url }));
      await send('/images/upload?user_id=u', post(await picture(1), 'image/jpeg'));
      await receiver.until(1);
      const since = `json_set(webhook, '$.failingSince', '${new Date(Date.now() - 1_810_000).toISOString()}')`;
      const age = () =>
        repeating(
          async () => {
            edit(scene.data, `UPDATE webhooks SET webhook = ${since}`); // it is written once more when the worker has nothing to do
            await delay(1_000);
          },
          () => untilFired(scene, ['SafelightWebhookFails']),
        );
      await age();
    });
  });

  it('tell that events wait and work fails, because one cannot be read', { skip: NO_CLOUD }, async () => {
    await using cloud = await createCloud();
    const { dynamo, name } = cloud.table;
    const client = new DynamoDBClient({ endpoint: dynamo.url, region: dynamo.region, credentials: dynamo });
    const table = createTable(client, name);
    const broken = outboxKey(0, { imageId: newImageId(), revision: 1 });
    await table.put({ ...attributesOfKey(broken), since: { N: String(Date.now() - 7_200_000) } });
    const [api, worker] = [await freePort(), await freePort()];
    const ports = { METRICS_PORT: String(api), WORKER_METRICS_PORT: String(worker) };
    const environment = { ...ports, EVENTS: 'on', LOG_LEVEL: 'error' };
    await using _ = await startFleetIn(cloud, { services: 1, workers: 1, environment });
    await using watch = await startWatch({ metricsPorts: [api, worker] });
    await untilFired(watch, ['SafelightEventsLate', 'SafelightWorkFails'], ['SafelightPartFailing']);
    await table.delete(broken);
    client.destroy();
    await watch.reset();
  });

  it('tell that spans are lost', async () => {
    const away = `http://127.0.0.1:${await freePort()}`;
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: away,
      OTEL_EXPORTER_OTLP_TIMEOUT: '200',
      OTEL_TRACES_SAMPLER: 'always_on',
    };
    await staged({ environment }, (scene) =>
      repeating(
        () => grant(scene.service),
        () => untilFired(scene, ['SafelightSpansDropped']),
      ),
    );
  });
});
