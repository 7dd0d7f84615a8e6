import type { ConsumedCapacity, DynamoDBClient, ServiceInputTypes } from '@aws-sdk/client-dynamodb';

/** Units as DynamoDB bills them. */
export interface Units {
  readonly table: number;
  readonly indexes: number;
}

/** One answer of the server. */
export interface Call {
  /** The name in the API, as `Query`. */
  readonly operation: string;
  /** The index that was queried, if any. */
  readonly index: string | undefined;
  /** The partition that a query of the repository read. */
  readonly partition: string | undefined;
  readonly read: Units;
  readonly written: Units;
}

/** The cost of some work. */
export interface Cost<Result> {
  readonly result: Result;
  readonly calls: readonly Call[];
  readonly read: Units;
  readonly written: Units;
}

const READS = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan', 'TransactGetItems']);
const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems']);
const NOTHING: Units = { table: 0, indexes: 0 };
/** A failed call doesn't report its consumption. */
const NOTHING_CONSUMED = { ConsumedCapacity: [] };

/** Makes all commands of this client report their cost from now on; the adapter itself never requests it. */
export function countCapacity(client: DynamoDBClient) {
  const calls: Call[] = [];
  const underWay = new Set<Promise<unknown>>();
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const operation = commandName.replace(/Command$/, '');
        if (!READS.has(operation) && !WRITES.has(operation)) return next(args);
        const input = { ...args.input, ReturnConsumedCapacity: 'INDEXES' } as ServiceInputTypes;
        const answer = next({ ...args, input });
        const counted = answer.then(
          ({ output }) => calls.push(callOf(operation, input, output)),
          () => calls.push(callOf(operation, input, NOTHING_CONSUMED)),
        );
        underWay.add(counted);
        return answer.finally(() => underWay.delete(counted));
      },
    { step: 'initialize', name: 'countCapacity' },
  );

  return {
    /** Measures one work at a time: every call until it ends counts, also one that the work does not await. */
    async costOf<Result>(work: () => Promise<Result>): Promise<Cost<Result>> {
      calls.length = 0;
      const result = await work();
      await Promise.all(underWay);
      const [read, written] = [sum(calls.map((call) => call.read)), sum(calls.map((call) => call.written))];
      return { result, calls: [...calls], read, written };
    },
  };
}

export const total = ({ table, indexes }: Units): number => table + indexes;

export const sum = (all: readonly Units[]): Units => ({
  table: all.reduce((units, { table }) => units + table, 0),
  indexes: all.reduce((units, { indexes }) => units + indexes, 0),
});

function callOf(operation: string, input: ServiceInputTypes, output: object): Call {
  const units = sum(consumedIn(operation, output).map(unitsOf));
  const isWrite = WRITES.has(operation);
  return {
    operation,
    index: 'IndexName' in input ? input.IndexName : undefined,
    partition: 'KeyConditionExpression' in input ? input.ExpressionAttributeValues?.[':partition']?.S : undefined,
    read: isWrite ? NOTHING : units,
    written: isWrite ? units : NOTHING,
  };
}

/** One entry for each table that the call concerns. */
function consumedIn(operation: string, output: object): readonly ConsumedCapacity[] {
  const consumed = 'ConsumedCapacity' in output ? output.ConsumedCapacity : undefined;
  if (typeof consumed !== 'object' || consumed === null) throw new Error(`${operation} tells no capacity`);
  return Array.isArray(consumed) ? consumed : [consumed];
}

const unitsOf = ({ Table, GlobalSecondaryIndexes = {} }: ConsumedCapacity): Units => ({
  table: Table?.CapacityUnits ?? 0,
  indexes: Object.values(GlobalSecondaryIndexes).reduce((units, { CapacityUnits = 0 }) => units + CapacityUnits, 0),
});
