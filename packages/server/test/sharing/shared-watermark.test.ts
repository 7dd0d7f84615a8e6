import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { parseImageId } from '../../src/domain/image/image-id.ts';
import { maintainRenditions } from '../../src/operations/renditions/maintain-renditions.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json, post } from '../services/service.ts';
import { type Ask, describeAs, imageOf, jsonOf, upload } from './images-in-states.ts';

const PRESETS =
  'thumb:w=100&format=png own:w=100&format=png&watermark=logo&watermark_scale=1 focal:w=9&h=9&fit=cover&position=focal';

interface Shared {
  readonly service: ClosedService;
  readonly ask: Ask;
  readonly id: string;
  readonly logo: string;
  /** A link to the original, of the time before shared pictures had a watermark. */
  readonly linkToOriginal: string;
}

const linkTo = async (ask: Ask, id: string, preset?: string): Promise<string> => {
  const body = { expires_in: 600, ...(preset ? { what: 'preset', preset } : { what: 'original' }) };
  return (await jsonOf<{ url: string }>(await ask(`/images/${id}/links`, json(body)), 201)).url;
};

/** A public image, on a service that draws a red square onto shared pictures. */
async function startShared(): Promise<Shared & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'shared-watermark-'))).path;
  const asOwner = async (service: ClosedService): Promise<Ask> => {
    const key = await service.keyOf({ owner: 'ada' });
    return (path, init) => service.as(key, path, init);
  };
  const prepare = async () => {
    await using first = await createClosedService({ folder });
    const ask = await asOwner(first);
    const red = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#f00' } })
      .png()
      .toBuffer();
    const answer = await ask('/images/upload', post(new Uint8Array(red), 'image/png'));
    const { image_id: logo } = await jsonOf<{ image_id: string }>(answer);
    const id = await upload(ask);
    await describeAs(ask, id, { visibility: 'public' });
    return { logo, id, linkToOriginal: await linkTo(ask, id) };
  };
  const prepared = await prepare();
  const environment = { PRESETS, WATERMARKS: `logo:${prepared.logo}`, WATERMARK_SHARED: 'logo' };
  const service = stack.use(await createClosedService({ folder, environment }));
  const held = stack.move();
  return { ...prepared, service, ask: await asOwner(service), [Symbol.asyncDispose]: () => held.disposeAsync() };
}

async function isMarked(answer: Response): Promise<boolean> {
  assert.equal(answer.status, 200, await answer.clone().text());
  const bytes = Buffer.from(await answer.arrayBuffer());
  const { width, height } = await sharp(bytes).metadata();
  const middle = { left: Math.floor(width / 2), top: Math.floor(height / 2), width: 1, height: 1 };
  const [red = 0, green = 255, blue = 255] = await sharp(bytes).extract(middle).raw().toBuffer();
  return red > 250 && green < 5 && blue < 5;
}

describe('WATERMARK_SHARED', () => {
  it('marks what a stranger sees of a public image, and nothing else', async () => {
    await using shared = await startShared();
    const { service, ask, id } = shared;
    const path = `/images/${id}/renditions/thumb`;
    const { renditions } = await imageOf(ask, id);
    const { url } = await jsonOf<{ url: string }>(
      await ask(`/images/${id}/render-url`, json({ w: 100, format: 'png' })),
    );
    for (let round = 0; round < 2; round += 1) {
      // The second round comes from the memory of the first
      assert.equal(await isMarked(await service.request(path)), true, 'anonymous');
      assert.equal(await isMarked(await ask(path)), false, 'the owner');
      assert.equal(await isMarked(await service.send(renditions?.['thumb'] ?? '')), false, 'a signed URL');
      assert.equal(await isMarked(await service.send(url)), false, 'a signed render');
    }
    const [own, strangers] = [await ask(path), await service.request(path)];
    assert.notEqual(own.headers.get('etag'), strangers.headers.get('etag'));
    assert.match(own.headers.get('cache-control') ?? '', /^private, no-cache$/);
    const known = { headers: { 'If-None-Match': own.headers.get('etag') ?? '' } };
    assert.equal((await service.request(path, known)).status, 200);
  });

  it('gives a stranger no other way', async () => {
    await using shared = await startShared();
    const { service, id, logo } = shared;
    for (const path of ['/original', '/download', '/metadata', '/renditions/thumb/download', '/render?w=9']) {
      const { status } = await service.request(`/images/${id}${path}`);
      assert.ok(status === 401 || status === 403, `${path}: ${status}`);
    }
    assert.equal((await service.request(`/images/${logo}/renditions/thumb`)).status, 401, 'the mark itself is private');
  });

  it('marks what share links open, which is no original, also of an older link', async () => {
    await using shared = await startShared();
    const { service, ask, id, linkToOriginal } = shared;
    const link = await linkTo(ask, id, 'thumb');
    assert.equal(await isMarked(await service.send(link)), true);
    assert.equal(await isMarked(await service.send(`${link}&download=true`)), true);
    for (const download of ['', '&download=true']) {
      const answer = await service.send(`${linkToOriginal}${download}`);
      assert.match(await answer.text(), /expected a link to a preset, since shared pictures have a watermark/);
      assert.equal(answer.status, 404);
    }
    const refused = await ask(`/images/${id}/links`, json({ expires_in: 600, what: 'original' }));
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /"pointer":"\/what","detail":"expected preset, since shared/);
  });

  it('leaves a preset with a watermark of its own', async () => {
    await using shared = await startShared();
    const { service, ask, id } = shared;
    const path = `/images/${id}/renditions/own`;
    const [own, strangers] = [await ask(path), await service.request(path)];
    assert.equal(own.headers.get('etag'), strangers.headers.get('etag'));
    assert.equal(await isMarked(own), true);
  });

  it('shows nothing while the image of the watermark is gone', async () => {
    await using shared = await startShared();
    const { service, ask, id, logo } = shared;
    const path = `/images/${id}/renditions/thumb`;
    assert.equal(await isMarked(await service.request(path)), true);
    await jsonOf(await ask(`/images/${logo}/trash`, { method: 'POST' }));
    service.clock.offsetMs += 10_000;
    const answer = await service.request(path);
    assert.match(await answer.text(), /rendition-failed/);
    assert.equal(answer.status, 400);
    assert.equal(await isMarked(await ask(path)), false);
  });

  it('keeps both pictures of a preset when the focal point changes, and purges both', async () => {
    await using shared = await startShared();
    const { service, ask, id } = shared;
    for (const preset of ['thumb', 'focal'])
      for (const read of [ask, service.request])
        assert.equal((await read(`/images/${id}/renditions/${preset}`)).status, 200);
    const purge = async (preset: string) =>
      (await jsonOf<{ removed: number }>(await ask(`/images/${id}/renditions/${preset}`, { method: 'DELETE' })))
        .removed;
    await describeAs(ask, id, { focal_point: { x: 0.1, y: 0.1 } });
    service.clock.offsetMs += 86_400_000;
    await maintainRenditions(service.services, parseImageId(id) ?? assert.fail());
    const stored = (await service.storedFiles()).filter((file) => file.includes(`${id}/preset/`));
    assert.equal(stored.length, 2, 'those of thumb');
    assert.equal(await purge('focal'), 0);
    assert.equal(await purge('thumb'), 2);
  });
});
