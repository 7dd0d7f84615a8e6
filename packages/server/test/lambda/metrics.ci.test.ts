import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { NO_FAUXQS } from '../../../../test/servers/fauxqs.ts';
import { bringBatch } from '../../../../test/servers/lambda-event-source.ts';
import { SCHEDULED_EVENT } from '../../../../test/servers/lambda-schedule.ts';
import { createQueue } from '../../../../test/servers/queue.ts';
import { sqsForTests } from '../../../../test/servers/sqs-for-tests.ts';
import { MAX_COMBINATIONS } from '../../src/observe/telemetry/emf/emf-metrics.ts';
import { emfLinesIn, totalsOf } from '../../src/observe/telemetry/emf/emf-schema.fixture.ts';
import { type Cloud, createCloud, NO_CLOUD } from '../services/cloud.ts';
import { json, post } from '../services/service.ts';
import { type BuiltFunction, buildFunction, deployFunction, deployHttpFunction } from './function.ts';

const png = new Uint8Array(await testImage({ type: 'image/png', width: 64, height: 48 }));
const html = new Uint8Array(Buffer.from('<html>no image</html>'));

/** From a function whose instances have been killed: what it had not written before its answers is lost. */
const totalsIn = (output: string) => totalsOf(emfLinesIn(output));

describe('the metrics of the functions', { skip: NO_CLOUD || NO_FAUXQS }, () => {
  let http: BuiltFunction;
  let worker: BuiltFunction;
  let cloud: Cloud;
  before(async () => {
    [http, worker, cloud] = await Promise.all([buildFunction('http'), buildFunction('worker'), createCloud()]);
  });
  after(async () => {
    await cloud[Symbol.asyncDispose]();
    await worker[Symbol.asyncDispose]();
    await http[Symbol.asyncDispose]();
  });

  /** Requests of every kind to a new function, one after the other; its output once its instances were killed. */
  const mixedRun = async (environment: Readonly<Record<string, string>>) => {
    await using service = await deployHttpFunction(http, { ...cloud.environment, ...environment });
    const ask = async (path: string, init?: RequestInit) => {
      const answer = await fetch(`${service.origin}${path}`, { redirect: 'manual', ...init });
      return { status: answer.status, body: await answer.text() };
    };
    const upload = () => ask('/images/upload?user_id=ada', post(png, 'image/png'));
    const first = await upload();
    assert.equal(first.status, 200, first.body);
    const { image_id: id } = JSON.parse(first.body) as { image_id: string };
    for (let round = 0; round < 2; round++) assert.equal((await upload()).status, 200);
    const refused = await ask('/images/upload?user_id=ada', post(html, 'image/png'));
    assert.equal(refused.status, 400, refused.body);
    for (let round = 0; round < 4; round++)
      assert.equal((await ask('/uploads', json({ user_id: 'ada', content_type: 'image/png' }))).status, 201);
    for (let round = 0; round < 2; round++) {
      const { status, body } = await ask(`/images/${id}/renditions/thumb`);
      assert.equal(status, 302, body);
    }
    for (const path of ['/no/such/path', `/images/${id}?user_id=eve`, '/images?user_id=ada&limit=x'])
      assert.ok((await ask(path)).status >= 300, path);
    await service[Symbol.asyncDispose]();
    return { output: service.lambda.output(), id };
  };

  it('equal what was answered, and nothing is lost or written twice', async () => {
    const { output, id } = await mixedRun({});
    const totals = totalsIn(output);
    const sum = (combination: string) => totals.get(combination)?.sum;
    assert.equal(sum('safelight.uploads{state=granted}'), 4, output);
    assert.equal(sum('safelight.uploads{state=ready}'), 3);
    assert.equal(totals.get('http.server.request.duration{}')?.count, 13);
    assert.equal(totals.get('http.server.request.duration{http.route=/uploads}')?.count, 4);
    assert.equal(totals.get('http.server.request.duration{http.route=/images/upload}')?.count, 4);
    assert.ok(totals.size <= MAX_COMBINATIONS, [...totals.keys()].join('\n'));
    const lines = emfLinesIn(output);
    assert.ok(lines.length <= 13 + 4, `expected about a line for each request; got ${lines.length}`);
    assert.doesNotMatch(lines.join('\n'), new RegExp(`${id}|ada|eve|127\\.0\\.0|no/such`));
  });

  it('are in the namespace that LAMBDA_METRICS names, or off; a variable of OpenTelemetry is warned of', async () => {
    const { output } = await mixedRun({ LAMBDA_METRICS: 'Safelight/blue' });
    assert.match(emfLinesIn(output)[0] ?? '', /"Namespace":"Safelight\/blue"/);
    const { output: without } = await mixedRun({ LAMBDA_METRICS: 'off', OTEL_METRICS_EXPORTER: 'otlp' });
    assert.deepEqual(emfLinesIn(without), []);
    assert.match(without, /OTEL_METRICS_EXPORTER is set, but nothing here reads it/);
  });

  it('of a batch of the worker are written before its answer', async () => {
    await using servers = await sqsForTests();
    await using queue = await createQueue(servers.sqs);
    await using service = await deployHttpFunction(http, { ...cloud.environment, SQS_QUEUE_URL: queue.url });
    const ofWorker = { ...cloud.environment, SQS_QUEUE_URL: queue.url, EVENTS: 'on' };
    await using function_ = await deployFunction(worker, ofWorker);
    const grants = await Promise.all(
      [png, png, html].map(async (bytes) => {
        const asked = await fetch(`${service.origin}/uploads`, json({ user_id: 'ada', content_type: 'image/png' }));
        const grant = (await asked.json()) as Record<'image_id' | 'upload_url', string> & {
          headers: Record<string, string>;
        };
        const put = await fetch(grant.upload_url, { method: 'PUT', headers: grant.headers, body: bytes });
        assert.equal(put.status, 200);
        return grant.image_id;
      }),
    );
    for (const image_id of grants) {
      const MessageBody = JSON.stringify({ kind: 'finalize', image_id });
      await queue.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody }));
    }
    for (let taken = 0; taken < grants.length; ) {
      const { records, outcome } = await bringBatch({ queue, to: function_.lambda }, { waitSeconds: 20 });
      assert.equal(outcome?.kind, 'answered', JSON.stringify(outcome));
      taken += records.length;
    }
    const swept = await function_.lambda.invoke(SCHEDULED_EVENT);
    assert.equal(swept.kind, 'answered', JSON.stringify(swept));
    await function_[Symbol.asyncDispose]();

    const totals = totalsIn(function_.lambda.output());
    assert.equal(totals.get('safelight.uploads{state=ready}')?.sum, 2, function_.lambda.output());
    assert.equal(totals.get('safelight.uploads{state=rejected}')?.sum, 1);
    assert.equal(totals.get('safelight.jobs{outcome=done}')?.sum, 3);
    const age = totals.get('safelight.events.outbox.age{}')?.sum ?? 0;
    assert.ok(age > 0, `expected the age of the events of the ready uploads; got ${age}`);
  });

  it('are without OpenTelemetry in the bundles', async () => {
    for (const { folder } of [http, worker]) {
      const sources: string[] = [];
      for await (const map of glob(`${folder}.maps/**/*.map`))
        sources.push(...(JSON.parse(await readFile(map, 'utf8')) as { sources: string[] }).sources);
      assert.ok(
        sources.some((source) => source.includes('observe/telemetry/emf/')),
        'the maps name their sources',
      );
      assert.deepEqual(
        sources.filter((source) => source.includes('@opentelemetry')),
        [],
      );
    }
  });
});
