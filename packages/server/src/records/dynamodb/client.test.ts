import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDynamodbClient } from './client.ts';

const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };

describe('the DynamoDB client', () => {
  it('omits two named middleware steps of the SDK, and keeps all others', async () => {
    const ours = await createDynamodbClient({ region: 'eu-central-1', endpoint: null, credentials, caBundle: null });
    const bare = new DynamoDBClient({ region: 'eu-central-1', credentials });
    const steps = new Set(ours.middlewareStack.identify());
    const left = bare.middlewareStack.identify().filter((step) => !steps.has(step));
    assert.deepEqual(
      left.map((step) => step.split(' ')[0]),
      ['loggerMiddleware', 'getUserAgentMiddleware'],
    );
  });

  it('names the certificate file that cannot be read', async () => {
    const options = { region: 'eu-central-1', endpoint: null, credentials, caBundle: '/nowhere/ca.pem' };
    await assert.rejects(createDynamodbClient(options), /can't be read \(ENOENT.*: set AWS_CA_BUNDLE to a file/);
  });
});
