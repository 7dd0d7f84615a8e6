import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import sharp, { type Region } from 'sharp';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { maintainRenditions } from '../../src/operations/renditions/maintain-renditions.ts';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { movingClock } from '../services/moving-clock.ts';
import { json, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const PHOTO = { type: 'image/jpeg', width: 3_000, height: 2_000 } as const;
const LOGO = { type: 'image/png', width: 40, height: 20 } as const;

/** A service whose image `logo` is a watermark: it is uploaded first, because the configuration has its id. */
async function startMarked(environment: Readonly<Record<string, string>> = {}, clock = movingClock()) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'watermarks-'))).path;
  const upload = async () => {
    await using first = await createSharingService({ folder });
    return [await uploadPicture(first, LOGO), await uploadPicture(first, PHOTO)] as const;
  };
  const [logo, photo] = await upload();
  const service = stack.use(
    await createSharingService({
      folder,
      environment: { WATERMARKS: `logo:${logo}`, ...environment },
      overrides: { clock },
    }),
  );
  const held = stack.move();
  return { service, logo, photo, clock, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

const signed = async (service: TestService, id: string, asked: object): Promise<Response> =>
  service.request(`/images/${id}/render-url`, json(asked));

async function rendered(service: TestService, id: string, asked: object): Promise<Response> {
  const { url } = (await (await signed(service, id, asked)).json()) as { url: string };
  return service.send(url);
}

const bytesOf = async (answer: Response): Promise<Buffer> => {
  assert.equal(answer.status, 200, await answer.clone().text());
  return Buffer.from(await answer.arrayBuffer());
};

/** The mean difference to another picture of the same size, in a part of both. */
async function meanDifference(one: Buffer, other: Buffer, region: Region): Promise<number> {
  const [a, b] = await Promise.all(
    [one, other].map((bytes) => sharp(bytes).extract(region).removeAlpha().raw().toBuffer()),
  );
  assert.ok(a && b && a.length === b.length);
  return a.reduce((sum, value, at) => sum + Math.abs(value - (b[at] ?? 0)), 0) / a.length;
}

describe('a watermark', () => {
  it('is drawn onto a render, from the original or the working copy, and nowhere else', async () => {
    await using marked = await startMarked();
    const { service, photo } = marked;
    for (const w of [1_200, 300]) {
      const asked = { w, format: 'png' };
      const plain = await bytesOf(await rendered(service, photo, asked));
      const mark = { watermark: 'logo', watermark_position: '1,1', watermark_scale: 0.5 };
      const came = await bytesOf(await rendered(service, photo, { ...asked, ...mark }));
      const [half, quarter] = [w / 2, w / 4];
      const top = Math.round((w * 2) / 3) - quarter;
      assert.ok((await meanDifference(came, plain, { left: half, top, width: half, height: quarter })) > 10);
      assert.equal(await meanDifference(came, plain, { left: 0, top: 0, width: half - 1, height: top - 1 }), 0);
    }
  });

  it('covers the whole render with tiles', async () => {
    await using marked = await startMarked();
    const { service, photo } = marked;
    const asked = { w: 120, format: 'png' };
    const plain = await bytesOf(await rendered(service, photo, asked));
    const tiled = await bytesOf(await rendered(service, photo, { ...asked, watermark: 'logo', watermark_tiles: 1 }));
    for (const [left, top] of [
      [0, 0],
      [96, 0],
      [0, 60],
      [96, 60],
    ] as const)
      assert.ok((await meanDifference(tiled, plain, { left, top, width: 20, height: 12 })) > 5, `${left}, ${top}`);
  });

  it('is part of the rendition of a preset, and its image of the version in the URL', async () => {
    await using marked = await startMarked({ PRESETS: 'own:w=100&format=png&watermark=logo plain:w=100&format=png' });
    const { service, photo, logo } = marked;
    const read = async (preset: string): Promise<Buffer> =>
      bytesOf(await service.request(`/images/${photo}/renditions/${preset}`));
    const place = { left: 42, top: 30, width: 16, height: 6 };
    assert.ok((await meanDifference(await read('own'), await read('plain'), place)) > 10);
    assert.equal((await service.storedFiles()).filter((path) => path.includes('/renditions/')).length >= 2, true);

    const versionOf = async (watermark: string) => {
      await using other = await createSharingService({
        environment: { PRESETS: 'own:w=9&watermark=logo', WATERMARKS: watermark },
      });
      const id = await uploadPicture(other, LOGO);
      const { renditions } = (await (await other.request(`/images/${id}/metadata`)).json()) as {
        renditions: { own: string };
      };
      return new URL(renditions.own, 'http://localhost').searchParams.get('v');
    };
    assert.notEqual(await versionOf(`logo:${logo}`), await versionOf(`logo:${photo}`));
  });

  it('is drawn onto eager presets', async () => {
    await using marked = await startMarked({ PRESETS: 'own:w=100&watermark=logo', EAGER_PRESETS: 'own' });
    const { service } = marked;
    const id = await uploadPicture(service, PHOTO);
    await maintainRenditions(service.services, id as ImageId);
    const stored = (await service.storedFiles()).filter((path) => path.includes(`${id}/preset/`));
    assert.equal(stored.length, 1);
    const purged = await service.request(`/images/${id}/renditions/own`, { method: 'DELETE' });
    assert.deepEqual(await purged.json(), { image_id: id, removed: 1 });
  });

  it('that is unknown is refused with the names that exist, when the URL is signed', async () => {
    await using marked = await startMarked();
    const answer = await signed(marked.service, marked.photo, { w: 10, watermark: 'mark' });
    const { status, errors } = (await answer.json()) as { status: number; errors: unknown };
    assert.equal(status, 400);
    assert.deepEqual(errors, [{ pointer: '/watermark', detail: 'expected one of logo; got mark' }]);
  });

  it('whose image is gone fails each rendition, even a stored one, until it is back', async () => {
    await using marked = await startMarked({ PRESETS: 'own:w=100&watermark=logo plain:w=50' });
    const { service, photo, logo, clock } = marked;
    const { url } = (await (await signed(service, photo, { w: 60, watermark: 'logo' })).json()) as { url: string };
    const own = `/images/${photo}/renditions/own`;
    await bytesOf(await service.request(own));
    assert.equal((await service.request(`/images/${logo}/trash`, { method: 'POST' })).status, 200);
    // Known for a few seconds more, but no picture is made without its image
    const unmade = await service.send(url);
    assert.equal(unmade.status, 400);
    clock.offsetMs += 10_000;
    for (const answer of [await service.request(own), await service.send(url)]) {
      const { type, detail } = (await answer.json()) as { type: string; detail: string };
      assert.match(type, /rendition-failed$/);
      assert.match(detail, /expected a ready image as watermark logo; got none/);
      assert.ok(!detail.includes(logo), 'the id is nobody’s business');
    }
    await bytesOf(await service.request(`/images/${photo}/renditions/plain`));

    assert.equal((await service.request(`/images/${logo}/restore`, { method: 'POST' })).status, 200);
    clock.offsetMs += 10_000;
    await bytesOf(await service.request(own));
    await bytesOf(await service.send(url));
  });
});
