import { startCeph } from './ceph.ts';
import type { S3Endpoint } from './s3-endpoint.ts';
import { askSharedServers, TEST_SERVERS_URL } from './shared-servers.ts';

export interface S3ForTests extends AsyncDisposable {
  readonly s3: S3Endpoint;
}

/** The run's S3 server; a test file that is run by hand gets its own. */
export async function s3ForTests(): Promise<S3ForTests> {
  const shared = process.env[TEST_SERVERS_URL];
  if (shared === undefined) return startCeph();
  return { s3: await askSharedServers(shared, 's3'), async [Symbol.asyncDispose]() {} };
}
