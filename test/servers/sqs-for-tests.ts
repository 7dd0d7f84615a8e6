import { startFauxqs } from './fauxqs.ts';
import { askSharedServers, TEST_SERVERS_URL } from './shared-servers.ts';
import type { SqsEndpoint } from './sqs-endpoint.ts';

export interface SqsForTests extends AsyncDisposable {
  readonly sqs: SqsEndpoint;
}

/** The run's SQS server; a test file that is run by hand gets its own. */
export async function sqsForTests(): Promise<SqsForTests> {
  const shared = process.env[TEST_SERVERS_URL];
  if (shared === undefined) return startFauxqs();
  return { sqs: await askSharedServers(shared, 'sqs'), async [Symbol.asyncDispose]() {} };
}
