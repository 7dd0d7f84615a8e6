import { createBucket } from '../test/servers/bucket.ts';
import { dynamoForTests } from '../test/servers/dynamo-for-tests.ts';
import { s3ForTests } from '../test/servers/s3-for-tests.ts';
import { createTable } from '../test/servers/table.ts';
import { judge, type Measurement, milliseconds } from './measurement.ts';
import { START } from './program.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { millisecondsToHealth } from './time-to-health.ts';

const ROUNDS = 11;

/** From spawn to the first answer of /health, with objects in S3 and records in DynamoDB. */
export async function startStateless(): Promise<readonly Measurement[]> {
  await using s3Server = await s3ForTests();
  await using dynamoServer = await dynamoForTests();
  await using bucket = await createBucket(s3Server.s3);
  await using table = await createTable(dynamoServer.dynamo);
  const environment = {
    S3_BUCKET: bucket.name,
    S3_PROFILE: 'ceph',
    DYNAMO_TABLE: table.name,
    AWS_ENDPOINT_URL_S3: bucket.s3.url,
    AWS_ENDPOINT_URL_DYNAMODB: table.dynamo.url,
    AWS_REGION: bucket.s3.region,
    AWS_ACCESS_KEY_ID: bucket.s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: bucket.s3.secretAccessKey,
  };
  const start = (cacheFolder: string) =>
    millisecondsToHealth({ command: process.execPath, args: START, cacheFolder, environment });
  await using cache = await temporaryFolder();
  await start(cache.path);
  const { again } = await alternate(ROUNDS, { again: () => start(cache.path) });
  const { first } = await alternate(ROUNDS, {
    async first() {
      await using empty = await temporaryFolder();
      return start(empty.path);
    },
  });
  const goal = { unit: milliseconds, goal: { atMost: 1_500 } };
  return [
    judge('start-stateless, on S3 and DynamoDB, spawn to /health', again, goal),
    judge('start-stateless, the same with nothing compiled yet', first, goal),
  ];
}
