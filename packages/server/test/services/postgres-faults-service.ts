import type { PostgresEndpoint } from '../../../../test/servers/postgres.ts';
import type { GateRules } from '../../src/gates/gate.ts';
import type { Observer } from '../../src/observe/observer/observer.ts';
import { createMigratedDatabase, type MigratedDatabase } from '../../src/records/postgres/migrated-database.fixture.ts';
import type { ServiceOnStore } from '../faults/records/scenario.ts';
import { createTestGate } from '../gates/test-gate.ts';
import { type FaultyPostgres, startFaultyPostgres } from '../postgres/faulty-postgres.ts';
import { movingClock } from './moving-clock.ts';
import { createTestService } from './service.ts';
import { sharedImaging } from './shared-imaging.ts';

/** The whole service with its records in its own database, reached through a proxy; objects are in a folder. */
export interface PostgresService extends ServiceOnStore {
  /** Reached directly. */
  readonly database: MigratedDatabase;
  readonly proxy: FaultyPostgres;
}

export interface PostgresServiceOptions {
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly observe?: Observer;
  /** With a gate of these rules. */
  readonly gateRules?: Partial<GateRules> | undefined;
}

/** Few, so that a connection that is lost is needed again. */
const CONNECTIONS = 3;

export async function createPostgresService(
  endpoint: PostgresEndpoint,
  { environment = {}, observe, gateRules }: PostgresServiceOptions = {},
): Promise<PostgresService> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createMigratedDatabase(endpoint, { connections: 1 }));
  const proxy = stack.use(await startFaultyPostgres(database.url));
  const clock = movingClock();
  const gate = createTestGate('scan', gateRules);
  const service = stack.use(
    await createTestService({
      environment: {
        DATABASE_URL: `${proxy.url}?sslmode=disable`,
        DATABASE_CONNECTIONS: String(CONNECTIONS),
        EVENTS: 'on',
        EVENTS_DAYS: '90', // longer than any scenario
        USAGE: 'on',
        SECRET_KEY: 's'.repeat(32), // so that the database isn't read for it
        ...environment,
      },
      overrides: { clock, wrapImaging: () => sharedImaging, ...(gateRules && { gates: [gate] }) },
      ...(observe && { observe }),
    }),
  );
  const held = stack.move();
  return { ...service, database, proxy, clock, gate, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
