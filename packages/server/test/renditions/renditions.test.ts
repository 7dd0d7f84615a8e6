import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { clientAt } from '../../src/domain/access/client.fixture.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { EVERY_ACCEPTED } from '../../src/domain/rendition/accepted-formats.ts';
import { plannedRendition } from '../../src/domain/rendition/planned-rendition.ts';
import type { Imaging } from '../../src/imaging/imaging.ts';
import { hearingPostponed } from '../../src/observe/observer/hearing.fixture.ts';
import { renderImage } from '../../src/operations/renditions/render-image.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { movingClock } from '../services/moving-clock.ts';
import { json, ORIGIN, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const [HERE, THERE, ELSEWHERE] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const;
const PHOTO = { type: 'image/jpeg', width: 1200, height: 900 } as const;
const BROWSER = { Accept: 'image/avif,image/webp,image/apng,*/*;q=0.8' };

interface ImageJson {
  readonly renditions: { readonly [preset: string]: string } | null;
  readonly rendition_failures?: { readonly [preset: string]: string };
}

const described = async (service: TestService, id: string): Promise<ImageJson> =>
  (await (await service.request(`/images/${id}/metadata`)).json()) as ImageJson;

const bytesOf = async (answer: Response): Promise<Buffer> => Buffer.from(await answer.arrayBuffer());
const renditionFiles = async (service: TestService): Promise<string[]> =>
  (await service.storedFiles()).filter((path) => path.includes('/renditions/'));

const sweepNow = (service: TestService) =>
  sweep(
    hearingPostponed(service.services, (error) => {
      throw error;
    }),
    { holder: 'test', signal: AbortSignal.timeout(60_000) },
  );

/** Counts renders, and awaits `meddle` before each. */
function countedImaging(meddle: () => Promise<void> = async () => {}) {
  const counted = { renders: 0, outputs: 0, meddle };
  const wrapImaging = (imaging: Imaging): Imaging => ({
    ...imaging,
    async render(source, outputs, options) {
      counted.renders += 1;
      counted.outputs += outputs.length;
      await counted.meddle();
      return imaging.render(source, outputs, options);
    },
  });
  return { counted, wrapImaging };
}

describe('a rendition by a preset', () => {
  it('has the preset’s size, a type that the client accepts, and a cache lifetime', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const { renditions } = await described(service, id);
    assert.deepEqual(Object.keys(renditions ?? {}), ['thumb', 'tile', 'small', 'medium', 'large']);

    for (const [preset, width, height] of [
      ['thumb', 256, 192],
      ['small', 512, 384],
      ['medium', 1024, 768],
      ['large', 1200, 900],
    ] as const) {
      const answer = await service.send(renditions?.[preset] ?? '');
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('content-type'), 'image/jpeg');
      assert.equal(answer.headers.get('cache-control'), 'private, max-age=31536000, immutable');
      assert.equal(answer.headers.get('vary'), 'Origin, Accept');
      assert.match(answer.headers.get('content-disposition') ?? '', new RegExp(`my\\.holiday-${preset}\\.jpg`));
      const metadata = await sharp(await bytesOf(answer)).metadata();
      assert.deepEqual([metadata.format, metadata.width, metadata.height], ['jpeg', width, height]);
    }
    const modern = await service.send(renditions?.['thumb'] ?? '', { headers: BROWSER });
    assert.equal(modern.headers.get('content-type'), 'image/avif');
    const large = await service.send(renditions?.['large'] ?? '', { headers: BROWSER });
    assert.equal(large.headers.get('content-type'), 'image/webp');
  });

  it('without its version, or with an old one, must be revalidated', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    for (const query of ['', '?v=0123456789']) {
      const answer = await service.request(`/images/${id}/renditions/thumb${query}`);
      assert.equal(answer.headers.get('cache-control'), 'private, no-cache');
      const entityTag = answer.headers.get('etag') ?? '';
      const again = await service.request(`/images/${id}/renditions/thumb`, {
        headers: { 'If-None-Match': entityTag },
      });
      assert.equal(again.status, 304);
      assert.equal(again.headers.get('etag'), entityTag);
    }
  });

  it('of two equal presets has the name of the requested one, and the cache lifetime of its URL', async () => {
    await using service = await createSharingService({ environment: { PRESETS: 'one:w=256 two:w=256' } });
    const id = await uploadPicture(service, PHOTO);
    const { renditions } = await described(service, id);
    const said = new Set<string>();
    for (const preset of ['one', 'two', 'one', 'two']) {
      const url = renditions?.[preset] ?? '';
      for (const path of [url.slice(ORIGIN.length), `/images/${id}/renditions/${preset}`]) {
        const { headers } = await service.request(path);
        said.add(`${headers.get('etag')} ${headers.get('content-disposition')} ${headers.get('cache-control')}`);
      }
    }
    assert.equal(said.size, 4, [...said].join('\n'));
    assert.equal(new Set([...said].map((one) => one.split(' ')[0])).size, 1, 'expected one stored rendition');
    assert.equal([...said].filter((one) => /-one\.jpg/.test(one)).length, 2);
  });

  it('supports Range and HEAD', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const path = `/images/${id}/renditions/medium`;
    const head = await service.request(path, { method: 'HEAD' });
    const whole = await bytesOf(await service.request(path));
    assert.equal(head.headers.get('content-length'), String(whole.length));
    const part = await service.request(path, { headers: { Range: 'bytes=10-19' } });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get('content-range'), `bytes 10-19/${whole.length}`);
    assert.deepEqual(await bytesOf(part), whole.subarray(10, 20));
    assert.equal((await service.request(path, { headers: { Range: `bytes=${whole.length}-` } })).status, 416);
  });

  it('of an unknown preset is 404, with the known ones', async () => {
    await using service = await createSharingService({ environment: { PRESETS: 'square:w=64&h=64&fit=cover' } });
    const id = await uploadPicture(service, PHOTO);
    const answer = await service.request(`/images/${id}/renditions/thumb`);
    assert.equal(answer.status, 404);
    const problem = (await answer.json()) as { code: string; detail: string };
    assert.equal(problem.code, 'unknown-preset');
    assert.equal(problem.detail, 'expected one of square; got thumb');
    const square = await service.request(`/images/${id}/renditions/square`);
    const { width, height } = await sharp(await bytesOf(square)).metadata();
    assert.deepEqual([width, height], [64, 64]);
  });

  it('of an image that is not ready is 409, of an absent or deleted one 404', async () => {
    await using service = await createSharingService();
    const granted = await service.request('/images/upload', json({ user_id: 'ada', content_type: 'image/jpeg' }));
    const { image_id: pending } = (await granted.json()) as { image_id: string };
    assert.equal((await service.request(`/images/${pending}/renditions/thumb`)).status, 409);
    const id = await uploadPicture(service, PHOTO);
    await service.request(`/images/${id}/renditions/thumb`);
    await service.request(`/images/${id}`, { method: 'DELETE' });
    assert.equal((await service.request(`/images/${id}/renditions/thumb`)).status, 404);
    assert.equal((await service.request('/images/nonsense/renditions/thumb')).status, 404);
  });

  it('has a presigned URL, with its own name', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const answer = await service.request(`/images/${id}/renditions/thumb/download`);
    const told = (await answer.json()) as { download_url: string; content_type: string; size: number };
    const direct = await service.send(told.download_url);
    assert.equal(direct.status, 200);
    assert.equal(direct.headers.get('content-type'), told.content_type);
    assert.match(direct.headers.get('content-disposition') ?? '', /^attachment; filename="my\.holiday-thumb\.jpg"/);
    const bytes = await bytesOf(direct);
    assert.equal(bytes.length, told.size);
    assert.deepEqual(bytes, await bytesOf(await service.request(`/images/${id}/renditions/thumb`)));
  });

  it('is made once for all concurrent and later requests', async () => {
    const { counted, wrapImaging } = countedImaging();
    await using service = await createSharingService({ overrides: { wrapImaging } });
    const id = await uploadPicture(service, PHOTO);
    const path = `/images/${id}/renditions/medium`;
    const answers = await Promise.all(Array.from({ length: 200 }, () => service.request(path)));
    const all = await Promise.all(answers.map(bytesOf));
    assert.ok(all.every((one) => all[0]?.equals(one)));
    assert.equal(counted.renders, 1);
    await service.request(path);
    assert.equal(counted.renders, 1);
    assert.equal((await renditionFiles(service)).length, 1);
  });

  it('is cancelled when all of its clients have disconnected', async () => {
    const waiting = Promise.withResolvers<AbortSignal>();
    const wrapImaging = (imaging: Imaging): Imaging => ({
      ...imaging,
      async render(_source, _outputs, { signal }) {
        assert.ok(signal);
        waiting.resolve(signal);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        throw signal.reason;
      },
    });
    await using service = await createSharingService({ overrides: { wrapImaging } });
    const id = await uploadPicture(service, PHOTO);
    const [one, other] = [new AbortController(), new AbortController()];
    const answers = [one, other].map(({ signal }) => service.request(`/images/${id}/renditions/medium`, { signal }));
    const { aborted } = await waiting.promise;
    assert.equal(aborted, false);
    one.abort('Client connection prematurely closed.'); // as node-server does
    assert.equal((await answers[0])?.status, 499);
    assert.equal((await waiting.promise).aborted, false);
    other.abort();
    assert.equal((await answers[1])?.status, 499);
    assert.equal((await waiting.promise).aborted, true);
  });

  it('that is refused for its first client is requested once more for the others', async () => {
    const asked: string[] = [];
    const refused = new Set<string>([HERE, ELSEWHERE]);
    const wrapImaging = (imaging: Imaging): Imaging => ({
      ...imaging,
      async render(source, outputs, options) {
        const account = options.payer?.account.replace('address ', '') ?? '';
        asked.push(account);
        if (refused.has(account)) throw new AppError('overloaded', 'expected a free place to decode; got none');
        return imaging.render(source, outputs, options);
      },
    });
    await using service = await createSharingService({ overrides: { wrapImaging } });
    const { services } = service;
    const image = await services.images.get((await uploadPicture(service, PHOTO)) as ImageId);
    assert.ok(image?.status === 'ready');
    const { encoder } = services.imaging;
    const askAll = (preset: string, addresses: readonly string[]) => {
      const transform = services.settings.presets.get(preset);
      assert.ok(transform);
      const planned = plannedRendition(image, {
        kind: 'preset',
        transform,
        accepted: EVERY_ACCEPTED,
        encoder,
        mark: null,
      });
      return Promise.all(
        addresses.map(async (address) =>
          Promise.resolve(renderImage(services, image, planned, clientAt(address))).then(
            () => 'made',
            ({ code }) => code,
          ),
        ),
      );
    };
    assert.deepEqual(await askAll('medium', [HERE, THERE, THERE, HERE]), ['overloaded', 'made', 'made', 'made']);
    assert.deepEqual(asked.splice(0), [HERE, THERE]);
    const twice = ['overloaded', 'overloaded', 'overloaded'];
    assert.deepEqual(await askAll('thumb', [HERE, ELSEWHERE, THERE]), twice, 'expected one more request at most');
    assert.deepEqual(asked, [HERE, ELSEWHERE]);
  });

  it('is found by another process, and by the same one after a restart', async () => {
    const { counted, wrapImaging } = countedImaging();
    await using first = await createSharingService({
      overrides: { wrapImaging },
      environment: { RENDITION_CACHE_MB: '0' },
    });
    const id = await uploadPicture(first, PHOTO);
    const path = `/images/${id}/renditions/medium`;
    const made = await first.request(path);
    const again = await first.request(path);
    assert.equal(counted.renders, 1);
    assert.equal(again.headers.get('etag'), made.headers.get('etag'));
    assert.deepEqual(await bytesOf(again), await bytesOf(made));
  });

  it('is removed with its image, also if the image is deleted during the render', async () => {
    const { counted, wrapImaging } = countedImaging();
    await using service = await createSharingService({ overrides: { wrapImaging } });
    const id = await uploadPicture(service, PHOTO);
    await service.request(`/images/${id}/renditions/thumb`);
    assert.equal((await renditionFiles(service)).length, 1);
    counted.meddle = async () => {
      assert.equal((await service.request(`/images/${id}`, { method: 'DELETE' })).status, 200);
      assert.deepEqual(await renditionFiles(service), []);
    };
    assert.equal((await service.request(`/images/${id}/renditions/large`)).status, 404);
    assert.deepEqual(await renditionFiles(service), []);
  });

  it('is a redirect to a shared URL of the store if BYTES=redirect', async () => {
    const clock = movingClock();
    clock.offsetMs = 150_000 - (Date.now() % 150_000); // the window has just begun
    await using service = await createSharingService({ environment: { BYTES: 'redirect' }, overrides: { clock } });
    const id = await uploadPicture(service, PHOTO);
    const unversioned = await service.request(`/images/${id}/renditions/thumb`);
    assert.deepEqual([unversioned.status, unversioned.headers.get('cache-control')], [302, 'private, no-cache']);
    const path = ((await described(service, id)).renditions?.['thumb'] ?? '').slice(ORIGIN.length);
    const [one, other] = [await service.request(path), await service.request(path)];
    assert.equal(one.status, 302);
    assert.equal(other.headers.get('location'), one.headers.get('location'));
    assert.match(one.headers.get('cache-control') ?? '', /^private, max-age=1[34]\d$/);
    const bytes = await bytesOf(await service.send(one.headers.get('location') ?? ''));
    assert.equal((await sharp(bytes).metadata()).width, 256);
    clock.offsetMs += 150_000;
    assert.notEqual((await service.request(path)).headers.get('location'), one.headers.get('location'));
  });
});

