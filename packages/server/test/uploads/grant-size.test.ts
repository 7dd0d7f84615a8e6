import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTestService, json } from '../services/service.ts';

const environment = { GRANT_REQUIRES_SIZE: 'true' };
const asked = { user_id: 'u', content_type: 'image/jpeg' };

describe('GRANT_REQUIRES_SIZE', () => {
  it('refuses a grant without a size in every form, and names the field', async () => {
    await using service = await createTestService({ environment });
    for (const request of [json(asked), json({ ...asked, method: 'POST' }), { method: 'POST' }]) {
      const answer = await service.request('/images/upload?user_id=u', request);
      assert.equal(answer.status, 400);
      const { code, errors } = (await answer.json()) as { code: string; errors: unknown };
      assert.equal(code, 'invalid-request');
      assert.deepEqual(errors, [{ pointer: '/size', detail: 'expected the size of the upload in bytes; got nothing' }]);
    }
    const { count } = (await (await service.request('/images?user_id=u&status=pending')).json()) as { count: number };
    assert.equal(count, 0);
  });

  it('accepts a grant with a size, and each item of a batch independently', async () => {
    await using service = await createTestService({ environment });
    assert.equal((await service.request('/images/upload', json({ ...asked, size: 9 }))).status, 200);
    const batch = json({ uploads: [{ ...asked, size: 9 }, asked] });
    const { results } = (await (await service.request('/images/uploads', batch)).json()) as {
      results: readonly { grant?: { upload_url: string }; error?: { detail: string } }[];
    };
    assert.deepEqual(
      results.map(({ grant, error }) => [typeof grant?.upload_url, error?.detail]),
      [
        ['string', undefined],
        ['undefined', '/size: expected the size of the upload in bytes; got nothing'],
      ],
    );
  });

  it('is off by default', async () => {
    await using service = await createTestService();
    assert.equal((await service.request('/images/upload', json(asked))).status, 200);
  });
});

describe('The largest size of a type', () => {
  const MIB = 1_048_576;
  for (const [content_type, most] of [
    ['image/jpeg', 160 * MIB],
    ['image/jpg', 160 * MIB],
    ['image/png', 448 * MIB],
    ['image/tiff', 512 * MIB],
  ] as const)
    it(`is ${most} bytes of ${content_type}, however large uploads may be`, async () => {
      await using service = await createTestService({ environment: { MAX_UPLOAD_BYTES: String(1_024 * MIB) } });
      for (const parts of [true, false]) {
        const grant = (size: number) => service.request('/uploads', json({ user_id: 'u', content_type, size, parts }));
        const granted = await grant(most);
        assert.deepEqual([granted.status, ((await granted.json()) as { max_size: number }).max_size], [201, most]);
        const refused = await grant(most + 1);
        const { code, detail } = (await refused.json()) as { code: string; detail: string };
        assert.deepEqual([code, detail], ['upload-too-large', `expected at most ${most} bytes; got ${most + 1}`]);
      }
    });
});
