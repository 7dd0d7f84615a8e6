import { createBucket } from './bucket.ts';
import { startNotifications } from './notifications.ts';
import { createQueue } from './queue.ts';
import { startRedis } from './redis.ts';
import { shareServers, TEST_SERVERS_URL } from './shared-servers.ts';
import { createTable } from './table.ts';
import { TEST_ACCOUNT } from './test-account.ts';

const servers = await shareServers();
const [ceph, dynoxide, fauxqs] = [servers.ceph(), servers.dynoxide(), servers.fauxqs()];

const bucket = ceph.then(({ s3 }) => createBucket(s3, 'safelight'));
const queue = fauxqs.then(({ sqs }) => createQueue(sqs, { name: 'safelight' }));

const s3 = Promise.all([ceph, bucket]).then(
  ([{ folder, s3 }, { name }]) => `# Ceph's S3 gateway, until Ctrl-C; its files and logs: ${folder}
export AWS_ENDPOINT_URL_S3=${s3.url}
export S3_BUCKET=${name}`,
);
const dynamo = dynoxide.then(async ({ dynamo, folder }) => {
  const table = await createTable(dynamo, 'safelight');
  return `# dynoxide for DynamoDB, until Ctrl-C; its files and logs: ${folder}
export AWS_ENDPOINT_URL_DYNAMODB=${dynamo.url}
export DYNAMO_TABLE=${table.name}`;
});
const sqs = Promise.all([fauxqs, queue]).then(
  ([{ folder, sqs }, { url }]) => `# fauxqs for SQS, until Ctrl-C; its files and logs: ${folder}
export AWS_ENDPOINT_URL_SQS=${sqs.url}
export SQS_QUEUE_URL=${url}`,
);
const redis = startRedis().then(
  ({ url }) => `# Redis for rate limits, until Ctrl-C
export RATE_LIMIT_STORE=${url}`,
);
const outcomes = await Promise.allSettled([s3, dynamo, sqs, redis]);
for (const one of outcomes) {
  if (one.status === 'fulfilled') console.log(one.value);
  else console.log(`# Goes without: ${one.reason instanceof Error ? one.reason.message : one.reason}`);
}
if (outcomes.every(({ status }) => status === 'rejected')) process.exit(1);

const [hasBucket, , hasQueue] = outcomes.map(({ status }) => status === 'fulfilled');
if (hasBucket && hasQueue) {
  await startNotifications({ bucket: await bucket, queue: await queue });
  console.log('# The bucket tells the queue what arrives.');
}

// `on`, not `once`: npm and the terminal may each send one. Before the last lines, whose reader may send one at once.
const interrupted = Promise.withResolvers<void>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.resolve());

console.log(`# For all of them:
export AWS_ACCESS_KEY_ID=${TEST_ACCOUNT.accessKeyId}
export AWS_SECRET_ACCESS_KEY=${TEST_ACCOUNT.secretAccessKey}
export AWS_REGION=${TEST_ACCOUNT.region}
# Tests run by hand use them too:
export ${TEST_SERVERS_URL}=${servers.url}`);

await interrupted.promise;
const { logs, refusedScans } = await servers.stop('passed');
for (const folder of logs) console.error(`A server's program was lost; its logs: ${folder}`);
for (const scan of refusedScans) console.error(`Nothing may scan, and something tried: ${scan}`);
process.exit(refusedScans.length > 0 ? 1 : 0);
