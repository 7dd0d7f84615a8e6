import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { revokeLinks } from '../../src/domain/image/image.ts';
import type { Observer } from '../../src/observe/observer/observer.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json, ORIGIN } from '../services/service.ts';
import {
  ABSENT,
  type Ask,
  callListener,
  describeAs,
  type ImageJson,
  imageIn,
  imageOf,
  jsonOf,
  recordOf,
  STATES,
  type Told,
  upload,
} from './images-in-states.ts';

const pathOf = (url: string): string => url.slice(ORIGIN.length);
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

describe('the signed URL of a preset', () => {
  const { observe, tell } = callListener();
  let service: ClosedService;
  let ask: Ask;
  before(async () => {
    service = await createClosedService({ observe });
    const key = await service.keyOf({ owner: 'ada' });
    ask = (path, init) => service.as(key, path, init);
  });
  after(() => service[Symbol.asyncDispose]());

  const urlOf = async (id: string, preset = 'thumb'): Promise<string> =>
    pathOf((await imageOf(ask, id)).renditions?.[preset] ?? assert.fail());
  const codeOf = async (path: string, init?: RequestInit): Promise<string> =>
    (await jsonOf<{ code: string }>(await service.request(path, init), 403)).code;
  const statusOf = async (path: string, init?: RequestInit): Promise<number> =>
    (await service.request(path, init)).status;

  it('shows the picture to anyone, on any page, for a day', async () => {
    const id = await upload(ask);
    const { renditions } = await imageOf(ask, id);
    assert.deepEqual(Object.keys(renditions ?? {}), ['thumb', 'tile', 'small', 'medium', 'large']);
    for (const [preset, url] of Object.entries(renditions ?? {})) {
      const expected = `^${ORIGIN}/images/${id}/renditions/${preset}\\?v=[0-9a-f]{10}&exp=\\d{10}&kid=[0-9a-f]{8}&sig=[\\w-]{43}$`;
      assert.match(url, new RegExp(expected));
      for (const headers of [
        {},
        { Authorization: `Bearer ${await service.keyOf({ owner: 'bob' })}` },
        { Authorization: 'Bearer wrong', 'X-User-Id': 'bob' },
        { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'image' },
      ]) {
        const answer = await service.request(pathOf(url), { headers });
        assert.deepEqual([answer.status, answer.headers.get('cache-control')], [200, 'public, max-age=86400']);
        assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin');
        assert.equal(answer.headers.get('vary'), 'Origin, Accept');
        await answer.arrayBuffer();
      }
    }
  });

  it('answers HEAD, ranges and conditions as every picture', async () => {
    const url = await urlOf(await upload(ask));
    const head = await service.request(url, { method: 'HEAD' });
    const size = Number(head.headers.get('content-length'));
    assert.deepEqual(
      [head.status, size > 100, head.headers.get('cache-control')],
      [200, true, 'public, max-age=86400'],
    );
    const part = await service.request(url, { headers: { Range: 'bytes=4-7' } });
    assert.deepEqual([part.status, part.headers.get('content-range')], [206, `bytes 4-7/${size}`]);
    assert.equal(part.headers.get('cross-origin-resource-policy'), 'cross-origin');
    const match = { 'If-None-Match': head.headers.get('etag') ?? assert.fail() };
    const current = await service.request(url, { headers: match });
    assert.deepEqual([current.status, current.headers.get('cache-control')], [304, 'public, max-age=86400']);
  });

  it('survives no change of its signature, key id or expiry, nor of its image', async () => {
    const [id, other] = [await upload(ask), await upload(ask)];
    const url = new URL(await urlOf(id), ORIGIN);
    const sig = url.searchParams.get('sig') ?? assert.fail();
    const change = (name: string, value: string): string => {
      const changed = new URL(url);
      changed.searchParams.set(name, value);
      return pathOf(changed.href);
    };
    for (let at = 0; at < sig.length; at++) {
      const next = BASE64URL[(BASE64URL.indexOf(sig[at] ?? '') + 1) % BASE64URL.length];
      assert.equal(await codeOf(change('sig', `${sig.slice(0, at)}${next}${sig.slice(at + 1)}`)), 'signature-invalid');
    }
    for (const shorter of ['x', sig.slice(1), sig.slice(0, -1), `${sig}A`])
      assert.equal(await codeOf(change('sig', shorter)), 'signature-invalid');
    assert.equal(await codeOf(change('exp', String(Number(url.searchParams.get('exp')) + 1))), 'signature-invalid');
    assert.equal(await codeOf(change('kid', '00000000')), 'signature-invalid');
    for (const name of ['exp', 'kid']) {
      const without = new URL(url);
      without.searchParams.delete(name);
      assert.equal(await codeOf(pathOf(without.href)), 'signature-invalid', name);
    }
    assert.equal(await codeOf(pathOf(url.href).replace(id, other)), 'signature-invalid');
    assert.equal(await codeOf(pathOf(url.href).replace('thumb', 'none').replace(sig, `${sig}A`)), 'signature-invalid');
    assert.equal(await statusOf(pathOf(url.href).replace('thumb', 'none')), 404);
    assert.equal(await statusOf(pathOf(url.href).replace('thumb', 'large')), 200, 'one signature for all presets');
  });

  it('opens nothing else, and no other purpose’s signature opens a preset', async () => {
    const id = await upload(ask);
    const { search } = new URL(await urlOf(id), ORIGIN);
    for (const path of ['', '/original', '/metadata', '/download', '/renditions/thumb/download'])
      assert.equal(await statusOf(`/images/${id}${path}${search}`), 401, path);
    const seal = search.replace(/v=\w+&/, '');
    assert.equal(await codeOf(`/images/${id}/render${seal}`), 'signature-invalid');
    const render = await jsonOf<{ url: string }>(await ask(`/images/${id}/render-url`, json({ w: 8, expires_in: 60 })));
    const foreign = new URL(render.url).search.replace('?w=8&', '?');
    assert.equal(await codeOf(`/images/${id}/renditions/thumb${foreign}`), 'signature-invalid');
    assert.equal(await statusOf(`/images/${id}/renditions/thumb${seal}`, { method: 'DELETE' }), 401);
  });

  it('with a wrong signature is one 403 for every image, without a look-up', async () => {
    const kid = /kid=(\w+)/.exec(await urlOf(await upload(ask)))?.[1] ?? assert.fail();
    const seal = `exp=9999999999&kid=${kid}&sig=${'A'.repeat(43)}`;
    for (const query of [`epoch=1&${seal}`, seal.replace(kid, '00000000'), seal.slice(0, -1), seal])
      for (const init of [{}, { method: 'HEAD' }, { headers: { Authorization: 'Bearer wrong' } }]) {
        let first: Told | undefined;
        for (const visibility of ['private', 'public'] as const)
          for (const state of STATES) {
            const id = await imageIn(service, ask, { state, visibility });
            const told = await tell(() => service.request(`/images/${id}/renditions/thumb?${query}`, init));
            assert.deepEqual([told.status, told.calls], [403, []], `${visibility} ${state} ${query}`);
            assert.equal(told.headers['cache-control'], 'no-store');
            first ??= told;
            assert.deepEqual(told, first, `${visibility} ${state}`);
          }
      }
  });

  it('is refused where it is malformed, without a look-up', async () => {
    const id = await upload(ask);
    const url = await urlOf(id);
    for (const [path, pointer] of [
      [`${url}&sig=${'A'.repeat(43)}`, '?sig'],
      [`${url}&exp=1`, '?exp'],
      [`${url.replace(/sig=.*/, '')}sig=`, '?sig'],
      [url.replace(/exp=\d+/, 'exp=1e9'), '?exp'],
      [url.replace(/exp=\d+/, `exp=${'1'.repeat(40)}`), '?exp'],
      [`${url}&epoch=0`, '?epoch'],
      [`${url}&epoch=1&epoch=1`, '?epoch'],
      [`${url}&w=8`, '?w'],
    ] as const) {
      const told = await tell(() => service.request(path));
      assert.deepEqual([told.status, told.calls], [400, []], path);
      const { errors, detail } = JSON.parse(told.body) as {
        errors: { pointer: string }[];
        detail: string;
      };
      assert.equal(errors[0]?.pointer, pointer, path);
      assert.ok(!detail.includes('AAAA'), detail);
    }
    assert.equal(await codeOf('/images/none/renditions/thumb?sig=x'), 'signature-invalid');
  });

  it('tells of the image’s state, once the signature is right, and never finalizes', async () => {
    const STATUSES = { ready: 200, pending: 409, rejected: 409, expired: 409, trashed: 404, deleted: 404, absent: 403 };
    for (const state of STATES) {
      const id = await imageIn(service, ask, { state, visibility: 'private' });
      const image = id === ABSENT ? { id: ABSENT, epoch: 0 } : await recordOf(service, id);
      const query = service.services.presetUrls.queryFor(image as never, new Date(Date.now() + 60_000));
      const told = await tell(() => service.request(`/images/${id}/renditions/thumb?${query}`));
      assert.equal(told.status, STATUSES[state], `${state}: ${told.body}`);
      if (state !== 'ready') assert.deepEqual(told.calls, ['records get'], state);
    }
  });

  it('ends with each change of visibility, and when its image’s URLs are revoked; the image has others then', async () => {
    const id = await upload(ask);
    const render = async (): Promise<string> =>
      pathOf((await jsonOf<{ url: string }>(await ask(`/images/${id}/render-url`, json({ w: 8 })))).url);
    const revoke = async (): Promise<void> => {
      const image = await recordOf(service, id);
      assert.ok(image.status === 'ready');
      assert.ok(await service.services.images.replace(image, revokeLinks(image, new Date())));
    };
    for (const end of [
      () => describeAs(ask, id, { visibility: 'public' }),
      () => describeAs(ask, id, { visibility: 'private' }),
      revoke,
    ]) {
      const urls = [await urlOf(id), await render()];
      for (const url of urls) assert.equal(await statusOf(url), 200);
      await describeAs(ask, id, { description: 'another change' });
      for (const url of urls) assert.equal(await statusOf(url), 200, 'another change ends no URL');
      await end();
      for (const url of urls) {
        const refused = await service.request(url);
        assert.deepEqual([refused.status, refused.headers.get('cache-control')], [403, 'no-store'], url);
        const { code, detail } = (await refused.json()) as { code: string; detail: string };
        assert.deepEqual([code, /got one that was revoked$/.test(detail)], ['signature-invalid', true], detail);
      }
      for (const url of [await urlOf(id), await render()]) assert.equal(await statusOf(url), 200);
    }
  });

  it('finds no image in the trash, and finds it again once it is restored', async () => {
    const id = await upload(ask);
    const render = await jsonOf<{ url: string }>(await ask(`/images/${id}/render-url`, json({ w: 8 })));
    const urls = [await urlOf(id), pathOf(render.url)];
    await jsonOf(await ask(`/images/${id}/trash`, { method: 'POST' }));
    for (const url of urls) assert.equal(await statusOf(url), 404);
    await jsonOf(await ask(`/images/${id}/restore`, { method: 'POST' }));
    for (const url of urls) assert.equal(await statusOf(url), 200);
    await jsonOf(await ask(`/images/${id}`, { method: 'DELETE' }));
    for (const url of urls) assert.equal(await statusOf(url), 404);
  });

  it('has the origin by which the client calls the service', async () => {
    const id = await upload(ask);
    const at = async (host: string) => {
      const { renditions } = await jsonOf<ImageJson>(await ask(`/images/${id}/metadata`, { headers: { Host: host } }));
      return renditions?.['thumb'] ?? '';
    };
    const [one, other] = [await at('127.0.0.1:8000'), await at('localhost:9000')];
    assert.equal(new URL(one).origin, 'http://127.0.0.1:8000');
    assert.equal(new URL(other).origin, 'http://localhost:9000');
    assert.equal(new URL(one).search, new URL(other).search);
    assert.equal(await at('127.0.0.1:8000'), one);
  });
});

