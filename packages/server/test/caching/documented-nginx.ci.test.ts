import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { json } from '../services/service.ts';
import {
  type CachedService,
  createCachedService,
  done,
  type ImageJson,
  linkTo,
  makePrivate,
  makePublic,
  renderOf,
  uploadTo,
} from './cached-service.ts';
import { documentedNginx, documentedPurge } from './documented-nginx.ts';
import { NO_NGINX } from './nginx.ts';

const DAY_SECONDS = 86_400;
const MINUTE_MS = 60_000;

type Prepare = (service: CachedService, key: string, image: ImageJson) => Promise<string>;

/** Ways to share a picture, each as a URL. */
const SHARED = {
  'a signed preset': async (_service, _key, { renditions }) => renditions['thumb'] ?? '',
  'a signed render': (service, key, { image_id }) => renderOf(service, key, image_id, { w: 64, expires_in: 172_800 }),
  'a link to a preset': (service, key, { image_id }) =>
    linkTo(service, key, image_id, { what: 'preset', preset: 'thumb' }),
  'a link to the original': (service, key, { image_id }) => linkTo(service, key, image_id, { what: 'original' }),
  'a link of ten minutes': (service, key, { image_id }) =>
    linkTo(service, key, image_id, { what: 'original', expires_in: 600 }),
  'a public preset': async (service, key, { image_id }) => {
    await makePublic(service, key, image_id);
    return `/images/${image_id}/renditions/thumb`;
  },
} as const satisfies Record<string, Prepare>;

type End = (service: CachedService, key: string, id: string) => Promise<unknown>;

const ENDS = {
  'revoke-links': (service, key, id) => done(service.as(key, `/images/${id}/revoke-links`, { method: 'POST' })),
  private: makePrivate,
  trash: (service, key, id) => done(service.as(key, `/images/${id}/trash`, { method: 'POST' })),
  delete: (service, key, id) => done(service.as(key, `/images/${id}`, { method: 'DELETE' })),
} as const satisfies Record<string, End>;

/** How long a shared cache keeps it, and what the service answers once it has ended. */
const CASES: readonly {
  readonly what: keyof typeof SHARED;
  readonly end: keyof typeof ENDS;
  readonly seconds: number;
  readonly refusal: number;
  /** The status after that time, if the URL itself has expired then. */
  readonly expired?: number;
}[] = [
  { what: 'a signed preset', end: 'revoke-links', seconds: DAY_SECONDS, refusal: 403 },
  { what: 'a signed render', end: 'revoke-links', seconds: DAY_SECONDS, refusal: 403 },
  { what: 'a link to a preset', end: 'revoke-links', seconds: DAY_SECONDS, refusal: 404 },
  { what: 'a link of ten minutes', end: 'revoke-links', seconds: 600, refusal: 404, expired: 410 },
  { what: 'a public preset', end: 'private', seconds: DAY_SECONDS, refusal: 401 },
  { what: 'a signed preset', end: 'trash', seconds: DAY_SECONDS, refusal: 404 },
  { what: 'a signed preset', end: 'delete', seconds: DAY_SECONDS, refusal: 404 },
];

