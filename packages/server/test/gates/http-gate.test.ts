import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { UNKNOWN_PAYER } from '../../src/domain/access/payer.ts';
import { AppError } from '../../src/domain/errors.ts';
import { parseImageId } from '../../src/domain/image/image-id.ts';
import { verdictIn } from '../../src/gates/http/verdict.ts';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { sweepOnce } from '../../src/run/worker.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import { type Answering, LATER, never, PASSES, says, startReceiver } from './gate-receiver.ts';

const PICTURE = new Uint8Array(
  await sharp(await testImage({ type: 'image/jpeg', width: 900, height: 600 }))
    .withExif({ IFD0: { ImageDescription: 'a secret place' } })
    .toBuffer(),
);
const SHA256 = createHash('sha256').update(PICTURE).digest('hex');

describe('an HTTP gate', () => {
  it('is asked once, by a signed request with the facts and a small picture without metadata', async () => {
    await using receiver = await startReceiver(PASSES);
    await using service = await createClosedService({ environment: receiver.environment });
    const { id, status } = await upload(service, { tags: ['sea', 'märz'] });
    assert.equal(status, 'ready');
    assert.deepEqual(receiver.forged, []);
    assert.equal(receiver.questions.length, 1);
    const { preview, ...question } = receiver.questions[0] ?? assert.fail();
    assert.deepEqual(question, {
      type: 'image.check',
      gate: 'review',
      image: {
        id,
        user_id: 'ada',
        content_type: 'image/jpeg',
        size_bytes: PICTURE.length,
        width: 900,
        height: 600,
        sha256: SHA256,
        tags: ['sea', 'märz'],
      },
    });
    const { data, ...shown } = preview;
    assert.deepEqual(shown, { content_type: 'image/jpeg', width: 512, height: 341 });
    const bytes = Buffer.from(data, 'base64');
    assert.ok(!bytes.includes('a secret place'));
    const { format, width, height, exif } = await sharp(bytes).metadata();
    assert.deepEqual({ format, width, height, exif }, { format: 'jpeg', width: 512, height: 341, exif: undefined });
  });

  it('refuses with its reason for the uploader and another one for moderators', async () => {
    const reasons = { reason: 'expected a landscape; got a portrait', private_reason: 'face 0.98' };
    await using receiver = await startReceiver(says(200, { verdict: 'refuse', ...reasons }));
    await using service = await createClosedService({ environment: receiver.environment });
    const { id, status, shown } = await upload(service);
    assert.equal(status, 'rejected');
    assert.equal((shown['rejection'] as { detail: string }).detail, reasons.reason);
    assert.ok(!JSON.stringify(shown).includes('0.98'));
    assert.deepEqual(await decisionsOf(service, id), [['review', 'gate', 'refuse', 'face 0.98']]);
    assert.deepEqual(await service.storedFiles(), []);
  });

  it('gives a reason of the service if it has none', async () => {
    await using receiver = await startReceiver(says(200, { verdict: 'refuse' }));
    await using service = await createClosedService({ environment: receiver.environment });
    const { shown } = await upload(service);
    assert.match((shown['rejection'] as { detail: string }).detail, /^expected .*; got one that was refused$/);
  });

  it('that answers 202 is not asked again, and its deadline ends the wait', async () => {
    await using receiver = await startReceiver(LATER);
    await using service = await createClosedService({ environment: receiver.environment });
    const { id, status } = await upload(service);
    assert.equal(status, 'held');
    await sweep(service, 24 * 60 - 1);
    assert.equal(await statusOf(service, id), 'held');
    assert.equal(receiver.questions.length, 1);
    await sweep(service, 2);
    assert.equal(await statusOf(service, id), 'rejected');
    assert.equal(receiver.questions.length, 1);
  });

  it('has one message id for one image and its bytes, however often it is asked', async () => {
    await using receiver = await startReceiver(says(500));
    await using service = await createClosedService({ environment: receiver.environment });
    const { id } = await upload(service);
    await sweep(service, 2);
    receiver.answering = PASSES;
    await sweep(service, 10);
    assert.equal(await statusOf(service, id), 'ready');
    await upload(service);
    const [first, second, third, other] = receiver.ids;
    assert.equal(receiver.ids.length, 4);
    assert.deepEqual([second, third], [first, first]);
    assert.notEqual(other, first, 'another image may need another decision, also with the same bytes');
  });

  it('has another message id for other bytes of an image', async () => {
    await using receiver = await startReceiver(PASSES);
    await using service = await createClosedService({ environment: receiver.environment });
    const [gate] = service.services.gates;
    const { id } = await upload(service);
    const image = await service.services.images.get(parseImageId(id) ?? assert.fail());
    assert.ok(image?.status === 'ready');
    const turn = { payer: UNKNOWN_PAYER, signal: new AbortController().signal };
    await gate?.ask({ path: '', image: { ...image, sha256: 'ab'.repeat(32) }, preview: null }, turn);
    assert.equal(new Set(receiver.ids).size, 2);
  });

  it('may give reasons of 300 and 500 characters', () => {
    const reasons = { reason: 'x'.repeat(300), private_reason: 'y'.repeat(500) };
    const body = Buffer.from(JSON.stringify({ verdict: 'refuse', ...reasons }));
    const { reason, private_reason: privateReason } = reasons;
    assert.deepEqual(verdictIn({ status: 200, body }), { verdict: 'refuse', reason, privateReason });
  });

  it('is asked about the picture of an animation: its first frame', async () => {
    await using receiver = await startReceiver(PASSES);
    await using service = await createClosedService({ environment: receiver.environment });
    const frames = await Promise.all(
      ['#ff0000', '#0000ff'].map((background) =>
        sharp({ create: { width: 64, height: 48, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    assert.equal((await upload(service, {}, { type: 'image/gif', bytes: new Uint8Array(gif) })).status, 'ready');
    const [question] = receiver.questions;
    const { width, height, pages } = await sharp(Buffer.from(question?.preview.data ?? '', 'base64')).metadata();
    assert.deepEqual([width, height, pages], [64, 48, undefined]);
  });

  const LONG = 'x'.repeat(301);
  const ERRORS: Readonly<Record<string, Answering>> = {
    'another status': says(204),
    'an error': says(503, { verdict: 'pass' }),
    'a redirect to loopback': (_, response, request) =>
      response.writeHead(302, { location: `http://${request.headers.host}/elsewhere` }).end(),
    'no JSON': says(200, 'pass'),
    'JSON that is no object': says(200, '"pass"'),
    'no UTF-8': (_, response) => response.end(Buffer.from('{"verdict":"pass","x":"\xff"}', 'latin1')),
    'an unknown verdict': says(200, { verdict: 'PASS' }),
    'no verdict': says(200, {}),
    'two verdicts': says(200, { verdict: ['pass', 'refuse'] }),
    'a long reason': says(200, { verdict: 'refuse', reason: LONG }),
    'a reason of several lines': says(200, { verdict: 'refuse', reason: 'a\nb' }),
    'a long private reason': says(200, { verdict: 'refuse', private_reason: LONG + LONG }),
    'a reason that is no text': says(200, { verdict: 'refuse', reason: 5 }),
    'too much': says(200, { verdict: 'pass', more: 'x'.repeat(16_384) }),
    'a body that ends too early': (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"verdict":"pass"}', () => response.destroy());
    },
    'an answer without an end': (_, response) => {
      response.writeHead(200);
      const more = (): void => void (response.destroyed || response.write(' '.repeat(4_096), more));
      more();
    },
    nothing: (_, response) => response.destroy(),
  };
  for (const [what, answering] of Object.entries(ERRORS))
    it(`gives no verdict by ${what}: the image waits, and passes once it does`, async () => {
      await using receiver = await startReceiver(answering);
      const failed: unknown[] = [];
      const observe = (event: ServiceEvent) => void (event.event === 'gate-failed' && failed.push(event.error));
      await using service = await createClosedService({ environment: receiver.environment, observe });
      const { id, status } = await upload(service);
      assert.equal(status, 'held');
      assert.equal(failed.length, 1);
      assert.ok(!JSON.stringify([String(failed[0]), await gatesOf(service)]).includes('hunter2'));
      const { gates } = (await gatesOf(service)) as { gates: { status: string; error: string | null }[] };
      assert.equal(gates[0]?.status, 'failing');
      receiver.answering = PASSES;
      await sweep(service, 2);
      assert.equal(await statusOf(service, id), 'ready');
      assert.equal(((await gatesOf(service)) as typeof gates & { gates: typeof gates }).gates[0]?.status, 'ok');
      assert.equal(receiver.questions.length, 2);
    });

  it('that never answers delays an upload by seconds, and is asked again by its own time-out', async () => {
    await using receiver = await startReceiver(never);
    await using service = await createClosedService({
      environment: { ...receiver.environment, GATE_HTTP_REVIEW_TIMEOUT_SECONDS: '1' },
    });
    const { id, status } = await upload(service);
    assert.equal(status, 'held');
    receiver.answering = PASSES;
    // On a busy machine even this answer may take longer than its second.
    for (let n = 0; n < 10 && (await statusOf(service, id)) === 'held'; n += 1) await sweep(service, 10);
    assert.equal(await statusOf(service, id), 'ready');
  });

  it('is asked after clamd and by name, and no preview is made twice for two of them', async () => {
    await using receiver = await startReceiver(PASSES);
    const { GATE_HTTP_REVIEW: url = '', GATE_HTTP_REVIEW_SECRET: secret = '' } = receiver.environment;
    const made: unknown[] = [];
    await using service = await createClosedService({
      environment: { ...receiver.environment, GATE_HTTP_AGE: url, GATE_HTTP_AGE_SECRET: secret },
      overrides: {
        wrapImaging: (imaging) => ({
          ...imaging,
          render: (...given) => {
            made.push(given);
            return imaging.render(...given);
          },
        }),
      },
    });
    assert.equal((await upload(service)).status, 'ready');
    assert.deepEqual(
      receiver.questions.map(({ gate }) => gate),
      ['age', 'review'],
    );
    assert.equal(made.length, 1);
  });

  for (const onError of ['pass', 'refuse'])
    it(`decides nothing about an image whose preview fails, whatever its rule for errors (${onError})`, async () => {
      await using receiver = await startReceiver(PASSES);
      let isBusy = true;
      await using service = await createClosedService({
        environment: {
          ...receiver.environment,
          GATE_HTTP_REVIEW_ON_ERROR: onError,
          GATE_HTTP_REVIEW_ATTEMPTS: '1',
        },
        overrides: {
          wrapImaging: (imaging) => ({
            ...imaging,
            render: async (...given) => {
              if (isBusy) throw new AppError('overloaded', 'expected a free decoder; got none');
              return imaging.render(...given);
            },
          }),
        },
      });
      const { id, status } = await upload(service);
      assert.equal(status, 'held');
      await sweep(service, 2);
      assert.equal(await statusOf(service, id), 'held');
      assert.deepEqual(await decisionsOf(service, id), []);
      assert.equal(receiver.questions.length, 0);
      isBusy = false;
      await sweep(service, 10);
      assert.equal(await statusOf(service, id), 'ready');
      assert.equal(receiver.questions.length, 1);
    });

  it('is not reached outside of OUTBOUND_ALLOW', async () => {
    await using receiver = await startReceiver(PASSES);
    const environment = { ...receiver.environment, OUTBOUND_ALLOW: '10.0.0.0/8' };
    await using service = await createClosedService({ environment });
    assert.equal((await upload(service)).status, 'held');
    assert.equal(receiver.questions.length, 0);
    assert.equal(receiver.forged.length, 0);
  });

  it('signs with its secret: a receiver with another one refuses', async () => {
    await using receiver = await startReceiver(PASSES, `whsec_${Buffer.alloc(32, 8).toString('base64')}`);
    await using service = await createClosedService({ environment: receiver.environment });
    assert.equal((await upload(service)).status, 'held');
    assert.deepEqual([receiver.questions.length, receiver.forged.length], [0, 1]);
  });

  it('of an open service must decide at once, which the start says', async () => {
    await using receiver = await startReceiver(LATER);
    const events: ServiceEvent[] = [];
    await using service = await createSharingService({
      environment: receiver.environment,
      observe: (event) => void events.push(event),
    });
    assert.match(sentencesIn(events), /GATE_HTTP_: without AUTH nobody can decide later/);
    const form = new FormData();
    form.set('user_id', 'ada');
    form.set('file', new File([PICTURE], 'a.jpg', { type: 'image/jpeg' }));
    const direct = await service.request('/images', { method: 'POST', body: form });
    assert.equal(((await direct.json()) as { status: string }).status, 'held');
    assert.match(String(events.find(({ event }) => event === 'gate-failed')?.['error' as never]), /since AUTH is open/);
  });
});

const sentencesIn = (events: readonly ServiceEvent[]): string =>
  events.flatMap((event) => (event.event === 'warning' ? [event.sentence] : [])).join('\n');

interface Uploaded {
  readonly id: string;
  readonly status: string;
  readonly shown: Readonly<Record<string, unknown>>;
}

async function upload(
  service: ClosedService,
  fields: object = {},
  { type, bytes } = { type: 'image/jpeg', bytes: PICTURE },
): Promise<Uploaded> {
  const granted = await service.as(service.admin, '/uploads', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: 'ada', content_type: type, ...fields }),
  });
  const { image_id: id, upload_url: url } = (await granted.json()) as { image_id: string; upload_url: string };
  await service.send(url, { method: 'PUT', headers: { 'content-type': type }, body: bytes });
  const shown = (await (await service.as(service.admin, `/images/${id}/metadata`)).json()) as Record<string, unknown>;
  return { id, status: String(shown['status']), shown };
}

const statusOf = async (service: ClosedService, id: string): Promise<string> =>
  ((await (await service.as(service.admin, `/images/${id}/metadata`)).json()) as { status: string }).status;

const gatesOf = async (service: ClosedService): Promise<unknown> => (await service.as(service.admin, '/gates')).json();

async function decisionsOf(service: ClosedService, id: string): Promise<unknown[][]> {
  const answer = await service.as(service.admin, `/images/${id}/decisions`);
  const { decisions } = (await answer.json()) as { decisions: Record<string, unknown>[] };
  return decisions.map((one) => [one['gate'], one['by'], one['verdict'], one['private_reason']]);
}

async function sweep({ services, clock }: ClosedService, minutes: number): Promise<void> {
  clock.offsetMs += minutes * 60_000;
  await sweepOnce(services, { holder: 'sweeper', signal: new AbortController().signal });
}
