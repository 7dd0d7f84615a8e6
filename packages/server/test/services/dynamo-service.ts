import type { DynamoEndpoint } from '../../../../test/servers/dynamo-endpoint.ts';
import { dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { provisionTable } from '../../src/admin/provision/table/provision-table.ts';
import { freeTableName } from '../../src/admin/provision/table/provisioned-table.fixture.ts';
import { type RunningService, startService } from './running-service.ts';

export interface ProvisionedTable extends AsyncDisposable {
  readonly name: string;
  readonly dynamo: DynamoEndpoint;
}

/** The settings of a service on the table. */
export const environmentOf = ({ name, dynamo }: Pick<ProvisionedTable, 'name' | 'dynamo'>) => ({
  DYNAMO_TABLE: name,
  AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
  AWS_REGION: dynamo.region,
  AWS_ACCESS_KEY_ID: dynamo.accessKeyId,
  AWS_SECRET_ACCESS_KEY: dynamo.secretAccessKey,
});

/** A test's own table, as `npm run admin -- provision` leaves it. */
export async function createProvisionedTable(called?: string): Promise<ProvisionedTable> {
  await using stack = new AsyncDisposableStack();
  const { dynamo } = stack.use(await dynamoForTests());
  const { name, dynamodb } = stack.use(freeTableName(dynamo, called));
  await provisionTable({ dynamodb, awsKeys: dynamo, mode: 'apply' });
  const held = stack.move();
  return { name, dynamo, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** `npm start` with a new table, and objects in a temporary folder. */
export async function startServiceOnDynamo(environment: Record<string, string> = {}): Promise<RunningService> {
  await using stack = new AsyncDisposableStack();
  const table = stack.use(await createProvisionedTable());
  const service = stack.use(await startService({ ...environmentOf(table), ...environment }));
  const held = stack.move();
  return { ...service, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