describe('a preset that does not fit an image', () => {
  it('is rendition-failed, not invalid-request', async () => {
    await using service = await createSharingService({ environment: { PRESETS: 'cut:crop=0,0,4000,10 later:page=3' } });
    const id = await uploadPicture(service, PHOTO);
    for (const [path, detail] of [
      ['cut', /^preset cut: /],
      ['cut/download', /^preset cut: /],
      ['later', /^preset later: .*expected page 0/],
    ] as const) {
      const answer = await service.request(`/images/${id}/renditions/${path}`);
      const problem = (await answer.json()) as { code: string; detail: string; errors?: unknown };
      assert.deepEqual([answer.status, problem.code, problem.errors], [400, 'rendition-failed', undefined], path);
      assert.match(problem.detail, detail);
    }
    const wrong = await service.request(`/images/${id}/renditions/cut?w=5`);
    assert.equal(((await wrong.json()) as { code: string }).code, 'invalid-request');
  });
});

describe('purging', () => {
  it('removes the renditions of a preset in every format; requests make them again', async () => {
    const { counted, wrapImaging } = countedImaging();
    await using service = await createSharingService({ overrides: { wrapImaging } });
    const id = await uploadPicture(service, PHOTO);
    for (const headers of [{}, BROWSER]) {
      await service.request(`/images/${id}/renditions/thumb`, { headers });
      await service.request(`/images/${id}/renditions/medium`, { headers });
    }
    const purged = await service.request(`/images/${id}/renditions/thumb`, { method: 'DELETE' });
    assert.deepEqual(await purged.json(), { image_id: id, removed: 2 });
    assert.equal((await renditionFiles(service)).length, 2);
    const before = counted.renders;
    assert.equal((await service.request(`/images/${id}/renditions/thumb`)).status, 200);
    assert.equal(counted.renders, before + 1);
    const all = await service.request(`/images/${id}/renditions`, { method: 'DELETE' });
    assert.deepEqual(await all.json(), { image_id: id, removed: 3 });
    assert.deepEqual(await renditionFiles(service), []);
  });

  it('requires the owner', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const asMallory = { method: 'DELETE', headers: { 'X-User-Id': 'mallory' } };
    assert.equal((await service.request(`/images/${id}/renditions`, asMallory)).status, 403);
    assert.equal(
      (await service.request(`/images/${id}/renditions/thumb?user_id=mallory`, { method: 'DELETE' })).status,
      403,
    );
    assert.equal((await service.request(`/images/${id}/renditions/tiny`, { method: 'DELETE' })).status, 404);
  });
});

