import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Grant, Image, RenditionDownload, ShareLink, UploadToken, Usage } from '../answers.ts';
import { type Api, ids, json, newUser, putGood, requireProblem } from '../api.ts';
import { picture } from '../pictures.ts';

const POST: RequestInit = { method: 'POST' };

/**
 * What one user does with its own images: these cases alone run with a user's own credential, beside other users'
 * images.
 */
export const describeOwn = (api: Api): void => {
  const user = api.asUser ?? newUser();
  const upload = async (tag = crypto.randomUUID()): Promise<Image> =>
    api.upload(user, await picture(), { tags: [tag] });

  describe("A user's own images", () => {
    it('are uploaded by a grant, completed and read', async () => {
      const bytes = await picture();
      const grant = await api.grant({ user_id: user });
      await putGood(grant, bytes);
      const image = await api.ask<Image>(`/images/${grant.image_id}/complete`, POST);
      assert.deepEqual([image.status, image.user_id], ['ready', user]);
      assert.deepEqual(await api.read(`/images/${image.image_id}/original`), bytes);
    });

    it('are listed, and only they', async () => {
      const image = await upload();
      const page = await api.list({ user_id: user, limit: 100 });
      assert.ok(ids(page.images).includes(image.image_id) || page.next_cursor !== null);
      for (const one of page.images) assert.equal(one.user_id, user);
    });

    it('are found by their tag', async () => {
      const tag = crypto.randomUUID();
      const image = await upload(tag);
      await api.listOf({ user_id: user, tag }, [image.image_id]);
    });

    it('have metadata that their user changes', async () => {
      const { image_id } = await upload();
      const changed = await api.ask<Image>(`/images/${image_id}`, json({ description: 'mine' }, {}, 'PATCH'));
      assert.deepEqual([changed.description, (await api.metadata(image_id)).description], ['mine', 'mine']);
    });

    it('have downloads, renditions and signed renders', async () => {
      const { image_id } = await upload();
      const { download_url } = await api.ask<{ download_url: string }>(`/images/${image_id}/download`);
      const thumb = await api.ask<RenditionDownload>(`/images/${image_id}/renditions/thumb/download`);
      const { url } = await api.link(image_id, { w: 10 });
      for (const one of [download_url, thumb.download_url, url, `/images/${image_id}/renditions/thumb`])
        assert.ok((await api.read(one)).length > 0);
    });

    it('are shared by links, until all are revoked', async () => {
      const { image_id } = await upload();
      const { url } = await api.ask<ShareLink>(`/images/${image_id}/links`, json({ what: 'original' }));
      assert.equal((await api.anonymously(url)).status, 200);
      await api.ask(`/images/${image_id}/revoke-links`, POST);
      await requireProblem(await api.anonymously(url), 'link-not-found');
    });

    it('go to the trash and come back', async () => {
      const { image_id } = await upload();
      await api.ask(`/images/${image_id}/trash`, POST);
      await api.refused('image-not-found', `/images/${image_id}/metadata`);
      assert.equal((await api.ask<Image>(`/images/${image_id}/restore`, POST)).status, 'ready');
    });

    it('are deleted, alone and in a batch', async () => {
      const [one, two] = [await upload(), await upload()];
      await api.ask(`/images/${one.image_id}`, { method: 'DELETE' });
      const batch = { image_ids: [one.image_id, two.image_id, crypto.randomUUID()] };
      const { count } = await api.ask<{ count: number }>('/images/delete', json(batch));
      assert.equal(count, 1);
      for (const { image_id } of [one, two]) await api.refused('image-not-found', `/images/${image_id}/metadata`);
    });
  });

  if (api.asUser === undefined) return;
  describe("A user's own credential", () => {
    it('names its user without being asked', async () => {
      const grant = await api.grant({});
      assert.equal((await api.metadata(grant.image_id)).user_id, user);
      for (const { user_id } of (await api.list({ limit: 100 })).images) assert.equal(user_id, user);
    });

    it('may name no other user', async () => {
      const other = newUser();
      await api.refused('forbidden', `/images?user_id=${other}`);
      await api.refused('forbidden', '/images/upload', json({ content_type: 'image/png', user_id: other }));
      await api.refused(
        'forbidden',
        '/images/uploads',
        json({ uploads: [{ content_type: 'image/png', user_id: other }] }),
      );
      await api.refused('forbidden', '/images', { headers: { 'X-User-Id': other } });
      await api.refused('forbidden', `/images/${crypto.randomUUID()}/metadata`, { headers: { 'X-User-Id': other } });
      const { image_id } = await upload();
      await api.refused('forbidden', `/images/${image_id}?user_id=${other}`, { method: 'DELETE' });
      assert.equal((await api.metadata(image_id)).status, 'ready');
    });

    it('reads the usage of its user without naming it, and of nobody else', {
      skip: !api.countsUsage && 'usage is not counted',
    }, async () => {
      const usage = await api.ask<Usage>('/usage');
      assert.equal(usage.user_id, user);
      assert.ok(usage.images + usage.pending > 0);
      await api.refused('forbidden', `/usage?user_id=${newUser()}`);
    });

    it('mints upload tokens for its user without naming it, and for nobody else', async () => {
      const minted = await api.ask<UploadToken>('/upload-tokens', json({}));
      assert.equal(minted.user_id, user);
      assert.equal((await api.ask<UploadToken>('/upload-tokens', json({ user_id: user }))).user_id, user);
      const headers = { Authorization: `Bearer ${minted.token}` };
      const { image_id } = await api.ask<Grant>('/uploads', json({ content_type: 'image/png' }, headers));
      assert.equal((await api.metadata(image_id)).user_id, user);
      await api.refused('forbidden', '/upload-tokens', json({ user_id: newUser() }));
    });

    it('gets no grant of a batch in which one item names another user', async () => {
      const tag = crypto.randomUUID();
      const item = { content_type: 'image/png', tags: [tag] };
      const uploads = [item, { ...item, user_id: user }, { ...item, user_id: newUser() }, item];
      await api.refused('forbidden', '/images/uploads', json({ uploads }));
      const pending = await api.pages({ user_id: user, status: 'pending', limit: 100 });
      for (const { images } of pending) assert.ok(images.every(({ tags }) => !tags.includes(tag)));
    });
  });
};
