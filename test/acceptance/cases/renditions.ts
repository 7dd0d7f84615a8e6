import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Image, Purge, RenditionDownload } from '../answers.ts';
import { type Api, newUser, putGood } from '../api.ts';
import { eventually } from '../eventually.ts';
import { halfTransparent, picture } from '../pictures.ts';
import { see } from '../seen.ts';

/** The longest side of each default preset. */
const PRESETS = { thumb: 256, tile: 384, small: 512, medium: 1024, large: 2048 } as const;

const BROWSER = 'image/avif,image/webp,image/apng,*/*;q=0.8';
const WEBP = 'image/webp,*/*';

export const describeRenditions = (api: Api): void => {
  const uploaded = async (options: Parameters<typeof picture>[0] = {}, user = newUser()): Promise<Image> => {
    const type = options.type ?? 'image/jpeg';
    return api.upload(user, await picture({ width: 300, height: 200, ...options, type }));
  };
  const at = ({ image_id }: Image, preset: string): string => `/images/${image_id}/renditions/${preset}`;
  const typeOf = async (path: string, headers: Record<string, string>): Promise<string | null> => {
    const response = await api.send(path, { headers });
    await response.arrayBuffer();
    assert.equal(response.status, 200);
    return response.headers.get('content-type');
  };
  const answered = async (path: string): Promise<Response> => {
    const response = await api.send(path);
    await response.arrayBuffer();
    return response;
  };

  describe('GET /images/{id}/renditions/{preset}', () => {
    it('is linked for each preset in the JSON of a ready image, and not in that of a pending image', async () => {
      const user = newUser();
      const image = await uploaded({}, user);
      assert.deepEqual(Object.keys(image.renditions ?? {}), Object.keys(PRESETS));
      for (const [preset, url] of Object.entries(image.renditions ?? {})) {
        assert.ok(url.startsWith(`${new URL(url).origin}${at(image, preset)}?v=`), url);
        assert.match((await see(await api.read(url))).format, /^(jpeg|png)$/);
      }
      const { images } = await api.listOf({ user_id: user }, [image.image_id]);
      assert.deepEqual(images[0]?.renditions, image.renditions);
      const { image_id } = await api.grant({ user_id: user });
      assert.equal((await api.metadata(image_id)).renditions, null);
    });

    for (const [preset, side] of Object.entries(PRESETS)) {
      it(`fits ${preset} of wide and tall images inside ${side} x ${side}`, async () => {
        for (const [width, height] of [
          [2_400, 1_200],
          [1_100, 2_200],
        ] as const) {
          const { renditions } = await uploaded({ width, height });
          const seen = await see(await api.read(renditions?.[preset] ?? ''));
          const factor = side / Math.max(width, height);
          const expected = [width, height].map((one) => Math.round(one * factor));
          assert.deepEqual([seen.width, seen.height], expected);
        }
      });
    }

    it('does not enlarge an image', async () => {
      const image = await uploaded({ width: 40, height: 24 });
      for (const preset of Object.keys(PRESETS)) {
        const seen = await see(await api.read(at(image, preset)));
        assert.deepEqual([seen.width, seen.height], [40, 24]);
      }
    });

    it('chooses the format by Accept: AVIF for small results, else WebP, else JPEG for a JPEG', async () => {
      const image = await uploaded({ width: 1_200, height: 900 });
      for (const [accept, thumb, large] of [
        [BROWSER, 'image/avif', 'image/webp'],
        [WEBP, 'image/webp', 'image/webp'],
        ['image/avif', 'image/avif', 'image/jpeg'],
        ['*/*', 'image/jpeg', 'image/jpeg'],
        ['image/*', 'image/jpeg', 'image/jpeg'],
        ['image/avif;q=0, image/webp;q=0, */*', 'image/jpeg', 'image/jpeg'],
        ['image/avif;q=0, image/webp;q=0.5', 'image/webp', 'image/webp'],
      ] as const) {
        const types = [
          await typeOf(at(image, 'thumb'), { Accept: accept }),
          await typeOf(at(image, 'large'), { Accept: accept }),
        ];
        assert.deepEqual(types, [thumb, large], accept);
      }
    });

    it('falls back to PNG for PNG, GIF and transparent originals, and else to JPEG', async () => {
      for (const [type, expected] of [
        ['image/png', 'image/png'],
        ['image/gif', 'image/png'],
        ['image/webp', 'image/jpeg'],
        ['image/avif', 'image/jpeg'],
      ] as const) {
        assert.equal(await typeOf(at(await uploaded({ type }), 'thumb'), { Accept: '*/*' }), expected, type);
      }
      const transparent = await api.upload(newUser(), await halfTransparent('#cc2244', 'webp'));
      assert.equal(await typeOf(at(transparent, 'thumb'), { Accept: '*/*' }), 'image/png');
    });

    it('answers Vary: Accept', async () => {
      const answer = await api.send(at(await uploaded(), 'thumb'), { redirect: 'manual' });
      await answer.arrayBuffer();
      assert.match(answer.headers.get('vary') ?? '', /\bAccept\b/);
    });

    it('answers concurrent and repeated requests with the same bytes', async () => {
      const image = await uploaded({ width: 800, height: 600 });
      const all = await Promise.all(Array.from({ length: 8 }, () => api.read(at(image, 'medium'))));
      for (const bytes of [...all, await api.read(at(image, 'medium'))]) assert.deepEqual(bytes, all[0]);
    });

    it('refuses an unknown preset with 404 and lists the presets', async () => {
      const image = await uploaded();
      for (const preset of ['tiny', 'THUMB', 'constructor', '%00']) {
        const { detail } = await api.refused('unknown-preset', at(image, preset));
        assert.match(detail, /thumb, tile, small, medium, large/);
      }
    });

    it('answers 409 for a pending image, and 404 for an unknown or deleted image', async () => {
      const pending = await api.grant({ user_id: newUser() });
      await api.refused('image-not-ready', `/images/${pending.image_id}/renditions/thumb`);
      await putGood(pending, await picture());
      await api.read(`/images/${pending.image_id}/renditions/thumb`);

      const image = await uploaded();
      await api.read(at(image, 'thumb'));
      await api.ask(`/images/${image.image_id}`, { method: 'DELETE' });
      for (const id of [image.image_id, crypto.randomUUID(), 'no-id']) {
        for (const query of ['', '/download']) {
          await api.refused('image-not-found', `/images/${id}/renditions/thumb${query}`);
        }
        await api.refused('image-not-found', `/images/${id}/renditions/large`);
      }
    });

    it('refuses a disposition other than attachment or inline, a repeated one, or an unknown parameter, with 400', async () => {
      const download = `${at(await uploaded(), 'thumb')}/download`;
      await api.refused('invalid-request', `${download}?disposition=x`, {}, 'disposition');
      await api.refused('invalid-request', `${download}?disposition=inline&disposition=inline`, {}, 'disposition');
      await api.refused('invalid-request', `${download}?w=5`, {}, 'w');
      await api.refused('invalid-request', download.replace('/download', '?download=true'), {}, 'download');
    });
  });

  describe('DELETE of renditions', () => {
    const all = ({ image_id }: Pick<Image, 'image_id'>): string => `/images/${image_id}/renditions`;
    const purge = (path: string, headers: Record<string, string> = {}) =>
      api.ask<Purge>(path, { method: 'DELETE', headers });
    /** Two presets in three formats each. */
    const made = async (user = newUser()): Promise<Image> => {
      const image = await uploaded({ width: 400, height: 300 }, user);
      for (const accept of ['*/*', WEBP, BROWSER]) {
        for (const preset of ['thumb', 'medium']) await api.read(at(image, preset), { Accept: accept });
      }
      return image;
    };

    it('removes one preset in all formats and keeps the other preset', async () => {
      const image = await made();
      const { image_id } = image;
      assert.deepEqual(await purge(at(image, 'thumb')), { image_id, removed: 3 });
      assert.deepEqual(await purge(at(image, 'thumb')), { image_id, removed: 0 });
      assert.deepEqual(await purge(at(image, 'medium')), { image_id, removed: 3 });
    });

    it('removes all presets and free renditions, for the owner, and without a user for a caller that may act for everyone', async () => {
      const user = newUser();
      const { image_id } = await made(user);
      await api.read((await api.link(image_id, { w: 20 })).url);
      assert.deepEqual(await purge(`${all({ image_id })}?user_id=${user}`), { image_id, removed: 7 });
      assert.deepEqual(await purge(all({ image_id }), { 'X-User-Id': user }), { image_id, removed: 0 });
      assert.deepEqual(await purge(all({ image_id })), { image_id, removed: 0 });
    });

    it('removes the objects, and a later request renders the same bytes again', async () => {
      const image = await made();
      const presigned = () => api.ask<RenditionDownload>(`${at(image, 'thumb')}/download`);
      const { download_url } = await presigned();
      const before = await api.read(download_url);
      for (let time = 0; time < 4; time++) await api.read(at(image, 'thumb')); // so that every process has it in its cache
      await purge(at(image, 'thumb'));
      await eventually(async () => {
        const { status } = await answered(download_url);
        assert.ok(status === 404 || status === 403, `expected 403 or 404; got ${status}`);
      });
      for (let time = 0; time < 3; time++) {
        assert.deepEqual(await api.read((await presigned()).download_url), before);
        assert.deepEqual(await api.read(at(image, 'thumb')), before);
      }
      await api.read(`/images/${image.image_id}`);
    });

    it('removes 64 renditions after 67 free renditions of an image, or a few more that other processes stored', async () => {
      const image = await uploaded({ type: 'image/png', width: 90, height: 8 });
      const urls: string[] = [];
      for (let w = 1; w <= 67; w++) urls.push((await api.link(image.image_id, { w })).url);
      for (const url of urls) await api.read(url);
      const { removed } = await purge(all(image));
      assert.ok(removed >= 64 && removed <= urls.length, `${removed} removed`); // a process lists them once a minute
      await api.read(urls[0] ?? '');
    });

    it('changes the ETag of the image; a render does not', async () => {
      const { image_id } = await uploaded();
      const told = async (): Promise<[string | null, Image]> => {
        const response = await api.send(`/images/${image_id}/metadata`);
        return [response.headers.get('etag'), (await response.json()) as Image];
      };
      const before = await told();
      await api.read(`/images/${image_id}/renditions/thumb`);
      await api.read((await api.link(image_id, { w: 21 })).url);
      assert.deepEqual(await told(), before);
      await purge(all({ image_id }));
      const [entityTag, purged] = await told();
      assert.notEqual(entityTag, before[0]);
      const { updated_at, revision, ...changed } = purged as Image;
      assert.deepEqual({ ...before[1], ...changed }, before[1]);
      assert.ok(updated_at >= before[1].updated_at);
      assert.equal(revision, before[1].revision + 1);
    });

    it(`answers ${api.isOpen ? 403 : 404} to another user and removes nothing`, async () => {
      const image = await made();
      const other = newUser();
      for (const path of [all(image), at(image, 'thumb')]) {
        await api.refused(api.notOwner, path, { method: 'DELETE', headers: { 'X-User-Id': other } });
        await api.refused(api.notOwner, `${path}?user_id=${other}`, { method: 'DELETE' });
      }
      assert.equal((await purge(all(image))).removed, 6);
    });

    it('answers 404 for an unknown preset or a deleted image, and 409 for a pending image', async () => {
      const image = await uploaded();
      await api.refused('unknown-preset', at(image, 'tiny'), { method: 'DELETE' });
      await api.ask(`/images/${image.image_id}`, { method: 'DELETE' });
      const pending = await api.grant({ user_id: newUser() });
      for (const path of ['', '/thumb']) {
        await api.refused('image-not-found', `${all(image)}${path}`, { method: 'DELETE' });
        await api.refused('image-not-ready', `${all(pending)}${path}`, { method: 'DELETE' });
      }
    });
  });

  describe('DELETE of an image', () => {
    it('removes its renditions, also for presigned URLs and signed links from before', async () => {
      const image = await uploaded();
      const { url } = await api.link(image.image_id, { w: 30, format: 'png' });
      await api.read(url);
      const { download_url } = await api.ask<RenditionDownload>(`${at(image, 'thumb')}/download`);
      await api.read(download_url);
      await api.ask(`/images/${image.image_id}`, { method: 'DELETE' });
      await api.refused('image-not-found', url);
      for (const rendition of Object.values(image.renditions ?? {})) await api.refused('image-not-found', rendition);
      await eventually(async () => {
        const { status } = await answered(download_url);
        assert.ok(status === 404 || status === 403, `expected 403 or 404; got ${status}`);
      });
    });
  });
};
