import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { issued } from '../../src/domain/access/api-keys.fixture.ts';
import { createKey } from '../../src/operations/keys/create-key.ts';
import { createDynamodbService, SHORT_TIMEOUTS } from '../services/dynamodb-service.ts';

const TERMS = { name: 'test', owner: null, actsAs: 'everyone', scopes: ['images:read'], expiresAt: null } as const;

describe('a service whose keys are in a table', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('answers 503 while the table is away, and lets nobody in', async () => {
    const service = await createDynamodbService(server.dynamo, {
      environment: { AUTH: 'api-key', RATE_LIMITS: 'off' },
      timeouts: SHORT_TIMEOUTS,
    });
    const { text } = await createKey(service.services, TERMS);
    const ask = async (key: string) => {
      const answer = await service.request('/images', { headers: { Authorization: `Bearer ${key}` } });
      const { code } = (await answer.json()) as { code?: string };
      return [answer.status, code];
    };
    assert.deepEqual(await ask(text), [200, undefined]);
    await service.table.client.send(new DeleteTableCommand({ TableName: service.table.name }));
    service.clock.offsetMs = 5_000;
    assert.deepEqual(await ask(text), [503, 'unavailable']);
    assert.deepEqual(await ask(issued().text), [503, 'unavailable']);
    assert.deepEqual(await ask('safelight_junk'), [401, 'unauthenticated']);
    await assert.rejects(async () => service[Symbol.asyncDispose](), /ResourceNotFound/); // it deletes its table
  });
});
