import type { DynamoEndpoint } from '../../../../test/servers/dynamo-endpoint.ts';
import { createTable, type TestTable } from '../../../../test/servers/table.ts';
import type { GateRules } from '../../src/gates/gate.ts';
import type { Observer } from '../../src/observe/observer/observer.ts';
import type { DynamodbTimeouts } from '../../src/records/dynamodb/client.ts';
import { type DynamodbFaultKind, FAULTY_DYNAMODB } from '../dynamodb/fault-kinds.ts';
import { type FaultyProxy, startFaultyProxy } from '../faults/faulty-proxy.ts';
import { createTestGate, type TestGate } from '../gates/test-gate.ts';
import { environmentOf } from './dynamo-service.ts';
import { movingClock } from './moving-clock.ts';
import { createTestService, type TestService } from './service.ts';
import { sharedImaging } from './shared-imaging.ts';

/** The whole service with its records in its own table, reached through a proxy; objects are in a folder. */
export interface DynamodbService extends TestService {
  readonly table: TestTable;
  readonly proxy: FaultyProxy<DynamodbFaultKind>;
  readonly clock: ReturnType<typeof movingClock>;
  readonly timeouts: DynamodbTimeouts | undefined;
  /** The images pass it only if `gateRules` are given. */
  readonly gate: TestGate;
}

/** Long for a local table, also on a busy machine, but short for a test that waits for it. */
export const SHORT_TIMEOUTS: DynamodbTimeouts = { connectMs: 2_000, answerMs: 2_000 };

export interface DynamodbServiceOptions {
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** By default those of the service. */
  readonly timeouts?: DynamodbTimeouts | undefined;
  readonly observe?: Observer;
  /** With a gate of these rules. */
  readonly gateRules?: Partial<GateRules> | undefined;
}

/** Few, so that a list over all owners makes few calls; more than one, so that it must merge. */
export const SHARDS = 2;

export async function createDynamodbService(
  dynamo: DynamoEndpoint,
  { environment = {}, timeouts, observe, gateRules }: DynamodbServiceOptions = {},
): Promise<DynamodbService> {
  await using stack = new AsyncDisposableStack();
  const table = stack.use(await createTable(dynamo));
  const proxy = stack.use(await startFaultyProxy(dynamo.url, FAULTY_DYNAMODB));
  const clock = movingClock();
  const gate = createTestGate('scan', gateRules);
  const service = stack.use(
    await createTestService({
      environment: {
        ...environmentOf({ name: table.name, dynamo: { ...dynamo, url: proxy.url } }),
        FEED_SHARDS: String(SHARDS),
        SECRET_KEY: 's'.repeat(32), // so that the table isn't read for it
        ...environment,
      },
      overrides: {
        clock,
        wrapImaging: () => sharedImaging,
        ...(timeouts && { dynamodbTimeouts: timeouts }),
        ...(gateRules && { gates: [gate] }),
      },
      ...(observe && { observe }),
    }),
  );
  const held = stack.move();
  return { ...service, table, proxy, clock, timeouts, gate, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
