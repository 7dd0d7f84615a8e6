import { createBucket } from './bucket.ts';
import { shareServers, TEST_SERVERS_URL } from './shared-servers.ts';

const servers = await shareServers();
const { s3, folder } = await servers.ceph;
const bucket = await createBucket(s3, 'safelight');

console.log(`# Ceph's S3 gateway, until Ctrl-C; its files and logs: ${folder}
export AWS_ENDPOINT_URL=${s3.url}
export AWS_ACCESS_KEY_ID=${s3.accessKeyId}
export AWS_SECRET_ACCESS_KEY=${s3.secretAccessKey}
export AWS_REGION=${s3.region}
export S3_BUCKET=${bucket.name}
# Tests run by hand use it too:
export ${TEST_SERVERS_URL}=${servers.url}`);

// `on`, not `once`: npm and the terminal may each send one.
const stopped = Promise.withResolvers<void>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.resolve());
await stopped.promise;
const logs = await servers.stop('passed');
if (logs) console.error(`A daemon was lost; its logs: ${logs}`);
process.exit();