describe('nginx, configured as in docs/caching.md', { skip: NO_NGINX }, () => {
  let service: CachedService;
  let ada: string;
  let seed = 0;
  before(async () => {
    service = await createCachedService(documentedNginx);
    ada = await service.keyOf({ owner: 'ada' });
  });
  after(() => service?.[Symbol.asyncDispose]());

  const newImage = () => uploadTo(service, ada, ++seed);
  const share = async (what: keyof typeof SHARED, image: ImageJson) =>
    new URL(await SHARED[what](service, ada, image), service.origin).href;

  for (const what of Object.keys(SHARED) as (keyof typeof SHARED)[]) {
    it(`serves ${what} to a second viewer without asking the service`, async () => {
      const url = await share(what, await newImage());
      const before = service.asked();
      const first = await service.view(url);
      const second = await service.view(url);
      assert.deepEqual([first.status, first.cache], [200, 'MISS']);
      assert.deepEqual([second.status, second.cache, second.hash], [200, 'HIT', first.hash]);
      assert.equal(service.asked() - before, 1);

      const { pathname, search, searchParams } = new URL(url);
      if (!searchParams.has('sig')) return;
      for (const query of ['', search.replace('sig=', 'sig=A'), search.replace(/exp=\d/, 'exp=9')]) {
        const other = await service.view(`${pathname}${query}`);
        assert.ok(other.status >= 400 && other.cache === 'MISS', `${query}: ${other.status} ${other.cache}`);
      }
    });
  }

  for (const { what, end, seconds, refusal, expired = refusal } of CASES) {
    it(`serves ${what} for at most ${seconds} s after ${end}, which counts at the service at once`, async () => {
      const image = await newImage();
      const url = await share(what, image);
      const asked = service.now();
      await service.view(url);
      const answered = service.now();
      await ENDS[end](service, ada, image.image_id);
      assert.equal((await service.viewAtOrigin(url)).status, refusal);

      await service.setTime(asked + seconds * 1000 - MINUTE_MS);
      const last = await service.view(url);
      assert.deepEqual([last.status, last.cache], [200, 'HIT']);
      await service.setTime(answered + seconds * 1000 + 1000);
      const over = await service.view(url);
      assert.deepEqual([over.status, over.cache], [expired, 'EXPIRED']);
      assert.deepEqual([(await service.view(url)).status, (await service.view(url)).cache], [expired, 'EXPIRED']);
    });
  }

  it('asks the service once for many viewers who come at the same time', async () => {
    const url = await share('a link to the original', await newImage());
    const before = service.asked();
    const views = await Promise.all(Array.from({ length: 8 }, () => service.view(url)));
    assert.deepEqual(new Set(views.map(({ status, hash }) => `${status} ${hash}`)).size, 1);
    assert.equal(service.asked() - before, 1);
  });

  it('asks the service about a public preset that is still public after a day, and keeps it for another', async () => {
    const url = await share('a public preset', await newImage());
    const asked = service.now();
    const first = await service.view(url);
    const answered = service.now();
    await service.setTime(asked + DAY_SECONDS * 1000 - MINUTE_MS);
    assert.equal((await service.view(url)).cache, 'HIT'); // nginx may remove at any time what nobody viewed for a day
    await service.setTime(answered + DAY_SECONDS * 1000 + 1000);
    const again = await service.view(url);
    assert.deepEqual([again.status, again.cache, again.hash], [200, 'REVALIDATED', first.hash]);
    assert.equal((await service.view(url)).cache, 'HIT');
  });

  it('loses all pictures of an image by the documented purge, and no others', async () => {
    const [image, other] = [await newImage(), await newImage()];
    const kept = await share('a signed preset', other);
    const open = await share('a public preset', image); // first, because it ends signed URLs
    const { renditions } = (await done(service.as(ada, `/images/${image.image_id}/metadata`))) as unknown as ImageJson;
    const urls = [
      open,
      open.replace(image.image_id, (id) => id.toUpperCase()),
      open.replace(image.image_id, (id) => `%${id.charCodeAt(0).toString(16)}${id.slice(1)}`),
      renditions['thumb'] ?? '',
      await share('a signed render', image),
      await share('a link to the original', image),
    ];
    for (const url of [...urls, kept]) await service.view(url);
    for (const url of urls) assert.equal((await service.view(url)).cache, 'HIT', url);

    await makePrivate(service, ada, image.image_id);
    await promisify(execFile)('sh', ['-euc', documentedPurge(service)], {
      env: { PATH: process.env['PATH'], IMAGE_ID: image.image_id },
    });
    for (const url of urls) {
      const { status, cache } = await service.view(url);
      assert.ok(status >= 400 && cache !== 'HIT', `${url}: ${status} ${cache}`);
    }
    assert.equal((await service.view(kept)).cache, 'HIT');
  });

  it('serves each viewer a format that it accepts', async () => {
    const url = await share('a signed preset', await newImage());
    const accepts = ['image/avif,image/webp,*/*', 'image/webp,*/*', '*/*'];
    const typesOf = async (cache: string) => {
      const types: (string | null)[] = [];
      for (const accept of accepts) {
        const view = await service.view(url, { accept });
        assert.equal(view.cache, cache);
        types.push(view.headers.get('content-type'));
      }
      return types;
    };
    const types = await typesOf('MISS');
    assert.deepEqual(types, ['image/avif', 'image/webp', 'image/jpeg']);
    assert.deepEqual(await typesOf('HIT'), types);
  });

  it('tells browsers how old a picture is, so that they keep it no longer than its URL is valid', async () => {
    const url = await share('a link of ten minutes', await newImage());
    const first = await service.view(url);
    const seconds = Number(first.headers.get('cache-control')?.match(/max-age=(\d+)/)?.[1]);
    assert.ok(seconds > 480 && seconds <= 600, `${seconds} s`); // a slow machine asks later than it made the link
    await service.setTime(service.now() + 5 * MINUTE_MS);
    const second = await service.view(url);
    assert.equal(second.cache, 'HIT');
    assert.equal(second.headers.get('date'), first.headers.get('date'));
  });

  it('passes requests with a credential on, with their ranges and conditions, and keeps no answer', async () => {
    const { image_id } = await newImage();
    const path = `/images/${image_id}/renditions/thumb`;
    const authorization = `Bearer ${ada}`;
    const whole = await service.view(path, { authorization });
    const etag = whole.headers.get('etag') ?? '';
    assert.deepEqual([whole.status, whole.cache, whole.headers.get('cache-control')], [200, null, 'private, no-cache']);
    assert.equal((await service.view(path, { authorization, range: 'bytes=0-9' })).status, 206);
    assert.equal((await service.view(path, { authorization, 'if-none-match': etag })).status, 304);
    const refused = await service.view(path);
    assert.deepEqual([refused.status, refused.cache, refused.headers.get('cache-control')], [401, 'MISS', 'no-store']);
  });

  it('writes neither signatures nor tokens into its log', async () => {
    const image = await newImage();
    const bytes = new Uint8Array(await testImage({ type: 'image/png', width: 32, height: 24, seed }));
    const grant = await done(service.as(ada, '/uploads', json({ content_type: 'image/png' })));
    const uploadUrl = grant['upload_url'] ?? '';
    const put = await fetch(uploadUrl, { method: 'PUT', headers: { 'Content-Type': 'image/png' }, body: bytes });
    assert.equal(put.status, 200);
    const token = (await done(service.as(ada, '/upload-tokens', json({}))))['token'] ?? '';
    const signed = new URL(await share('a signed preset', image));
    const link = new URL(await share('a link to the original', image));
    const secrets = [
      ...[signed, link].map(({ searchParams }) => searchParams.get('sig') ?? ''),
      new URL(uploadUrl).searchParams.get('X-Amz-Signature') ?? '',
      token,
    ];
    assert.ok(
      secrets.every((secret) => secret.length > 20),
      secrets.join(' '),
    );

    await service.view(signed.href);
    await service.view(signed.href);
    await service.view(link.href);
    await service.view(`${link.href}&download=true`);
    await service.view(signed.href.replace('sig=', '%73ig='));
    await service.view(signed.href.replace('?', '?sig=&'));
    await service.view(`/images?w=1&token=${token}&x=2`);
    await service.view(`/images?Token=${token}`);
    await service.view('/last?user_id=a%20b');
    const log = () => readFile(join(service.folder, 'log/access.log'), 'utf8');
    await until(async () => (await log()).includes('"GET /last'));
    const lines = await log();
    for (const secret of secrets) assert.ok(!lines.includes(secret), lines);
    assert.match(lines, new RegExp(`"GET ${signed.pathname}\\?v=[^"]*&\\.\\.\\." 200 \\d+ [\\d.]+ HIT$`, 'm'));
    assert.match(lines, /"PUT \/objects\/[^"?]*\?\.\.\." 200 /);
    assert.match(lines, /"GET \/images\?w=1&\.\.\." 401 /);
    assert.match(lines, /"GET \/last\?user_id=a%20b" 404 /);
  });
});

describe('nginx, configured as in docs/caching.md, while the service is away', { skip: NO_NGINX }, () => {
  it('serves no picture longer than stated, and writes no signature into its error log', async () => {
    await using service = await createCachedService(documentedNginx);
    const ada = await service.keyOf({ owner: 'ada' });
    const image = await uploadTo(service, ada, 1);
    const url = image.renditions['thumb'] ?? '';
    await service.view(url);
    await service.leave();
    assert.equal((await service.view(url)).cache, 'HIT');
    await service.setTime(service.now() + DAY_SECONDS * 1000 + 1000);
    assert.equal((await service.view(url)).status, 502);
    const errors = await readFile(join(service.folder, 'log/error.log'), 'utf8');
    assert.doesNotMatch(errors, /sig=/);
  });
});
