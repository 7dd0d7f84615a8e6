import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import type { Purge, RenditionDownload } from '../answers.ts';
import { type Api, bodyOf, newUser } from '../api.ts';
import { eventually } from '../eventually.ts';
import { animation, type Bytes, bytesOf, halfTransparent, picture, SECRET, TYPES, talkative } from '../pictures.ts';
import { described, requireNear, requirePlaces, see } from '../seen.ts';

const COLOR = '#dc3c28';
const SRGB = [0xdc, 0x3c, 0x28, 255] as const;

export const describeFullSizeJpeg = (api: Api): void => {
  const at = (id: string, query = ''): string => `/images/${id}/download?format=jpeg${query}`;
  const ask = (id: string, query = '') => api.ask<RenditionDownload>(at(id, query));
  const upload = async (bytes: Bytes, filename?: string): Promise<string> =>
    (await api.upload(newUser(), bytes, { ...(filename && { filename }) })).image_id;
  const jpegOf = async (bytes: Bytes): Promise<Bytes> => api.read((await ask(await upload(bytes))).download_url);
  const keyOf = ({ download_url }: RenditionDownload): string => new URL(download_url).pathname;

  describe('GET /images/{id}/download?format=jpeg', () => {
    for (const type of TYPES)
      it(`answers the URL of a JPEG as large as the ${type} that was uploaded, with its type and size`, async () => {
        const id = await upload(await picture({ type, width: 301, height: 203 }), 'Été.old.x');
        const answer = await ask(id);
        assert.deepEqual(Object.keys(answer).toSorted(), ['content_type', 'download_url', 'expires_at', 'size']);
        assert.ok(Date.parse(answer.expires_at) > Date.now() - 60_000, answer.expires_at);
        const response = await api.send(answer.download_url);
        const bytes = await bodyOf(response);
        assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'image/jpeg']);
        assert.match(response.headers.get('content-disposition') ?? '', /^attachment;.*%C3%89t%C3%A9\.old\.jpg/);
        assert.deepEqual([answer.content_type, answer.size], ['image/jpeg', bytes.length]);
        const seen = await see(bytes);
        assert.deepEqual([seen.format, seen.width, seen.height], ['jpeg', 301, 203]);
        requirePlaces(seen, (x, y) => [x, y], type);
      });

    it('has more than 4,096 pixels a side if the original has', async () => {
      const { width, height } = await described(await jpegOf(await picture({ width: 4_500, height: 30 })));
      assert.deepEqual([width, height], [4_500, 30]);
    });

    for (const [orientation, source] of [
      [3, (x: number, y: number) => [1 - x, 1 - y] as const],
      [6, (x: number, y: number) => [y, 1 - x] as const],
    ] as const)
      it(`is upright for EXIF orientation ${orientation}, of a JPEG too`, async () => {
        const bytes = await jpegOf(await picture({ type: 'image/jpeg', width: 400, height: 200, orientation }));
        assert.equal((await described(bytes)).orientation, undefined);
        const seen = await see(bytes);
        assert.deepEqual([seen.width, seen.height], orientation === 6 ? [200, 400] : [400, 200]);
        requirePlaces(seen, source);
      });

    it('is sRGB, without the metadata of the original and without a profile', async () => {
      for (const type of ['image/jpeg', 'image/png', 'image/webp', 'image/avif'] as const) {
        const bytes = await jpegOf(await talkative(type, COLOR));
        assert.ok(!Buffer.from(bytes).includes(SECRET), type);
        const { exif, icc, xmp, iptc, space } = await described(bytes);
        assert.deepEqual([exif, icc, xmp, iptc, space], [undefined, undefined, undefined, undefined, 'srgb'], type);
        requireNear((await see(bytes)).mean, SRGB, 9, type);
      }
    });

    it('is white where the original is transparent', async () => {
      const seen = await see(await jpegOf(await halfTransparent(COLOR)));
      requireNear(seen.color(0.2, 0.5), [255, 255, 255, 255], 4);
      requireNear(seen.color(0.8, 0.5), SRGB, 9);
    });

    it('is the first frame of an animation', async () => {
      for (const type of ['image/gif', 'image/webp'] as const) {
        const film = await animation(type);
        const seen = await see(await jpegOf(film));
        assert.deepEqual([seen.width, seen.height, seen.frames], [60, 40, 1], type);
        requireNear(seen.mean, (await see(bytesOf(await sharp(film).png().toBuffer()))).mean, 9, type);
      }
    });

    it('is made once: later requests get the same object, with the disposition that they name', async () => {
      const id = await upload(await picture({ type: 'image/png', width: 640, height: 480 }));
      const all = await Promise.all([ask(id), ask(id), ask(id), ask(id)]);
      const shown = await ask(id, '&disposition=inline');
      assert.equal(new Set([...all, shown].map(keyOf)).size, 1);
      const bytes = await api.read(shown.download_url);
      for (const { download_url, size } of all) {
        assert.equal(size, bytes.length);
        assert.deepEqual(await api.read(download_url), bytes);
      }
      const { headers } = await api.send(shown.download_url);
      assert.match(headers.get('content-disposition') ?? '', /^inline;/);
    });

    it('is a rendition: a purge removes it, and the next request makes it again', async () => {
      const id = await upload(await picture());
      const made = await ask(id);
      const { removed } = await api.ask<Purge>(`/images/${id}/renditions`, { method: 'DELETE' });
      assert.equal(removed, 1);
      const again = await ask(id);
      assert.equal(keyOf(again), keyOf(made));
      await api.read(again.download_url);
    });

    it('is 404 for an image of another user, one in the trash, a deleted one and an unknown one', async () => {
      const id = await upload(await picture());
      if (api.asUser === undefined) await api.refused('image-not-found', at(id, `&user_id=${newUser()}`));
      const { download_url } = await ask(id);
      if (api.trashDays > 0) {
        await api.ask(`/images/${id}/trash`, { method: 'POST' });
        await api.refused('image-not-found', at(id));
        await api.ask(`/images/${id}/restore`, { method: 'POST' });
        await api.read((await ask(id)).download_url);
      }
      await api.ask(`/images/${id}`, { method: 'DELETE' });
      for (const gone of [id, crypto.randomUUID(), 'no-id']) await api.refused('image-not-found', at(gone));
      await eventually(async () => {
        const response = await api.send(download_url);
        await response.arrayBuffer();
        assert.ok(response.status === 404 || response.status === 403, `expected 403 or 404; got ${response.status}`);
      });
    });

    it('refuses another format, or two, with 400, and names the one that there is', async () => {
      const id = await upload(await picture());
      for (const format of ['png', 'webp', 'avif', 'auto', 'JPEG', 'jpg', 'jpeg&format=jpeg']) {
        const { detail } = await api.refused(
          'invalid-request',
          `/images/${id}/download?format=${format}`,
          {},
          'format',
        );
        assert.match(detail, /expected jpeg; got/);
      }
      await api.refused('invalid-request', at(id, '&disposition=x'), {}, 'disposition');
    });
  });
};
