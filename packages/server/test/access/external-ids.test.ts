import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json } from '../services/service.ts';
import { mint, told } from '../upload-tokens/token-client.ts';

describe('an external id in a closed service', () => {
  let service: ClosedService;
  let ada: string;
  let bob: string;
  before(async () => {
    service = await createClosedService();
    ada = await service.keyOf({ owner: 'ada' });
    bob = await service.keyOf({ owner: 'bob' });
  });
  after(() => service[Symbol.asyncDispose]());

  const grant = (key: string, external_id: string) =>
    told(service.as(key, '/uploads', json({ content_type: 'image/jpeg', external_id })));
  const find = async (key: string, query: string) => told(service.as(key, `/images?${query}`));

  it('is looked up among the images of the caller, who needs to name no user', async () => {
    const { body } = await grant(ada, 'own');
    const found = await find(ada, 'external_id=own');
    assert.deepEqual((found.body['images'] as { image_id: string }[])[0]?.image_id, body.image_id);
    assert.equal((await find(bob, 'external_id=own')).body['count'], 0);
    assert.equal((await find(bob, 'external_id=own&user_id=ada')).status, 403);
    const admin = await find(service.admin, 'external_id=own');
    assert.deepEqual([admin.status, admin.body.errors?.[0]?.pointer], [400, '?user_id']);
    assert.equal((await find(service.admin, 'external_id=own&user_id=ada')).body['count'], 1);
  });

  it('is looked up by no moderator, who lists held images only', async () => {
    const moderator = await service.keyOf({ actsAs: 'everyone', scopes: ['images:moderate'] });
    const refused = await find(moderator, 'external_id=own&user_id=ada');
    assert.deepEqual([refused.status, refused.body.code], [403, 'missing-scope']);
    assert.equal((await find(moderator, 'external_id=own&user_id=ada&status=held')).status, 200);
  });

  it('names its image to an upload token of the same minter, and to no other', async () => {
    const shop = await service.keyOf({ actsAs: 'everyone' });
    const elsewhere = await service.keyOf({ actsAs: 'everyone' });
    const [own, other] = [
      await mint(service, shop, { user_id: 'eve' }),
      await mint(service, elsewhere, { user_id: 'eve' }),
    ];
    const { body: held } = await grant(own.token, 'taken');
    const known = await grant(own.token, 'taken');
    assert.deepEqual([known.status, known.body['params']], [409, { image_id: held.image_id, status: 'pending' }]);
    const unknown = await grant(other.token, 'taken');
    assert.deepEqual(
      [unknown.status, unknown.body.code, unknown.body['params']],
      [409, 'external-id-taken', undefined],
    );
    assert.equal(JSON.stringify(unknown.body).includes(held.image_id), false);
  });
});
