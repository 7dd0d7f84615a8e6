import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { paddedPng, testImage } from '../../../../test/pictures/test-images.ts';
import {
  type Answering,
  type PictureHost,
  redirectsTo,
  says,
  sends,
  startPictureHost,
} from '../../../../test/servers/picture-host.ts';
import type { Image } from '../../src/domain/image/image.ts';
import { parseImageId } from '../../src/domain/image/image-id.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { fetchUpload } from '../../src/operations/ingest/fetch-upload.ts';
import { movingClock } from '../services/moving-clock.ts';
import { sha256Of, sweepAll } from '../services/record-check.ts';
import { createTestService, json, type TestService } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';

const jpeg = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
const png = new Uint8Array(await testImage({ type: 'image/png', width: 64, height: 48 }));
const MAX_BYTES = 200_000;
const HOUR_MS = 3_600_000;

interface Answer {
  readonly image_id: string;
  readonly user_id: string;
  readonly status: string;
  readonly expires_at: string | null;
  readonly code?: string;
  readonly params?: { readonly reason?: string };
  readonly detail?: string;
}

describe('an upload by URL', () => {
  const clock = movingClock();
  let host: PictureHost;
  let service: TestService;
  before(async () => {
    host = await startPictureHost();
    service = await createTestService({
      environment: { ...host.environment, MAX_UPLOAD_BYTES: String(MAX_BYTES), MAX_DIRECT_UPLOAD_BYTES: '100000' },
      overrides: { clock, wrapImaging: () => sharedImaging },
    });
  });
  after(() => service[Symbol.asyncDispose]());
  after(() => host[Symbol.asyncDispose]());
  after(() => sharedImaging[Symbol.asyncDispose]());
  afterEach(() => {
    clock.offsetMs = 0;
  });

  const ask = async (body: unknown, headers?: Record<string, string>) => {
    const answer = await service.request('/images', json(body, headers));
    return { status: answer.status, location: answer.headers.get('location'), body: (await answer.json()) as Answer };
  };
  const idOf = ({ image_id: id }: Pick<Answer, 'image_id'>) => parseImageId(id) ?? assert.fail(id);
  const record = async (id: string): Promise<Image> =>
    (await service.services.images.get(parseImageId(id) ?? assert.fail(id))) ?? assert.fail('no record');
  /** The record after one attempt. */
  const fetched = async (url: string, more: object = {}): Promise<Image> => {
    const { status, body } = await ask({ url, user_id: 'ada', ...more });
    assert.equal(status, 202, JSON.stringify(body));
    await fetchUpload(service.services, idOf(body));
    return record(body.image_id);
  };
  const answering = (path: string, answer: Answering): string => {
    host.answers.set(path, answer);
    return host.at(path);
  };

  it('is pending at once, and ready with the bytes of the URL after its job', async () => {
    const url = answering('/a/sunset%20%C3%A9.png', sends(png, { 'Content-Type': 'text/html' }));
    const { status, location, body } = await ask({ url: `${url}?hunter2#hunter2`, user_id: 'ada', tags: ['a'] });
    assert.deepEqual([status, body.status, body.user_id], [202, 'pending', 'ada']);
    assert.equal(location, `/images/${body.image_id}/metadata`);
    assert.ok(Date.parse(body.expires_at ?? '') > Date.now());
    const deliveries = await service.services.jobs.receive({
      limit: 10,
      waitSeconds: 0,
      signal: new AbortController().signal,
    });
    assert.deepEqual(
      deliveries.map(({ job }) => [job.kind, 'imageId' in job && job.imageId]),
      [['fetch', body.image_id]],
    );
    await deliveries[0]?.finish();
    await fetchUpload(service.services, idOf(body));
    const image = await record(body.image_id);
    assert.ok(image.status === 'ready', image.status);
    assert.deepEqual(
      [image.sha256, image.contentType, image.filename, image.tags],
      [sha256Of(png), 'image/png', 'sunset é.png', ['a']],
    );
    const shown = await (await service.request(`/images/${body.image_id}/metadata`)).text();
    assert.doesNotMatch(shown, /127\.0\.0\.1:\d+\/a|hunter2/);
  });

  it('has its URL in no file of the service, before and after', async () => {
    const url = `${answering('/hunter2.jpg', sends(jpeg))}?hunter2`;
    const { body } = await ask({ url, user_id: 'ada', filename: 'a.jpg' });
    const files = (await readdir(service.folder)).filter((name) => /sqlite|db|wal/.test(name));
    assert.ok(files.length > 0);
    const inFiles = async () => Promise.all(files.map((name) => readFile(join(service.folder, name), 'latin1')));
    for (const text of await inFiles()) assert.doesNotMatch(text, /hunter2/);
    await fetchUpload(service.services, idOf(body));
    const image = await record(body.image_id);
    assert.equal(image.status, 'ready');
    assert.ok(!('fetchFrom' in image));
  });

  const FINAL: readonly (readonly [name: string, path: string, answer: Answering, code: string, reason?: string])[] = [
    ['that is missing', '/none', says(404), 'fetch-failed', 'not-found'],
    ['that is refused', '/no', says(403), 'fetch-failed', 'bad-status'],
    ['that leads in a circle', '/circle', redirectsTo('/circle'), 'fetch-failed', 'too-many-redirects'],
    ['that leads elsewhere', '/elsewhere', redirectsTo('https://example.org/'), 'fetch-failed', 'refused-host'],
    ['that leads to a file', '/file', redirectsTo('file:///etc/passwd'), 'fetch-failed', 'refused-url'],
    ['that leads to another port', '/port', redirectsTo('http://127.0.0.1:1/'), 'fetch-failed', 'unreachable'],
    ['that is compressed', '/gzip', sends(jpeg, { 'Content-Encoding': 'gzip' }), 'fetch-failed', 'broken'],
    ['of a page', '/page', sends(Buffer.from('<!doctype html><p>')), 'unsupported-type'],
    ['of nothing', '/empty', sends(new Uint8Array()), 'empty-upload'],
    ['of too many bytes', '/large', sends(paddedPng(Buffer.from(png), MAX_BYTES + 1)), 'upload-too-large'],
    ['of a damaged picture', '/cut', sends(jpeg.subarray(0, 300)), 'unreadable-image', 'cut-off'],
  ];
  for (const [name, path, answer, code, reason] of FINAL)
    it(`is rejected after one attempt for a URL ${name}`, async () => {
      const { asked } = host;
      const before = asked.length;
      const image = await fetched(answering(path, answer));
      assert.ok(image.status === 'rejected', image.status);
      assert.deepEqual([image.rejection.code, image.rejection.params?.reason], [code, reason]);
      assert.doesNotMatch(image.rejection.detail, /127\.0\.0\.1|http:/);
      const times = asked.slice(before).filter((one) => one === path).length;
      assert.equal(times, path === '/circle' ? 4 : 1);
      const shown = (await (await service.request(`/images/${image.id}/metadata`)).json()) as {
        rejection: { code: string };
      };
      assert.equal(shown.rejection.code, code);
    });

  it('is rejected for an endless body, and reads little more than the limit', async () => {
    let written = 0;
    const image = await fetched(
      answering('/endless', (response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(16_384))) written += 16_384;
        };
        response.on('drain', more);
        response.write(png);
        more();
      }),
    );
    assert.ok(image.status === 'rejected' && image.rejection.code === 'upload-too-large', image.status);
    assert.ok(written < 20_000_000, `${written}`);
  });

  it('has the type of its bytes, whatever its name says, after redirects too', async () => {
    answering('/bytes', sends(png));
    const image = await fetched(answering('/moved', redirectsTo('/bytes')));
    assert.deepEqual([image.status, image.contentType], ['ready', 'image/png']);
  });

  it('is tried four times if it may be there later, and then rejected', async () => {
    const url = answering('/later', says(503));
    const { body } = await ask({ url, user_id: 'ada' });
    for (const attempt of [1, 2, 3]) {
      await fetchUpload(service.services, idOf(body));
      const image = await record(body.image_id);
      assert.ok(image.status === 'pending' && image.claim === null, `attempt ${attempt}: ${image.status}`);
    }
    await fetchUpload(service.services, idOf(body));
    const image = await record(body.image_id);
    assert.ok(image.status === 'rejected');
    assert.deepEqual([image.rejection.code, image.rejection.params], ['fetch-failed', { reason: 'bad-status' }]);
    assert.equal(host.asked.filter((path) => path === '/later').length, 4);
  });

  it('is ready if another attempt succeeds', async () => {
    const url = answering('/once', says(503));
    const { body } = await ask({ url, user_id: 'ada' });
    await fetchUpload(service.services, idOf(body));
    answering('/once', sends(jpeg));
    await fetchUpload(service.services, idOf(body));
    assert.equal((await record(body.image_id)).status, 'ready');
  });

  it('is fetched once by several workers', async () => {
    const url = answering('/slowly', (response) => setTimeout(() => sends(jpeg)(response, response.req), 300));
    const { body } = await ask({ url, user_id: 'ada' });
    await Promise.all([1, 2, 3].map(() => fetchUpload(service.services, idOf(body))));
    assert.equal((await record(body.image_id)).status, 'ready');
    assert.equal(host.asked.filter((path) => path === '/slowly').length, 1);
  });

  it('ends its fetch when it is deleted', async () => {
    const gone = Promise.withResolvers<void>();
    const url = answering('/hangs', (response) => {
      response.on('close', () => gone.resolve());
      response.writeHead(200).write(jpeg.subarray(0, 10));
    });
    const { body } = await ask({ url, user_id: 'ada' });
    const fetching = fetchUpload(service.services, idOf(body));
    await until(async () => host.asked.includes('/hangs'));
    const deleted = await service.request(`/images/${body.image_id}?user_id=ada`, { method: 'DELETE' });
    assert.equal(deleted.status, 200);
    await gone.promise;
    await fetching;
    assert.equal((await record(body.image_id)).status, 'deleted');
  });

  it('is left for another process when this one stops, and the attempt does not count', async () => {
    const url = answering('/stops', (response) => response.writeHead(200).write(jpeg.subarray(0, 10)));
    const { body } = await ask({ url, user_id: 'ada' });
    for (const _ of [1, 2, 3, 4, 5]) {
      const stopping = new AbortController();
      const before = host.asked.length;
      const fetching = fetchUpload(service.services, idOf(body), stopping.signal);
      await until(async () => host.asked.length > before);
      stopping.abort();
      await fetching;
    }
    answering('/stops', sends(jpeg));
    await fetchUpload(service.services, idOf(body));
    assert.equal((await record(body.image_id)).status, 'ready');
  });

  it('gets another job from the sweep if the first one is lost, and ends after an hour', async () => {
    const url = answering('/lost', sends(jpeg));
    const { body } = await ask({ url, user_id: 'ada' });
    const receive = async () => {
      const deliveries = await service.services.jobs.receive({
        limit: 10,
        waitSeconds: 0,
        signal: new AbortController().signal,
      });
      for (const one of deliveries) await one.finish();
      return deliveries.filter(({ job }) => 'imageId' in job && job.imageId === body.image_id).length;
    };
    while ((await receive()) === 0); // the first one, after those of other tests
    await sweepAll(service);
    assert.equal(await receive(), 0);
    clock.offsetMs = HOUR_MS / 4;
    await sweepAll(service);
    assert.equal(await receive(), 1);
    await sweepAll(service);
    assert.equal(await receive(), 0);
    clock.offsetMs = HOUR_MS + 1_000;
    await sweepAll(service);
    const image = await record(body.image_id);
    assert.ok(image.status === 'rejected');
    assert.deepEqual(image.rejection.params, { reason: 'timeout' });
  });

  it('is refused at once for a URL that may not be asked, which no answer repeats', async () => {
    for (const [url, reason] of [
      ['hunter2', 'refused-url'],
      ['ftp://127.0.0.1/hunter2', 'refused-url'],
      ['https://user:hunter2@127.0.0.1/', 'refused-url'],
      ['https://example.org/hunter2', 'refused-host'],
      ['http://example.org/hunter2', 'refused-url'],
      [`https://127.0.0.1/${'é'.repeat(500)}`, 'refused-url'],
    ] as const) {
      const { status, body } = await ask({ url, user_id: 'ada' });
      assert.deepEqual([status, body.code, body.params?.reason], [400, 'invalid-request', reason], url);
      assert.doesNotMatch(JSON.stringify(body), /hunter2|example\.org/);
    }
    for (const body of [{ url: 1 }, { url: '' }, { url: `https://127.0.0.1/${'a'.repeat(2_048)}` }, {}, { urls: [] }])
      assert.equal((await ask({ user_id: 'ada', ...body })).status, 400, JSON.stringify(body));
  });

  it('is the same one for the same Idempotency-Key, and none for another request with it', async () => {
    const url = answering('/keyed', sends(jpeg));
    const headers = { 'Idempotency-Key': 'ada-1' };
    const first = await ask({ url, user_id: 'ada' }, headers);
    const second = await ask({ url, user_id: 'ada' }, headers);
    assert.equal(second.body.image_id, first.body.image_id);
    await fetchUpload(service.services, idOf(first.body));
    const third = await ask({ url, user_id: 'ada' }, headers);
    assert.deepEqual([third.status, third.body.status, third.body.expires_at], [202, 'ready', null]);
    assert.equal((await ask({ url: host.at('/other'), user_id: 'ada' }, headers)).body.code, 'idempotency-conflict');
  });

  it('is one of a batch, whose other items it does not affect', async () => {
    const url = answering('/batch', sends(jpeg));
    const images = [{ url, tags: ['x'] }, { url: 'no' }, { url, color: 'red' }, { url }];
    const { status, body } = await ask({ user_id: 'ada', images });
    const { count, results } = body as unknown as {
      count: number;
      results: { index: number; image?: Answer; error?: { errors: { pointer: string }[] } }[];
    };
    assert.deepEqual([status, count], [202, 2]);
    assert.deepEqual(
      results.map(({ index, image, error }) => [index, image?.status ?? error?.errors[0]?.pointer]),
      [
        [0, 'pending'],
        [1, '/images/1/url'],
        [2, '/images/2/color'],
        [3, 'pending'],
      ],
    );
    for (const wrong of [[], Array.from({ length: 101 }, () => ({ url }))])
      assert.equal((await ask({ user_id: 'ada', images: wrong })).status, 400);
  });

  it('is no upload that a client may send, or complete', async () => {
    const url = answering('/mine', sends(jpeg));
    const { body } = await ask({ url, user_id: 'ada' });
    const complete = await service.request(`/images/${body.image_id}/complete?user_id=ada`, { method: 'POST' });
    assert.equal(((await complete.json()) as Answer).code, 'upload-missing');
    assert.equal(host.asked.includes('/mine'), false);
  });
});

it('a service without INGEST_HOSTS takes no URL', async () => {
  await using service = await createTestService({ overrides: { wrapImaging: () => sharedImaging } });
  const answer = await service.request('/images', json({ url: 'https://example.org/a.jpg', user_id: 'ada' }));
  const { code, detail } = (await answer.json()) as Answer;
  assert.deepEqual([answer.status, code], [400, 'unsupported-body']);
  assert.match(detail ?? '', /INGEST_HOSTS/);
});
