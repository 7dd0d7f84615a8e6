import type { DynamoEndpoint } from './dynamo-endpoint.ts';
import { startDynoxide } from './dynoxide.ts';
import { askSharedServers, TEST_SERVERS_URL } from './shared-servers.ts';

export interface DynamoForTests extends AsyncDisposable {
  readonly dynamo: DynamoEndpoint;
}

/** The run's DynamoDB server; a test file that is run by hand gets its own. */
export async function dynamoForTests(): Promise<DynamoForTests> {
  const shared = process.env[TEST_SERVERS_URL];
  if (shared === undefined) return startDynoxide();
  return { dynamo: await askSharedServers(shared, 'dynamo'), async [Symbol.asyncDispose]() {} };
}
