import { join } from 'node:path';
import { bundleFunction, FUNCTION_NAMES, type FunctionName } from '../scripts/functions/bundle-function.ts';
import { createBucket } from '../test/servers/bucket.ts';
import { dynamoForTests } from '../test/servers/dynamo-for-tests.ts';
import { startInstance } from '../test/servers/lambda-instance.ts';
import { createQueue } from '../test/servers/queue.ts';
import { s3ForTests } from '../test/servers/s3-for-tests.ts';
import { sqsForTests } from '../test/servers/sqs-for-tests.ts';
import { createTable } from '../test/servers/table.ts';
import { type Goal, judge, type Measurement, milliseconds, type Unit } from './measurement.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 15;
const MEGABYTE = 1_048_576;

/** The HTTP function's clients wait for its start; for the worker the queue waits. */
const INIT_GOALS: Partial<Record<FunctionName, Goal>> = { http: { atMost: 400 } };
const CODE_GOAL: Goal = { atMost: 3 * MEGABYTE };
const tenths: Unit = (bytes) => `${(bytes / MEGABYTE).toFixed(1)} MB`;

/** From an instance's start until it is ready for its first event; and the size of its own code. */
export async function lambdaInit(): Promise<readonly Measurement[]> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const bucket = stack.use(await createBucket(stack.use(await s3ForTests()).s3));
  const table = stack.use(await createTable(stack.use(await dynamoForTests()).dynamo));
  const queue = stack.use(await createQueue(stack.use(await sqsForTests()).sqs));
  const environment = {
    S3_BUCKET: bucket.name,
    S3_PROFILE: 'ceph',
    DYNAMO_TABLE: table.name,
    SQS_QUEUE_URL: queue.url,
    AWS_ENDPOINT_URL_S3: bucket.s3.url,
    AWS_ENDPOINT_URL_DYNAMODB: table.dynamo.url,
    AWS_REGION: bucket.s3.region,
    AWS_ACCESS_KEY_ID: bucket.s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: bucket.s3.secretAccessKey,
    ALLOW_OPEN: 'true',
    DATA_DIR: join(folder.path, 'data'),
  };
  const start = async (name: FunctionName): Promise<number> => {
    const options = { folder: join(folder.path, name), environment, timeoutSeconds: 30, freezesAtRest: false };
    await using instance = await startInstance(options);
    return instance.initMs;
  };

  const codeBytes = new Map<FunctionName, number>();
  for (const name of FUNCTION_NAMES) {
    codeBytes.set(name, await bundleFunction(name, join(folder.path, name)));
    await start(name); // reads its files from disk, and makes missing parts of the table
  }
  const took = await alternate(ROUNDS, { http: () => start('http'), worker: () => start('worker') });
  return FUNCTION_NAMES.flatMap((name) => {
    const goal = INIT_GOALS[name];
    return [
      judge(`lambda-init, the ${name} function, start to ready`, took[name], {
        unit: milliseconds,
        ...(goal && { goal }),
      }),
      judge(`lambda-init, the ${name} function, code`, [codeBytes.get(name) ?? 0], { unit: tenths, goal: CODE_GOAL }),
    ];
  });
}