describe('eager presets', () => {
  const EAGER = { EAGER_PRESETS: 'thumb,medium' };

  it('are made as soon as an image is ready, in one decode, in browsers’ formats', async () => {
    const { counted, wrapImaging } = countedImaging();
    await using service = await createSharingService({ environment: EAGER, overrides: { wrapImaging } });
    const id = await uploadPicture(service, PHOTO);
    const [job] = await service.services.jobs.receive({ limit: 1, waitSeconds: 1, signal: AbortSignal.timeout(5_000) });
    assert.deepEqual(job?.job, { kind: 'maintain', imageId: id });
    await sweepNow(service);
    assert.deepEqual([counted.renders, counted.outputs], [1, 2]);
    assert.equal((await renditionFiles(service)).length, 2);
    for (const preset of ['thumb', 'medium']) {
      const answer = await service.request(`/images/${id}/renditions/${preset}`, { headers: BROWSER });
      assert.equal(answer.status, 200);
    }
    assert.equal(counted.renders, 1);
    await sweepNow(service);
    assert.equal(counted.renders, 1);
  });

  it('that crash the decoder are given up after five crashes, with the reason; the image is served', async () => {
    const clock = movingClock();
    const { counted, wrapImaging } = countedImaging(async () => {
      throw new AppError('decoder-failed', 'expected a result from the decoder; got a crash');
    });
    await using service = await createSharingService({
      environment: { EAGER_PRESETS: 'thumb' },
      overrides: { wrapImaging, clock },
    });
    const id = await uploadPicture(service, PHOTO);
    for (let round = 0; round < 10; round++) {
      await sweepNow(service);
      clock.offsetMs += 2 * 3_600_000;
    }
    assert.deepEqual((await described(service, id)).rendition_failures, {
      thumb: 'expected a result from the decoder; got a crash',
    });
    const tried = counted.renders;
    await sweepNow(service);
    const refused = await service.request(`/images/${id}/renditions/thumb`, { headers: BROWSER });
    assert.equal(refused.status, 400);
    const problem = (await refused.json()) as { code: string; detail: string };
    assert.equal(problem.code, 'rendition-failed');
    assert.match(problem.detail, /^given up after 5 attempts: expected a result from the decoder; got a crash$/);
    assert.equal(counted.renders, tried);
    assert.equal((await service.request(`/images/${id}`)).status, 200);

    counted.meddle = async () => {};
    await service.request(`/images/${id}/renditions/thumb`, { method: 'DELETE' });
    assert.equal((await described(service, id)).rendition_failures, undefined);
    assert.equal((await service.request(`/images/${id}/renditions/thumb`, { headers: BROWSER })).status, 200);
  });

  it('that fail don’t affect the others', async () => {
    const { counted, wrapImaging } = countedImaging();
    let ofThumb = 0;
    const failing = (imaging: Imaging): Imaging => {
      const counting = wrapImaging(imaging);
      return {
        ...counting,
        render(source, outputs, options) {
          if (outputs.some(({ recipe }) => recipe.scaled?.width === 256)) {
            ofThumb += 1;
            return Promise.reject(new AppError('decoder-failed', 'expected a result from the decoder; got a crash'));
          }
          return counting.render(source, outputs, options);
        },
      };
    };
    await using service = await createSharingService({ environment: EAGER, overrides: { wrapImaging: failing } });
    await uploadPicture(service, PHOTO);
    await sweepNow(service);
    assert.equal((await renditionFiles(service)).length, 1);
    assert.deepEqual([ofThumb, counted.renders], [2, 1]);
  });

  it('that are unknown prevent the start of the service', async () => {
    await assert.rejects(createSharingService({ environment: { EAGER_PRESETS: 'tiny' } }), /EAGER_PRESETS/);
  });

  it('wait while the machine is overloaded', async () => {
    const { counted, wrapImaging } = countedImaging(async () => {
      throw new AppError('overloaded', 'expected a free place to decode; got 64 others ahead');
    });
    const clock = movingClock();
    await using service = await createSharingService({ environment: EAGER, overrides: { wrapImaging, clock } });
    const id = await uploadPicture(service, PHOTO);
    await sweep(service.services, { holder: 'test', signal: AbortSignal.timeout(60_000) });
    const image = await service.services.images.get(id as ImageId);
    assert.ok(image?.status === 'ready' && image.maintainAt !== null && image.renditionFailures.length === 0);
    counted.meddle = async () => {};
    clock.offsetMs += 120_000;
    await sweepNow(service);
    assert.equal((await renditionFiles(service)).length, 2);
  });
});
