import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { createDynamodbService } from '../services/dynamodb-service.ts';
import { json } from '../services/service.ts';
import { told } from '../upload-tokens/token-client.ts';

const LIST = '/images?user_id=ada&status=pending&count_total=true&limit=1';

describe('count_total on DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('is refused without USAGE=on', async () => {
    await using service = await createDynamodbService(server.dynamo);
    const { status, body } = await told(service.request(LIST));
    const detail =
      'expected a list without count_total, since this service counts no images (USAGE=off); got count_total';
    assert.deepEqual([status, body.errors], [400, [{ pointer: '?count_total', detail }]]);
  });

  it('is a 503 until images are counted by status, and exact from then on', async () => {
    await using service = await createDynamodbService(server.dynamo, { environment: { USAGE: 'on' } });
    const early = await service.request(LIST);
    const { code, detail } = (await early.json()) as { code: string; detail: string };
    assert.deepEqual([early.status, code, early.headers.get('retry-after')], [503, 'unavailable', '300']);
    assert.equal(
      detail,
      'expected counts of all images; got counts of some, after an upgrade: an operator has to run quota reconcile',
    );
    await service.services.usage.setCounted(new Date());
    for (let n = 0; n < 3; n += 1)
      assert.equal(
        (await told(service.request('/uploads', json({ user_id: 'ada', content_type: 'image/png' })))).status,
        201,
      );
    const { status, body } = await told(service.request(LIST));
    assert.deepEqual([status, body['count'], body['total']], [200, 1, 3]);
  });
});