describe('the windows of READ_URL_SECONDS', () => {
  const WINDOW_MS = 3_600_000;
  let service: ClosedService;
  let ask: Ask;
  before(async () => {
    service = await createClosedService({ environment: { READ_URL_SECONDS: '3600' } });
    const key = await service.keyOf({ owner: 'ada' });
    ask = (path, init) => service.as(key, path, init);
  });
  after(() => service[Symbol.asyncDispose]());

  /** Moves the clock to this time after the beginning of the next window. */
  function moveInto(afterMs: number): void {
    const now = service.clock.now().getTime();
    service.clock.offsetMs += WINDOW_MS - (now % WINDOW_MS) + afterMs;
  }
  const thumbOf = ({ renditions }: Pick<ImageJson, 'renditions'>): string => renditions?.['thumb'] ?? assert.fail();
  const leftMs = (url: string): number =>
    Number(new URL(url).searchParams.get('exp')) * 1000 - service.clock.now().getTime();

  it('give everybody the same URL within one, and each URL lasts for a window more', async () => {
    const id = await upload(ask);
    /** Every answer with the image's JSON. */
    const handedOut = async (): Promise<string[]> => [
      thumbOf(await imageOf(ask, id)),
      thumbOf(await describeAs(ask, id, { description: String(service.clock.offsetMs) })),
      thumbOf(await jsonOf<ImageJson>(await ask(`/images/${id}/complete`, { method: 'POST' }))),
      ...(await Promise.all(
        ['', '&fields=renditions', '&fields=filename,renditions&limit=1'].map(async (query) => {
          const { images } = await jsonOf<{ images: ImageJson[] }>(await ask(`/images?user_id=ada${query}`));
          return thumbOf(images[0] ?? assert.fail());
        }),
      )),
    ];
    moveInto(1_000);
    const seen: string[] = [];
    for (const afterMs of [0, WINDOW_MS / 2, WINDOW_MS / 2 - 60_000]) {
      service.clock.offsetMs += afterMs;
      const urls = await handedOut();
      assert.equal(new Set(urls).size, 1);
      for (const url of urls) assert.ok(leftMs(url) >= WINDOW_MS && leftMs(url) <= 2 * WINDOW_MS, `${leftMs(url)} ms`);
      seen.push(...urls);
    }
    assert.equal(new Set(seen).size, 1, 'one URL in the whole window');
    const [url = ''] = seen;
    moveInto(0);
    const [later = ''] = await handedOut();
    assert.equal(leftMs(later) - leftMs(url), WINDOW_MS);
    assert.equal((await service.send(url)).status, 200);
    service.clock.offsetMs += leftMs(url) - 30_000;
    const last = await service.send(url);
    const maxAge = Number(/^public, max-age=(\d+)$/.exec(last.headers.get('cache-control') ?? '')?.[1]);
    assert.ok(maxAge > 0 && maxAge <= 30, `no cache keeps it for longer than it is valid: ${maxAge}`);
    service.clock.offsetMs += 30_000;
    const ended = await service.send(url);
    assert.deepEqual([ended.status, ((await ended.json()) as { code: string }).code], [410, 'link-expired']);
    assert.equal((await service.send(later)).status, 200);
  });

  it('are part of the ETag of the JSON; If-Match compares the revision', async () => {
    const id = await upload(ask);
    const path = `/images/${id}/metadata`;
    moveInto(0);
    const tagOf = async (): Promise<string> => (await ask(path)).headers.get('etag') ?? assert.fail();
    const tag = await tagOf();
    service.clock.offsetMs += WINDOW_MS / 2;
    assert.equal((await ask(path, { headers: { 'If-None-Match': tag } })).status, 304);
    moveInto(0);
    const fresh = await ask(path, { headers: { 'If-None-Match': tag } });
    assert.equal(fresh.status, 200, 'the client needs the new URLs');
    assert.notEqual(fresh.headers.get('etag'), tag);
    const change = { ...json({ description: 'changed' }, { 'If-Match': tag }), method: 'PATCH' };
    assert.equal((await ask(`/images/${id}`, change)).status, 200);
    assert.equal((await ask(`/images/${id}`, change)).status, 412);
  });

  it('count for a list from when its answer is written, not from when it is asked for', async () => {
    let lookUp = (): void => undefined;
    const observe: Observer = (event) => {
      if (event.event === 'store-call' && event.call === 'find') lookUp();
    };
    await using slow = await createClosedService({ environment: { READ_URL_SECONDS: '3600' }, observe });
    const key = await slow.keyOf({ owner: 'ada' });
    await upload((path, init) => slow.as(key, path, init));
    for (const query of ['', '&fields=renditions']) {
      const leftInWindow = WINDOW_MS - (slow.clock.now().getTime() % WINDOW_MS);
      slow.clock.offsetMs += leftInWindow - 30_000;
      lookUp = () => {
        slow.clock.offsetMs += 60_000; // the window ends while the records are read
      };
      const { images } = await jsonOf<{ images: ImageJson[] }>(await slow.as(key, `/images?user_id=ada${query}`));
      assert.equal(images.length, 1);
      for (const image of images) {
        const exp = Number(new URL(thumbOf(image)).searchParams.get('exp')) * 1000;
        assert.ok(exp - slow.clock.now().getTime() >= WINDOW_MS);
      }
    }
  });
});
