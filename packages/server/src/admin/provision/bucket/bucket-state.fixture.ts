import {
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import type { TestBucket } from '../../../../../../test/servers/bucket.ts';

/** The whole configuration of a bucket as the store reports it, for tests. */
export async function stateOf({ client, name: Bucket }: Pick<TestBucket, 'client' | 'name'>) {
  const absent = (error: unknown) => {
    if (error instanceof Error && /^NoSuch(CORS|Lifecycle|BucketPolicy)/.test(error.name)) return undefined;
    throw error;
  };
  const [block, cors, lifecycle, policy] = await Promise.all([
    client.send(new GetPublicAccessBlockCommand({ Bucket })),
    client.send(new GetBucketCorsCommand({ Bucket })).catch(absent),
    client.send(new GetBucketLifecycleConfigurationCommand({ Bucket })).catch(absent),
    client.send(new GetBucketPolicyCommand({ Bucket })).catch(absent),
  ]);
  return {
    block: block.PublicAccessBlockConfiguration,
    cors: cors?.CORSRules ?? [],
    lifecycle: lifecycle?.Rules ?? [],
    policy: JSON.parse(policy?.Policy ?? '{}') as { Statement?: unknown },
  };
}
