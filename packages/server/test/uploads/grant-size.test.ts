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
