import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamoEndpoint } from '../../../../test/servers/dynamo-endpoint.ts';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { checkFilters } from '../../src/operations/checks/check-filters.ts';
import { requireAgreement } from '../../src/records/dynamodb/table-check.fixture.ts';
import type { Services } from '../../src/services.ts';
import { createTableEnvironment } from '../gates/gated-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import { recordsOf, requireMetadata } from '../services/record-check.ts';
import { createSharingService } from '../services/sharing-service.ts';

/** A service that was started with METADATA_FILTERS, and what it said. */
export interface FilledService extends AsyncDisposable {
  readonly services: Services;
  readonly request: (path: string, init?: RequestInit) => Promise<Response>;
  readonly storedFiles: () => Promise<string[]>;
  readonly events: readonly ServiceEvent[];
  readonly clock: ReturnType<typeof movingClock>;
  /** Processes that share the records may still write for former names now. */
  waitForOthers(): void;
}

/** Records that several starts share. */
export interface FilledRecords extends AsyncDisposable {
  /** One at a time on SQLite. */
  start(names: string, environment?: Readonly<Record<string, string>>): Promise<FilledService>;
  /** Asserts that the rows are exactly those that the records ask for. */
  requireAgreement(service: FilledService): Promise<void>;
}

/** The time in which processes of a table notice other names and end their writes. */
const NOTICED_MS = 65_000;

interface Place {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly waitMs: number;
}

async function startIn({ folder, environment, waitMs }: Place, names: string): Promise<FilledService> {
  const clock = movingClock();
  const events: ServiceEvent[] = [];
  const service = await createSharingService({
    folder,
    environment: { ...environment, METADATA_FILTERS: names, TRASH_DAYS: '30' },
    overrides: { clock },
    observe: (event) => events.push(event),
  });
  await checkFilters(service.services);
  return {
    ...service,
    events,
    clock,
    waitForOthers: () => {
      clock.offsetMs += waitMs;
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

export async function createFilledFolder(): Promise<FilledRecords> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-filters-'));
  return {
    start: (names, environment = {}) => startIn({ folder: folder.path, environment, waitMs: 0 }, names),
    async requireAgreement({ services }) {
      const records = await recordsOf({ services, folder: folder.path });
      assert.ok(records.length > 0);
      requireMetadata(records, folder.path);
    },
    [Symbol.asyncDispose]: () => folder.remove(),
  };
}

export async function createFilledTable(
  dynamo: DynamoEndpoint,
): Promise<FilledRecords & Pick<Awaited<ReturnType<typeof createTableEnvironment>>, 'table'>> {
  await using stack = new AsyncDisposableStack();
  const shared = stack.use(await createTableEnvironment(dynamo));
  const held = stack.move();
  let starts = 0;
  return {
    table: shared.table,
    async start(names, environment = {}) {
      starts += 1;
      const folder = await mkdtempDisposable(join(tmpdir(), `safelight-filters-${starts}-`));
      held.defer(() => folder.remove());
      return startIn(
        { folder: folder.path, environment: { ...shared.environment, ...environment }, waitMs: NOTICED_MS },
        names,
      );
    },
    requireAgreement: () => requireAgreement({ dynamo, name: shared.table.name }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
