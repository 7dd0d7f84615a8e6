import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import type { Imaging } from '../../src/imaging/imaging.ts';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { json } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

/** A service with an image, and an action that runs when its next rendition was made and isn't stored yet. */
async function serviceWithImage() {
  let finish = async (): Promise<void> => undefined;
  const wrapImaging = (imaging: Imaging): Imaging => ({
    ...imaging,
    async render(...asked) {
      const made = await imaging.render(...asked);
      await finish();
      return made;
    },
  });
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await createSharingService({ overrides: { wrapImaging } }));
  const id = await uploadPicture(service, { type: 'image/jpeg', width: 600, height: 400 });
  const held = stack.move();
  return {
    service,
    id,
    beforeStoring(action: () => Promise<void>) {
      finish = action;
    },
    renditions: async () => (await service.storedFiles()).filter((path) => path.includes('/renditions/')),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function requireNotFound(answer: Response): Promise<void> {
  const { code } = (await answer.json()) as { code: string };
  assert.deepEqual([answer.status, code], [404, 'image-not-found']);
}

it('a rendition that is stored just after its image was deleted is removed immediately', async () => {
  await using stored = await serviceWithImage();
  const { service, id } = stored;
  stored.beforeStoring(async () => {
    const answer = await service.request(`/images/${id}`, { method: 'DELETE' });
    assert.equal(answer.status, 200, await answer.text());
    assert.deepEqual(await stored.renditions(), [], 'expected no rendition that the delete could find');
  });
  await requireNotFound(await service.request(`/images/${id}/renditions/thumb`));
  assert.deepEqual(await stored.renditions(), []);
});

it('a free rendition that is stored just after its image was trashed is removed immediately, others stay', async () => {
  await using stored = await serviceWithImage();
  const { service, id } = stored;
  assert.equal((await service.request(`/images/${id}/renditions/thumb`)).status, 200);
  const [thumb, ...others] = await stored.renditions();
  assert.ok(thumb && others.length === 0);
  const signed = await service.request(`/images/${id}/render-url`, json({ w: 8 }));
  const { url } = (await signed.json()) as { url: string };
  stored.beforeStoring(async () => {
    const answer = await service.request(`/images/${id}/trash`, { method: 'POST' });
    assert.equal(answer.status, 200, await answer.text());
  });
  await requireNotFound(await service.send(url));
  assert.deepEqual(await stored.renditions(), [thumb]);

  stored.beforeStoring(async () => undefined);
  assert.equal((await service.request(`/images/${id}/restore`, { method: 'POST' })).status, 200);
  assert.equal((await service.send(url)).status, 200);
  const record = await service.services.images.get(id as ImageId);
  assert.ok(record?.status === 'ready' && record.maintainAt !== null, 'the removal of the free rendition is scheduled');
});
