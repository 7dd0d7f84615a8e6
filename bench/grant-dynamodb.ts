import { readFile } from 'node:fs/promises';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { dynamoForTests } from '../test/servers/dynamo-for-tests.ts';
import { createTable, type TestTable } from '../test/servers/table.ts';
import { answerTo, type LoadRequest } from './load.ts';
import { compare, type Measurement } from './measurement.ts';
import { type RunningProgram, SILENT, startFloor, startService } from './program.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 7;
const GRANTS = 3_000;
/**
 * Warms up V8, whose compiler threads count too. The contenders alternate: after seconds of rest compiled code is
 * flushed and partly compiled again.
 */
const WARM_ROUNDS = 10;
const AT_ONCE = 16;

const GRANT: LoadRequest = {
  method: 'POST',
  path: '/images/upload',
  json: { user_id: 'ada', content_type: 'image/jpeg', filename: 'IMG_1.jpg', tags: ['holiday', 'sea'] },
};

/** CPU time of the whole process per grant over HTTP, against the SDK's call that writes the same item. */
export async function grantDynamodb(): Promise<readonly Measurement[]> {
  await using server = await dynamoForTests();
  await using table = await createTable(server.dynamo);
  await using folder = await temporaryFolder();
  const { url, region, accessKeyId, secretAccessKey } = table.dynamo;
  const environment = {
    ...SILENT,
    DYNAMO_TABLE: table.name,
    AWS_ENDPOINT_URL_DYNAMODB: url,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  await using service = await startService({ folder: folder.path, environment });
  const item = JSON.stringify(await itemOfGrant(service.origin, table));
  await using floor = await startFloor('grant-dynamodb', folder.path, [
    url,
    table.name,
    region,
    accessKeyId,
    secretAccessKey,
    item,
  ]);
  const grants = (count: number) => cpuOf(service, () => grant(service.origin, count), count);
  const puts = (count: number) =>
    cpuOf(floor, () => answerTo(floor.origin, { method: 'GET', path: `/?count=${count}&at_once=${AT_ONCE}` }), count);
  const contenders = { subject: () => grants(GRANTS), floor: () => puts(GRANTS) };
  await alternate(WARM_ROUNDS, contenders);
  const rounds = await alternate(ROUNDS, contenders);
  return [
    compare('grant-dynamodb, CPU time of the process, a grant over HTTP / a bare SDK call', rounds, {
      unit: (seconds) => `${(seconds * 1_000_000).toFixed(0)} µs`,
      goal: { atMost: 1.3 },
    }),
  ];
}

/** The item that the service writes for a grant. */
async function itemOfGrant(origin: string, { client, name }: TestTable): Promise<unknown> {
  const { image_id } = JSON.parse(String(await answerTo(origin, GRANT))) as { image_id: string };
  const Key = { pk: { S: `I#${image_id}` }, sk: { S: 'I' } };
  const { Item } = await client.send(new GetItemCommand({ TableName: name, Key, ConsistentRead: true }));
  if (!Item) throw new Error('expected the record of a grant; got none');
  return Item;
}

async function grant(origin: string, count: number): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (; left > 0; left -= 1) await answerTo(origin, GRANT);
    }),
  );
}

/** Clock ticks a second in `/proc` on every Linux (sysconf(3), _SC_CLK_TCK). */
const TICKS = 100;

/** CPU seconds of the program per item, including its system calls. */
async function cpuOf({ id }: RunningProgram, work: () => Promise<unknown>, count: number): Promise<number> {
  const before = await ticksOf(id);
  await work();
  return ((await ticksOf(id)) - before) / TICKS / count;
}

/** User and system time of all its threads (proc_pid_stat(5)). */
async function ticksOf(id: number): Promise<number> {
  const stat = await readFile(`/proc/${id}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
