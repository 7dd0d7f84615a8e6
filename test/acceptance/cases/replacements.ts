import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Grant, Image } from '../answers.ts';
import { type Api, json, newUser } from '../api.ts';
import { HTML, picture } from '../pictures.ts';

const sha256Of = (bytes: Uint8Array): string => hash('sha256', bytes);

/** Other bytes for an image that is there. */
export const describeReplacements = (api: Api): void => {
  const grant = (user: string, image_id: string): Promise<Grant> =>
    api.ask('/uploads', json({ user_id: user, content_type: 'image/webp', replaces: image_id }));
  const complete = (id: string) => api.send(`/images/${id}/complete`, { method: 'POST' });

  describe('A replacement', () => {
    it('by a presigned URL keeps the image and what was said about it, and changes its bytes', async () => {
      const user = newUser();
      const before = await api.upload(user, await picture(), { tags: ['sea'], filename: 'first.jpg' });
      const bytes = await picture({ type: 'image/webp', width: 30, height: 50 });
      const granted = await grant(user, before.image_id);
      assert.notEqual(granted.image_id, before.image_id);
      const { upload_url, headers } = granted;
      assert.ok((await api.send(upload_url ?? '', { method: 'PUT', headers, body: bytes })).ok);
      const after = (await (await complete(granted.image_id)).json()) as Image;
      assert.deepEqual(
        [after.image_id, after.tags, after.filename, after.created_at],
        [before.image_id, ['sea'], 'first.jpg', before.created_at],
      );
      assert.deepEqual(
        [after.content_type, after.width, after.height, after.sha256],
        ['image/webp', 30, 50, sha256Of(bytes)],
      );
      assert.deepEqual(await api.read(`/images/${before.image_id}/original`), bytes);
      assert.deepEqual(
        (await api.list({ user_id: user })).images.map(({ image_id }) => image_id),
        [before.image_id],
      );
    });

    it('in one request answers the image; refused bytes change nothing', async () => {
      const user = newUser();
      const { image_id, revision } = await api.upload(user, await picture());
      const path = `/images/${image_id}/content`;
      const bytes = await picture({ width: 20, height: 20 });
      const headers = { 'Content-Type': 'image/png', 'If-Match': `"${revision}"` };
      const after = await api.ask<Image>(path, { method: 'PUT', body: bytes, headers });
      assert.deepEqual([after.image_id, after.sha256], [image_id, sha256Of(bytes)]);
      await api.refused('revision-conflict', path, { method: 'PUT', body: bytes, headers });
      const page = { method: 'PUT', body: HTML, headers: { 'Content-Type': 'image/png' } };
      await api.refused('unsupported-type', path, page);
      assert.deepEqual(await api.read(`/images/${image_id}/original`), bytes);
    });

    it('is refused if another one came first', async () => {
      const user = newUser();
      const { image_id } = await api.upload(user, await picture());
      const granted = await grant(user, image_id);
      const bytes = await picture({ width: 21, height: 20 });
      await api.ask(`/images/${image_id}/content`, {
        method: 'PUT',
        body: bytes,
        headers: { 'Content-Type': 'image/png' },
      });
      const { upload_url, headers } = granted;
      const late = await picture({ type: 'image/webp', width: 22, height: 20 });
      await api.send(upload_url ?? '', { method: 'PUT', headers, body: late });
      await api.refused('revision-conflict', `/images/${granted.image_id}/complete`, { method: 'POST' });
      assert.deepEqual(await api.read(`/images/${image_id}/original`), bytes);
    });

    it('of an image by its external id makes an avatar one request', async () => {
      const user = newUser();
      const send = async (bytes: Uint8Array<ArrayBuffer>): Promise<Image> => {
        const form = new FormData();
        const fields = { user_id: user, external_id: 'avatar', if_exists: 'replace' };
        for (const [name, value] of Object.entries(fields)) form.set(name, value);
        form.set('file', new File([bytes], 'a.png', { type: 'image/png' }));
        return api.ask('/images', { method: 'POST', body: form });
      };
      const first = await send(await picture());
      const bytes = await picture({ width: 23, height: 20 });
      const second = await send(bytes);
      assert.deepEqual([second.image_id, second.sha256], [first.image_id, sha256Of(bytes)]);
    });
  });
};
