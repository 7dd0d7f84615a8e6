// In the long tier: who may do what is decided above the records: CI has the same routes, callers and images on SQLite.
import { after } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { createDynamodbService } from '../services/dynamodb-service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';
import { describeCrossProduct } from './cross-product.ts';

let server: DynamoForTests | undefined;
after(async () => {
  await sharedImaging[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

describeCrossProduct('on DynamoDB', NO_DYNOXIDE, async (options) => {
  server = await dynamoForTests();
  return createDynamodbService(server.dynamo, options);
});
