import assert from 'node:assert/strict';
import { stat, truncate } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import type { ObjectKey } from '../../src/domain/image/object-key.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { movingClock } from '../services/moving-clock.ts';
import { json, ORIGIN, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const PHOTO = { type: 'image/jpeg', width: 1200, height: 900 } as const;

interface Link {
  readonly image_id: string;
  readonly url: string;
  readonly expires_at: string | null;
}

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string }[];
}

const link = async (service: TestService, id: string, asked: object): Promise<Link> => {
  const answer = await service.request(`/images/${id}/render-url`, json(asked));
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()) as Link;
};

const problemOf = async (answer: Response): Promise<Problem & { status: number }> => ({
  ...((await answer.json()) as Problem),
  status: answer.status,
});

const sizeOf = async (answer: Response) => {
  assert.equal(answer.status, 200, answer.ok ? '' : await answer.clone().text());
  const { width, height, format } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata();
  return { width, height, format };
};

const freeFiles = async (service: TestService): Promise<string[]> =>
  (await service.storedFiles()).filter((path) => path.includes('/free/'));

describe('a signed render', () => {
  it('has the picture of its URL, for every client and cache', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const { url, expires_at, image_id } = await link(service, id, { w: 300, h: 300, fit: 'cover', format: 'png' });
    assert.equal(image_id, id);
    assert.equal(expires_at, null);
    assert.ok(url.startsWith(`${ORIGIN}/images/${id}/render?w=300&h=300&fit=cover&format=png&kid=`), url);
    const answer = await service.send(url, { headers: { 'X-User-Id': 'mallory' } });
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=86400');
    assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin');
    assert.equal(answer.headers.get('vary'), 'Origin');
    assert.deepEqual(await sizeOf(answer), { width: 300, height: 300, format: 'png' });
  });

  it('accepts its parameters in any order, with the signed values only', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const url = new URL((await link(service, id, { w: 300, h: 200 })).url);
    const backwards = new URL(url);
    backwards.search = new URLSearchParams([...url.searchParams].toReversed()).toString();
    assert.equal((await service.send(backwards.href)).status, 200);

    const changes: [string, string, number, string][] = [
      ['w', '301', 403, 'signature-invalid'],
      ['format', 'png', 403, 'signature-invalid'],
      ['exp', '4000000000', 403, 'signature-invalid'],
      ['kid', '00000000', 403, 'signature-invalid'],
      ['sig', 'AAAA', 403, 'signature-invalid'],
      ['w', '0', 400, 'invalid-request'],
      ['w', '4097', 400, 'invalid-request'],
      ['colour', 'red', 400, 'invalid-request'],
      ['user_id', 'ada', 400, 'invalid-request'],
    ];
    for (const [name, value, status, code] of changes) {
      const changed = new URL(url);
      changed.searchParams.set(name, value);
      const problem = await problemOf(await service.send(changed.href));
      assert.deepEqual([name, problem.status, problem.code], [name, status, code]);
      if (status === 400)
        assert.deepEqual(
          problem.errors?.map(({ pointer }) => pointer),
          [`?${name}`],
        );
    }
    for (const name of ['sig', 'kid']) {
      const without = new URL(url);
      without.searchParams.delete(name);
      assert.equal((await service.send(without.href)).status, 403, name);
      const twice = new URL(url);
      twice.searchParams.append(name, 'x');
      assert.equal((await service.send(twice.href)).status, 400, name);
    }
    const other = await uploadPicture(service, PHOTO);
    assert.equal((await service.send(url.href.replace(id, other))).status, 403);
  });

  it('expires on time, within the window; until then all clients get the same URL', async () => {
    const clock = movingClock();
    clock.offsetMs = 3_600_000 - (Date.now() % 3_600_000); // an hour has just begun
    await using service = await createSharingService({ overrides: { clock } });
    const id = await uploadPicture(service, PHOTO);
    const first = await link(service, id, { w: 100, expires_in: 3_600 });
    const leftSeconds = (Date.parse(first.expires_at ?? '') - clock.now().getTime()) / 1000;
    assert.ok(leftSeconds >= 3_600 - 1 && leftSeconds <= 7_200, `${leftSeconds} s`);
    clock.offsetMs += 60_000;
    assert.equal((await link(service, id, { w: 100, expires_in: 3_600 })).url, first.url);
    const answer = await service.send(first.url);
    const maxAge = Number(/^public, max-age=(\d+)$/.exec(answer.headers.get('cache-control') ?? '')?.[1]);
    assert.ok(maxAge > leftSeconds - 120 && maxAge <= leftSeconds - 60, `${maxAge}`);
    clock.offsetMs += 3 * 3_600_000;
    const problem = await problemOf(await service.send(first.url));
    assert.deepEqual([problem.status, problem.code], [410, 'link-expired']);
  });

  it('expires also if the store has the bytes: the URL that it redirects to expires with it', async () => {
    const clock = movingClock();
    clock.offsetMs = 3_600_000 - (Date.now() % 3_600_000); // an hour has just begun
    await using service = await createSharingService({ environment: { BYTES: 'redirect' }, overrides: { clock } });
    const id = await uploadPicture(service, PHOTO);
    const { url, expires_at } = await link(service, id, { w: 100, expires_in: 3_600 });
    const sentTo = async (): Promise<string> => (await service.send(url)).headers.get('location') ?? '';
    const early = await sentTo();
    clock.offsetMs += 10_000;
    assert.equal(await sentTo(), early, 'expected the same URL for all');
    clock.offsetMs = Date.parse(expires_at ?? '') - Date.now() - 20_000;
    const late = await sentTo();
    assert.equal((await service.send(late)).status, 200);
    clock.offsetMs += 22_000;
    assert.equal((await service.send(late)).status, 403);
    assert.equal((await service.send(url)).status, 410);
  });

  it('stays valid after key rotation while the key is kept', async () => {
    const [old, fresh] = ['o'.repeat(32), 'n'.repeat(32)];
    await using service = await createSharingService({ environment: { SECRET_KEY: old } });
    const id = await uploadPicture(service, PHOTO);
    const { url } = await link(service, id, { w: 50 });
    await using rotated = await createSharingService({ environment: { SECRET_KEY: `${fresh},${old}` } });
    assert.equal((await problemOf(await rotated.send(url))).status, 404); // its signature is valid, the image is elsewhere
    await using without = await createSharingService({ environment: { SECRET_KEY: fresh } });
    assert.equal((await problemOf(await without.send(url))).status, 403);
  });

  it('with a crop or page outside the image is refused', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const problem = await problemOf(
      await service.request(`/images/${id}/render-url`, json({ crop: '1000,0,300,300' })),
    );
    assert.deepEqual([problem.status, problem.errors?.[0]?.pointer], [400, '/crop']);
    const page = await link(service, id, { page: 3 });
    assert.equal((await problemOf(await service.send(page.url))).errors?.[0]?.pointer, '?page');
  });

  it('of an image that is not ready is 409, of an absent or deleted one 404', async () => {
    await using service = await createSharingService();
    const granted = await service.request('/images/upload', json({ user_id: 'ada', content_type: 'image/jpeg' }));
    const { image_id: pending } = (await granted.json()) as { image_id: string };
    const early = await link(service, pending, { w: 10 });
    assert.equal((await service.send(early.url)).status, 409);
    const id = await uploadPicture(service, PHOTO);
    const { url } = await link(service, id, { w: 10 });
    await service.request(`/images/${id}`, { method: 'DELETE' });
    assert.equal((await service.send(url)).status, 404);
    assert.equal((await service.request(`/images/${id}/render-url`, json({ w: 10 }))).status, 404);
  });

  it('is 404 if only presets are served', async () => {
    await using service = await createSharingService({ environment: { PRESETS_ONLY: 'true' } });
    const id = await uploadPicture(service, PHOTO);
    assert.equal((await service.request(`/images/${id}/render?w=10`)).status, 404);
    assert.equal((await service.request(`/images/${id}/render-url`, json({ w: 10 }))).status, 404);
    assert.equal((await service.request(`/images/${id}/renditions/thumb`)).status, 200);
  });

  it('is stored for thirty days, and only the latest 64 of an image are stored', async () => {
    const clock = movingClock();
    await using service = await createSharingService({ overrides: { clock } });
    const id = await uploadPicture(service, { type: 'image/png', width: 90, height: 60 });
    await service.request(`/images/${id}/renditions/thumb`);
    const urls = await Promise.all(Array.from({ length: 70 }, (_, index) => link(service, id, { w: index + 1 })));
    for (const { url } of urls) assert.equal((await service.send(url)).status, 200);
    assert.equal((await freeFiles(service)).length, 64);

    const sweepNow = () => sweep(service.services, { holder: 'test', signal: AbortSignal.timeout(60_000) });
    clock.offsetMs += 29 * 86_400_000;
    await sweepNow();
    assert.equal((await freeFiles(service)).length, 64);
    clock.offsetMs += 86_400_000 + 3_600_000;
    await sweepNow();
    assert.deepEqual(await freeFiles(service), []);
    assert.equal((await service.storedFiles()).filter((path) => path.includes('/preset/')).length, 1);
  });

  it('lists the renditions of its image at most once a minute', async () => {
    const clock = movingClock();
    await using service = await createSharingService({ overrides: { clock } });
    const id = await uploadPicture(service, { type: 'image/png', width: 90, height: 60 });
    const lists: string[] = [];
    const { list } = service.services.objects;
    service.services.objects.list = (prefix) => {
      lists.push(prefix);
      return list(prefix);
    };
    const render = async (width: number) => {
      assert.equal((await service.send((await link(service, id, { w: width })).url)).status, 200);
    };
    for (let width = 1; width <= 70; width += 1) await render(width);
    assert.equal(lists.length, 1);
    assert.equal((await freeFiles(service)).length, 64);
  });

  it('that a power cut damaged is made again', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const { url } = await link(service, id, { w: 300 });
    const whole = Buffer.from(await (await service.send(url)).arrayBuffer());
    const [path = ''] = await freeFiles(service);
    const key = relative(join(service.folder, 'objects'), path) as ObjectKey;
    const { size } = await stat(path);
    for (const kept of [0, Math.floor(size / 2), size - 1]) {
      await truncate(path, kept);
      await truncate(path, size);
      service.services.renditions.forget([key]);
      const again = await service.send(url);
      assert.equal(again.status, 200);
      assert.deepEqual(Buffer.from(await again.arrayBuffer()), whole);
      assert.equal((await stat(path)).size, size);
    }
  });

  it('is signed up to a thousand times per request, each independently', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const renders = Array.from({ length: 1_000 }, (_, index) => ({ image_id: id, w: index + 1 }));
    const answer = await service.request('/render-urls', json({ renders }));
    assert.equal(answer.status, 200);
    const { count, results } = (await answer.json()) as { count: number; results: (Link & { index: number })[] };
    assert.equal(count, 1_000);
    assert.deepEqual(
      results.map(({ index }) => index),
      renders.map((_, index) => index),
    );
    assert.equal(results[41]?.url, (await link(service, id, { w: 42 })).url);

    const tooMany = await problemOf(
      await service.request('/render-urls', json({ renders: [...renders, { image_id: id }] })),
    );
    assert.deepEqual([tooMany.status, tooMany.errors?.[0]?.pointer], [400, '/renders']);

    const wrong = [
      { image_id: id, w: 5 },
      { image_id: 'nobody', w: 5 },
      { image_id: id, w: 'x' },
      7,
      { w: 5 },
      { image_id: id, h: { a: 1 } },
    ];
    const mixed = await service.request('/render-urls', json({ renders: wrong }));
    const outcome = (await mixed.json()) as { count: number; results: { error?: Problem }[] };
    assert.equal(outcome.count, 1);
    assert.deepEqual(
      outcome.results.map(({ error }) => error && [error.code, error.errors?.[0]?.pointer]),
      [
        undefined,
        ['image-not-found', undefined],
        ['invalid-request', '/renders/2/w'],
        ['invalid-request', '/renders/3'],
        ['invalid-request', '/renders/4/image_id'],
        ['invalid-request', '/renders/5/h'],
      ],
    );
  });

  it('refuses an invalid request for a link', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const wrong: [object, string][] = [
      [{ w: 1.5 }, '/w'],
      [{ w: '' }, '/w'],
      [{ w: true }, '/w'],
      [{ colour: 'red' }, '/colour'],
      [{ fit: 'cover', w: 5 }, '/fit'],
      [{ expires_in: 0 }, '/expires_in'],
      [{ expires_in: 31_536_001 }, '/expires_in'],
      [{ expires_in: 'soon' }, '/expires_in'],
      [{ w: 4000, dpr: 2 }, '/w'],
    ];
    for (const [body, pointer] of wrong) {
      const problem = await problemOf(await service.request(`/images/${id}/render-url`, json(body)));
      assert.equal(problem.status, 400, JSON.stringify(body));
      assert.ok(
        problem.errors?.some((error) => error.pointer === pointer),
        `${JSON.stringify(body)}: ${problem.detail}`,
      );
    }
    assert.equal((await service.request(`/images/${id}/render-url`, json([]))).status, 400);
    assert.equal((await service.request(`/images/${id}/render-url`, { method: 'POST' })).status, 400);
    assert.deepEqual(Object.keys(new URL((await link(service, id, { w: null })).url).searchParams), []);
  });
});
