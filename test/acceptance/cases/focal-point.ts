import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Image } from '../answers.ts';
import { type Api, json, newUser, putGood } from '../api.ts';
import { eventually } from '../eventually.ts';
import { animation, type Bytes, picture } from '../pictures.ts';
import { placeOf, requireNear, requirePlaces, see } from '../seen.ts';

const WIDE = { type: 'image/jpeg', width: 600, height: 200 } as const;
const SQUARE = { w: 100, h: 100, fit: 'cover', position: 'focal' } as const;

/** The third of a wide picture that begins at `left`, a fraction. */
const thirdFrom =
  (left: number) =>
  (x: number, y: number): readonly [number, number] => [left + x / 3, y];

export const describeFocalPoint = (api: Api): void => {
  const uploadWide = async (options: { readonly orientation?: number } = {}): Promise<Image> =>
    api.upload(newUser(), await picture({ ...WIDE, ...options }));
  const focus = (id: string, focal_point: object | null): Promise<Image> =>
    api.ask<Image>(`/images/${id}`, json({ focal_point }, {}, 'PATCH'));
  const linkTo = async (id: string, asked: object = SQUARE): Promise<string> => (await api.link(id, asked)).url;
  const rendered = async (id: string, asked: object, accept = '*/*'): Promise<Bytes> =>
    api.read(await linkTo(id, asked), { Accept: accept });

  describe("The image's revision and focal_point", () => {
    it('revision: a whole number that grows with each change, as the ETag begins and If-Match takes it', async () => {
      const { image_id, revision } = await uploadWide();
      assert.ok(Number.isInteger(revision));
      const changed = await focus(image_id, { x: 0.1, y: 0.2 });
      assert.equal(changed.revision, revision + 1);
      const response = await api.send(`/images/${image_id}/metadata`);
      assert.deepEqual(await response.json(), changed);
      assert.ok(response.headers.get('etag')?.startsWith(`"${changed.revision}.`));
      const at = (expected: number) => json({ description: 'x' }, { 'If-Match': `"${expected}"` }, 'PATCH');
      await api.refused('revision-conflict', `/images/${image_id}`, at(revision));
      const last = await api.ask<Image>(`/images/${image_id}`, at(changed.revision));
      assert.equal(last.revision, revision + 2);
    });

    it('focal_point: null at first, set by PATCH, cleared by null, and kept by other changes', async () => {
      const image = await uploadWide();
      assert.equal(image.focal_point, null);
      const point = { x: 0.25, y: 1 };
      assert.deepEqual((await focus(image.image_id, point)).focal_point, point);
      const described = await api.ask<Image>(`/images/${image.image_id}`, json({ description: 'x' }, {}, 'PATCH'));
      assert.deepEqual(described.focal_point, point);
      assert.deepEqual((await api.metadata(image.image_id)).focal_point, point);
      const { images } = await api.listOf({ user_id: image.user_id }, [image.image_id]);
      assert.deepEqual(images[0]?.focal_point, point);
      assert.equal((await focus(image.image_id, null)).focal_point, null);
      assert.equal((await api.metadata(image.image_id)).focal_point, null);
    });

    it('a focal point that was set while the image was pending stays', async () => {
      const grant = await api.grant({ user_id: newUser() });
      const point = { x: 0, y: 0.5 };
      assert.deepEqual((await focus(grant.image_id, point)).focal_point, point);
      await putGood(grant, await picture());
      const ready = await api.ask<Image>(`/images/${grant.image_id}/complete`, { method: 'POST' });
      assert.deepEqual([ready.status, ready.focal_point], ['ready', point]);
    });

    it('x and y are from 0 to 1, rounded to 4 decimals; anything else is 400', async () => {
      const { image_id } = await uploadWide();
      assert.deepEqual((await focus(image_id, { x: 0.12346, y: 1 / 3 })).focal_point, { x: 0.1235, y: 0.3333 });
      assert.deepEqual((await focus(image_id, { x: 0, y: 1 })).focal_point, { x: 0, y: 1 });
      const refuse = (body: string) => {
        const init = { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body };
        return api.refused(body.includes('NaN') ? 'malformed-body' : 'invalid-request', `/images/${image_id}`, init);
      };
      for (const point of [
        '{"x":-0.0001,"y":0}',
        '{"x":1.0001,"y":0}',
        '{"x":1e999,"y":0}',
        '{"x":NaN,"y":0}',
        '{"x":"0.5","y":"0.5"}',
        '{"x":null,"y":0}',
        '{"x":true,"y":0}',
        '{"x":0.5}',
        '{"x":0.5,"y":0.5,"z":0.5}',
        '{}',
        '[0.5,0.5]',
        '"0.5,0.5"',
        '0.5',
      ]) {
        await refuse(`{"focal_point":${point}}`);
      }
      const { errors = [] } = await refuse('{"focal_point":{"x":2,"y":0}}');
      assert.deepEqual(
        errors.map(({ pointer }) => pointer),
        ['/focal_point/x'],
      );
      assert.deepEqual((await api.metadata(image_id)).focal_point, { x: 0, y: 1 });
    });
  });

  describe('GET /images/{id}/render?position=focal', () => {
    it('crops around the focal point, as near as the edges let it; the centre without one', async () => {
      const { image_id } = await uploadWide();
      requirePlaces(await see(await rendered(image_id, SQUARE)), thirdFrom(1 / 3));
      for (const [x, left] of [
        [0.25, 0.25 - 1 / 6],
        [0.7, 0.7 - 1 / 6],
        [0, 0],
        [1, 2 / 3],
      ] as const) {
        await focus(image_id, { x, y: 0.5 });
        const seen = await see(await rendered(image_id, SQUARE));
        assert.deepEqual([seen.width, seen.height], [100, 100]);
        requirePlaces(seen, thirdFrom(left), `${x}`);
      }
    });

    it('a changed focal point gives another picture at once, by the same URL, and only then', async () => {
      const { image_id } = await uploadWide();
      const url = await linkTo(image_id);
      const answered = async (): Promise<{ tag: string | null; bytes: Bytes }> => {
        const response = await api.send(url);
        assert.equal(response.status, 200);
        return { tag: response.headers.get('etag'), bytes: new Uint8Array(await response.arrayBuffer()) };
      };
      const tags: (string | null)[] = [];
      for (const [x, left] of [
        [0.2, 0.2 - 1 / 6],
        [0.8, 0.8 - 1 / 6],
      ] as const) {
        await focus(image_id, { x, y: 0.5 });
        const { tag, bytes } = await answered();
        requirePlaces(await see(bytes), thirdFrom(left), `${x}`);
        await api.ask(`/images/${image_id}`, json({ description: `at ${x}` }, {}, 'PATCH'));
        assert.deepEqual(await answered(), { tag, bytes });
        tags.push(tag);
      }
      assert.notEqual(tags[0], tags[1]);
    });

    it('must be revalidated: a cache keeps no picture of a former focal point', async () => {
      const { image_id } = await uploadWide();
      const cacheControlOf = async (asked: object) => {
        const response = await api.send(await linkTo(image_id, asked), { redirect: 'manual' });
        await response.arrayBuffer();
        return response.headers.get('cache-control') ?? '';
      };
      assert.match(await cacheControlOf(SQUARE), /no-cache/);
      // A redirect is kept only as long as the store's URL stays the same, which may be no second.
      await eventually(async () =>
        assert.doesNotMatch(await cacheControlOf({ ...SQUARE, position: '0.5,0.5' }), /no-cache/),
      );
    });

    it('leaves the pictures and URLs of other positions and of presets as they were', async () => {
      const image = await uploadWide();
      const other = await linkTo(image.image_id, { ...SQUARE, position: '0.5,0.5' });
      const before = await api.read(other);
      const focused = await focus(image.image_id, { x: 0, y: 0 });
      assert.deepEqual(await api.read(other), before);
      assert.deepEqual(focused.renditions, image.renditions);
    });

    for (const [orientation, source] of [
      [3, (x: number, y: number) => [1 - x, 1 - y]],
      [6, (x: number, y: number) => [y, 1 - x]],
      [8, (x: number, y: number) => [1 - y, x]],
    ] as const) {
      it(`is a point of the image as seen, after EXIF orientation ${orientation}`, async () => {
        const { image_id, width, height } = await uploadWide({ orientation });
        const isTall = orientation > 4;
        assert.deepEqual([width, height], isTall ? [200, 600] : [600, 200]);
        await focus(image_id, isTall ? { x: 0.5, y: 0.2 } : { x: 0.2, y: 0.5 });
        const start = 0.2 - 1 / 6;
        requirePlaces(await see(await rendered(image_id, SQUARE)), (x, y) => {
          const [across = 0, down = 0] = isTall ? [x, start + y / 3] : [start + x / 3, y];
          const [storedX = 0, storedY = 0] = source(across, down);
          return [storedX, storedY];
        });
      });
    }

    it('moves with crop, rotate and flip; outside the crop the nearest edge is kept', async () => {
      const { image_id } = await uploadWide();
      await focus(image_id, { x: 0.25, y: 0.5 });
      for (const [asked, source] of [
        [{ flip: 'h' }, (x: number, y: number) => [0.25 + 1 / 6 - x / 3, y]],
        [{ rotate: 90 }, (x: number, y: number) => [0.25 - 1 / 6 + y / 3, 1 - x]],
        [{ crop: '0,0,300,200' }, (x: number, y: number) => [0.25 - 1 / 6 + x / 3, y]],
        [{ crop: '300,0,300,200' }, (x: number, y: number) => [0.5 + x / 3, y]],
      ] as const) {
        const seen = await see(await rendered(image_id, { ...SQUARE, ...asked }));
        requirePlaces(
          seen,
          (x, y) => {
            const [across = 0, down = 0] = source(x, y);
            return [across, down];
          },
          JSON.stringify(asked),
        );
      }
    });

    it('of an animation crops every frame alike, and a page of it', async () => {
      const { image_id } = await api.upload(newUser(), await animation('image/webp'));
      await focus(image_id, { x: 0.75, y: 0.5 });
      const asked = { w: 20, h: 40, fit: 'cover', position: 'focal' };
      const seen = await see(await rendered(image_id, asked, 'image/webp'));
      assert.deepEqual([seen.width, seen.height, seen.frames], [20, 40, 4]);
      const page = await see(await rendered(image_id, { ...asked, page: 2, format: 'png' }));
      for (const frame of [0, 1, 2, 3])
        requireNear(placeOf(seen.color(0.5, 0.5, frame)), [0.75, 0.5], 0.1, `frame ${frame}`);
      requireNear(placeOf(page.color(0.5, 0.5)), [0.75, 0.5], 0.1);
    });

    it('needs fit=cover; the bounds of a result hold: else 400', async () => {
      const { image_id } = await uploadWide();
      const refuse = (asked: object, field: string) =>
        api.refused('invalid-request', `/images/${image_id}/render-url`, json(asked), field);
      await refuse({ w: 100, h: 100, position: 'focal' }, 'position');
      await refuse({ w: 100, h: 100, fit: 'pad', position: 'focal' }, 'position');
      await refuse({ ...SQUARE, w: 4_097 }, 'w');
      await refuse({ w: 100, fit: 'cover', position: 'focal' }, 'fit');
    });
  });
};
