import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { PostgresEndpoint } from '../../../../test/servers/postgres.ts';
import { NO_POSTGRES, type PostgresForTests, postgresForTests } from '../../../../test/servers/postgres-for-tests.ts';
import type { CallName, Fault } from '../faults/injection.ts';
import { casesInRun, sitesOf } from '../faults/matrix-part.ts';
import { repeat } from '../faults/records/repeat.ts';
import type { Scenario as ScenarioOn } from '../faults/records/scenario.ts';
import { repeatsOf } from '../repeats.ts';
import { createPostgresService, type PostgresService } from '../services/postgres-faults-service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';
import { requireRest, watchChanges } from './agreement.ts';
import type { PostgresFaultKind, Statement } from './faulty-postgres.ts';

type Scenario = ScenarioOn<PostgresService>;
type PostgresFault = Fault<PostgresFaultKind>;

const CONCURRENCY = { scenarios: 2, cases: 4 };

const { count: ROUNDS } = repeatsOf('faultMatrices');

/** This service's attempts after an error by which nothing was changed because of another transaction. */
const ATTEMPTS = 5;
const REPEATED: readonly PostgresFaultKind[] = ['serialization failure', 'deadlock'];

const ALWAYS: readonly PostgresFaultKind[] = ['cut', 'shut down'];
/** After these a change may have been made. */
const UNKNOWN: readonly PostgresFaultKind[] = ['lost answer', 'late'];
/** These come at each place of a statement in a scenario, the others at its first. */
const EVERYWHERE: readonly PostgresFaultKind[] = ['cut', ...UNKNOWN];
const LASTING: readonly PostgresFaultKind[] = ['cut', 'lost answer', ...REPEATED];

/** Sent after the answer, and lost without harm: receivers look by themselves. */
const isTold = ({ name }: Statement): boolean => name === 'SELECT notify';

function faultsOf({ place, isWrite }: Statement): readonly PostgresFaultKind[] {
  if (place === 'begin') return ALWAYS; // an error would leave the statements behind it without a transaction
  if (place === 'within' || place === 'rollback') return [...ALWAYS, 'deadlock', 'disk full'];
  const errors = ['serialization failure', 'disk full', 'timed out'] as const;
  return [...ALWAYS, ...errors, ...(isWrite ? ([...UNKNOWN, 'read only'] as const) : [])];
}

const casesOf = ({ only }: Scenario, calls: readonly Statement[]): PostgresFault[] =>
  sitesOf(calls).flatMap(({ call, nth }): PostgresFault[] => {
    const at = { name: call.name, nth };
    const kinds = faultsOf(call).filter((kind) => nth === 1 || EVERYWHERE.includes(kind));
    const lasting = kinds.filter((kind) => nth === 1 && LASTING.includes(kind));
    return [
      ...kinds.map((kind) => ({ ...at, kind, lasts: 'once' as const })),
      ...(only ? [] : lasting.map((kind) => ({ ...at, kind, lasts: 'for this call' as const }))),
      ...(only || call.place === 'within' ? [] : [{ ...at, kind: 'cut' as const, lasts: 'for every call' as const }]),
    ];
  });

/** The most attempts at a call that always fails: at each of its places, and in clean-up after a failure. */
const mostAttempts = ({ kind, name }: PostgresFault, calls: readonly Statement[]): number =>
  (calls.filter((call) => call.name === name).length + 1) * (REPEATED.includes(kind) ? ATTEMPTS : 1);

async function createWatchedService(
  endpoint: PostgresEndpoint,
  { environment, gateRules }: Scenario,
): Promise<PostgresService> {
  const service = await createPostgresService(endpoint, { environment, gateRules });
  await watchChanges(service.database.postgres);
  return service;
}

async function callsOf(endpoint: PostgresEndpoint, scenario: Scenario): Promise<readonly Statement[]> {
  await using service = await createWatchedService(endpoint, scenario);
  const id = await scenario.prepare(service);
  const before = service.proxy.calls.length;
  assert.equal(await scenario.act(service, id), 'done');
  const calls = service.proxy.calls.slice(before).filter((call) => !isTold(call));
  await scenario.holds?.(service, id);
  await requireRest(service);
  return calls;
}

interface Case {
  readonly scenario: Scenario;
  readonly fault: PostgresFault;
  /** The statements of the scenario without faults. */
  readonly calls: readonly Statement[];
}

async function run(endpoint: PostgresEndpoint, { scenario, fault, calls }: Case): Promise<void> {
  await using service = await createWatchedService(endpoint, scenario);
  const { proxy } = service;
  const id = await scenario.prepare(service);
  const injected = proxy.fail(fault);
  const told = await scenario.act(service, id);

  assert.ok(injected.hits() > 0, 'expected the statement to be sent and to fail');
  assert.doesNotMatch(told, /^wrong/);
  if (!scenario.isAnsweredEarly) assert.notEqual(told, 'stale');
  if (fault.lasts === 'once' && REPEATED.includes(fault.kind)) {
    assert.notEqual(told, 'later', 'expected the transaction to be repeated');
  }
  if (fault.lasts === 'for this call') {
    assert.ok(injected.hits() <= mostAttempts(fault, calls), `${injected.hits()} attempts`);
  }

  proxy.repair();
  await proxy.performLate();
  if (told !== 'done') await repeat(service, scenario, id);
  await scenario.holds?.(service, id);
  await requireRest(service);
}

/** Lets every statement of these scenarios fail in every way; `expected` are the names of all that change something. */
export function describeFaults(what: string, scenarios: readonly Scenario[], expected: readonly CallName[]): void {
  describe(`a PostgreSQL that fails at ${what}`, { skip: NO_POSTGRES }, () => {
    let server: PostgresForTests;
    const met = new Set<CallName>();
    let possible: number;
    let cases: readonly {
      readonly scenario: string;
      readonly fault: PostgresFault;
      readonly calls: readonly Statement[];
    }[];
    before(async () => {
      server = await postgresForTests();
      const [first] = scenarios;
      if (first) await callsOf(server.postgres, first); // starts decoders: a request that waits for one makes more calls
      const all: { scenario: string; fault: PostgresFault; calls: readonly Statement[] }[] = [];
      for (const scenario of scenarios) {
        const calls = await callsOf(server.postgres, scenario);
        for (const { name, place, isWrite } of calls) if (isWrite && place !== 'within') met.add(name);
        all.push(...casesOf(scenario, calls).map((fault) => ({ scenario: scenario.name, fault, calls })));
      }
      cases = casesInRun(all);
      possible = all.length;
    });
    after(() => server[Symbol.asyncDispose]());
    after(() => sharedImaging[Symbol.asyncDispose]());

    describe('ends in success or "later", and leaves no partial state', { concurrency: CONCURRENCY.scenarios }, () => {
      for (const scenario of scenarios) {
        it(`at ${scenario.name}`, { concurrency: CONCURRENCY.cases }, async (t) => {
          const own = cases.filter((one) => one.scenario === scenario.name);
          assert.ok(own.length > 0);
          const tests = own.map(({ fault, calls }) => {
            const { kind, name, nth, lasts } = fault;
            return t.test(`${kind} at ${name} ${nth}, ${lasts}`, async () => {
              for (let times = ROUNDS; times > 0; times -= 1) await run(server.postgres, { scenario, fault, calls });
            });
          });
          await Promise.all(tests);
        });
      }
    });

    it('is tested at every kind of change that the scenarios commit', (t) => {
      t.diagnostic(`${cases.length} of ${possible} cases`);
      assert.deepEqual([...met].toSorted(), expected);
    });
  });
}
