import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Image, Problem } from '../../../../test/acceptance/answers.ts';
import { connect, ids, json, newUser } from '../../../../test/acceptance/api.ts';
import { FORMS } from '../../../../test/acceptance/forms.ts';
import { picture } from '../../../../test/acceptance/pictures.ts';
import { startService } from '../services/running-service.ts';

const POST: RequestInit = { method: 'POST' };
const PETABYTE = 1_000_000_000_000_000;

const folder = await mkdtemp(join(tmpdir(), 'safelight-full-'));
after(() => rm(folder, { recursive: true, force: true }));

const user = newUser();
const bytes = await picture();

/** From the time when the disk had space. */
const [read, trashed, restored, deleted] = await (async () => {
  await using service = await startService({}, folder);
  const api = await connect(service.origin);
  const upload = (): Promise<Image> => api.upload(user, bytes);
  return [await upload(), await upload(), await upload(), await upload()];
})();

const service = await startService({ MIN_FREE_BYTES: String(PETABYTE) }, folder);
after(() => service[Symbol.asyncDispose]());
const api = await connect(service.origin);

describe('A service whose disk is at its reserve', () => {
  it('answers 507 insufficient-storage to grants and uploads in every form, also in batches, and keeps nothing', async () => {
    const other = newUser();
    for (const sending of Object.values(FORMS))
      await api.refused('insufficient-storage', ...sending({ user: other, bytes }));
    const batch = json({ uploads: [{ user_id: other, content_type: 'image/png' }] });
    const { results } = await api.ask<{ results: { error?: Problem }[] }>('/images/uploads', batch);
    assert.equal(results[0]?.error?.code, 'insufficient-storage');
    assert.deepEqual(ids((await api.list({ user_id: other })).images), []);
  });

  it('answers 507 insufficient-storage to links', async () => {
    await api.refused('insufficient-storage', `/images/${read.image_id}/links`, json({ what: 'original' }));
  });

  it('is ready, and names disk-space as degraded', async () => {
    assert.deepEqual(await api.ask('/readyz'), { status: 'degraded', parts: ['disk-space'] });
  });

  it('serves originals, renditions and renders, and lists', async () => {
    assert.deepEqual(await api.read(`/images/${read.image_id}/original`), bytes);
    assert.ok((await api.read(`/images/${read.image_id}/renditions/thumb`)).length > 0);
    assert.ok((await api.read((await api.link(read.image_id, { w: 11 })).url)).length > 0);
    assert.ok(ids((await api.list({ user_id: user })).images).includes(read.image_id));
  });

  it('changes the visibility of an image, and ends its signed URLs', async () => {
    const { visibility } = await api.ask<Image>(
      `/images/${read.image_id}`,
      json({ visibility: 'public' }, {}, 'PATCH'),
    );
    assert.equal(visibility, 'public');
    await api.ask(`/images/${read.image_id}/revoke-links`, POST);
  });

  it('moves images to the trash and back, and deletes them', async () => {
    for (const { image_id } of [trashed, restored]) await api.ask(`/images/${image_id}/trash`, POST);
    await api.ask(`/images/${restored.image_id}/restore`, POST);
    assert.equal((await api.metadata(restored.image_id)).status, 'ready');
    for (const { image_id } of [trashed, deleted]) {
      await api.ask(`/images/${image_id}`, { method: 'DELETE' });
      await api.refused('image-not-found', `/images/${image_id}`);
    }
  });
});
