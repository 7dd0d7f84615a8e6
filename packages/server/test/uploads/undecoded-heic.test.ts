import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type TestImage, testImage } from '../../../../test/pictures/test-images.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { createTestService, post } from '../services/service.ts';

/** Large enough for a working copy. */
const LARGE: TestImage = { type: 'image/heic', width: 2_400, height: 600 };
const SMALL: TestImage = { type: 'image/heic', width: 120, height: 80 };
const OFF = { DECODE_HEIC: 'off' };

const problemOf = async (response: Response) => {
  const { code, detail, params } = (await response.json()) as {
    code: string;
    detail: string;
    params: { formats: string[]; got: string };
  };
  return { status: response.status, code, detail, ...params };
};

describe('a service with DECODE_HEIC=off', () => {
  it('grants and stores no HEIC, and says which formats it takes', async () => {
    await using service = await createTestService({ environment: OFF });
    const { image_types } = (await (await service.request('/')).json()) as { image_types: { content_type: string }[] };
    const types = image_types.map(({ content_type }) => content_type);
    assert.ok(types.includes('image/tiff') && !types.includes('image/heic'), `${types}`);
    const grant = JSON.stringify({ user_id: 'ada', content_type: 'image/heif' });
    for (const [path, body] of [
      ['/images/upload', post(new TextEncoder().encode(grant), 'application/json')],
      [
        '/images/upload?filename=a.heic',
        post(new Uint8Array(await testImage(SMALL)), SMALL.type, { 'X-User-Id': 'ada' }),
      ],
    ] as const) {
      const problem = await problemOf(await service.request(path, body));
      assert.deepEqual([problem.status, problem.code, problem.got], [400, 'unsupported-type', 'image/heic'], path);
      assert.deepEqual(problem.formats, types);
      assert.match(problem.detail, /got image\/heic, which this service doesn't decode: convert it/);
    }
  });

  it('serves those that were ready before: the originals, and renditions from working copies', async () => {
    await using folder = await temporaryFolder();
    const ids: string[] = [];
    {
      await using before = await createTestService({ folder: folder.path });
      for (const picture of [LARGE, SMALL]) ids.push(await uploadPicture(before, picture));
    }
    await using service = await createTestService({ folder: folder.path, environment: OFF });
    const [large, small] = ids;
    for (const id of ids) assert.equal((await service.request(`/images/${id}/original`)).status, 200);
    assert.equal((await service.request(`/images/${large}/renditions/thumb`)).status, 200);
    const refused = await service.request(`/images/${small}/renditions/thumb`);
    const { status, detail } = await problemOf(refused);
    assert.equal(status, 400);
    assert.match(detail, /which this service doesn't decode: download the original/);
  });
});
