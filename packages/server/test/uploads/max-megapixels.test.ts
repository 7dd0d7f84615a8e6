import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type TestImage, testImage } from '../../../../test/pictures/test-images.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { createTestService, post } from '../services/service.ts';

const PNG: TestImage = { type: 'image/png', width: 120, height: 80 };
const LIMIT = { MAX_MEGAPIXELS: 'png=0.0095, jpeg=0.0096' };

describe('a service with MAX_MEGAPIXELS', () => {
  it('refuses uploads over it, and still serves what was ready before', async () => {
    await using folder = await temporaryFolder();
    let id: string;
    {
      await using before = await createTestService({ folder: folder.path });
      id = await uploadPicture(before, PNG);
    }
    await using service = await createTestService({ folder: folder.path, environment: LIMIT });
    const refused = await service.request(
      '/images/upload?filename=a.png',
      post(new Uint8Array(await testImage(PNG)), PNG.type, { 'X-User-Id': 'ada' }),
    );
    assert.equal(refused.status, 400);
    const { code, detail, params } = (await refused.json()) as Record<string, unknown>;
    assert.deepEqual(
      { code, detail, params },
      {
        code: 'too-many-pixels',
        detail: 'expected at most 9,500 pixels in a PNG; got 120 x 80',
        params: { width: 120, height: 80, limit_pixels: 9_500 },
      },
    );
    await uploadPicture(service, { ...PNG, type: 'image/jpeg' });

    assert.equal((await service.request(`/images/${id}/original`)).status, 200);
    const rendition = await service.request(`/images/${id}/renditions/thumb`);
    assert.equal(rendition.status, 200, await rendition.text());
  });

  it('says so in GET / and app.json', async () => {
    await using service = await createTestService({ environment: LIMIT });
    for (const path of ['/', '/app.json']) {
      const told = (await (await service.request(path)).json()) as Told;
      const limits = Object.fromEntries(told.image_types.map((one) => [one.content_type, one.max_pixels]));
      const some = [limits['image/png'], limits['image/jpeg'], limits['image/webp'], limits['image/avif']];
      assert.deepEqual(some, [9_500, 9_600, 52_428_800, 16_777_216], path);
    }
  });
});

interface Told {
  readonly image_types: readonly { readonly content_type: string; readonly max_pixels: number }[];
}
