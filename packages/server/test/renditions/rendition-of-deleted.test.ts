import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Imaging } from '../../src/imaging/imaging.ts';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { createTestService } from '../services/service.ts';

it('a rendition that is stored just after its image was deleted is removed immediately', async () => {
  let finish = async (): Promise<void> => undefined;
  const wrapImaging = (imaging: Imaging): Imaging => ({
    ...imaging,
    async render(...asked) {
      const made = await imaging.render(...asked);
      await finish();
      return made;
    },
  });
  await using service = await createTestService({ overrides: { wrapImaging } });
  const id = await uploadPicture(service, { type: 'image/jpeg', width: 600, height: 400 });
  finish = async () => {
    const answer = await service.request(`/images/${id}`, { method: 'DELETE' });
    assert.equal(answer.status, 200, await answer.text());
    assert.deepEqual(await renditions(), [], 'expected no rendition that the delete could find');
  };
  const renditions = async () => (await service.storedFiles()).filter((path) => path.includes('/renditions/'));

  const answer = await service.request(`/images/${id}/renditions/thumb`);
  const { code } = (await answer.json()) as { code: string };
  assert.deepEqual([answer.status, code], [404, 'image-not-found']);
  assert.deepEqual(await renditions(), []);
});
