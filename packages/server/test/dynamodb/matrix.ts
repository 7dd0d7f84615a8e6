import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DynamoEndpoint } from '../../../../test/servers/dynamo-endpoint.ts';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import type { Call } from '../faults/faulty-proxy.ts';
import type { CallName } from '../faults/injection.ts';
import { casesInRun, sitesOf } from '../faults/matrix-part.ts';
import { repeat } from '../faults/records/repeat.ts';
import type { Scenario as ScenarioOn } from '../faults/records/scenario.ts';
import { repeatsOf } from '../repeats.ts';
import { createDynamodbService, type DynamodbService, SHORT_TIMEOUTS } from '../services/dynamodb-service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';
import { requireRest } from './agreement.ts';
import { type DynamodbFault, type DynamodbFaultKind, faultsOf } from './fault-kinds.ts';

type Scenario = ScenarioOn<DynamodbService>;

/** Cases mostly wait for timeouts and retries. */
const CONCURRENCY = { scenarios: 5, cases: 8 };

const { count: ROUNDS } = repeatsOf('faultMatrices');

/** The SDK's attempts: the first request and its retries. */
const ATTEMPTS = 4;
/** This service's attempts, for calls that the SDK doesn't retry. */
const PATIENT_ATTEMPTS = 10;

/** Errors that are retried without a long wait. */
const PATIENT: readonly DynamodbFaultKind[] = [
  'conflict',
  'conflict of transactions',
  'transaction throttled',
  'all keys unprocessed',
  'some keys unprocessed',
];

/** Valid answers, not faults: any number of them is acceptable. */
const GOOD: readonly DynamodbFaultKind[] = ['stale', 'half a page'];

/** The SDK handles these like other kinds, so only the first call of a scenario gets them. */
const SAME: readonly DynamodbFaultKind[] = ['unavailable', 'throttling', 'cut'];

/**
 * Not tested as permanent faults: either equivalent to others, or impossible (after an empty page there is one with
 * items).
 */
const PASSING: readonly DynamodbFaultKind[] = ['internal error', 'cut answer', 'nothing of a page', ...SAME];
/** Slow and equivalent to others, so only the first call gets it as a permanent fault. */
const SLOW: DynamodbFaultKind = 'silence';

const casesOf = ({ only }: Scenario, calls: readonly Call[]): DynamodbFault[] =>
  sitesOf(calls).flatMap(({ call, nth }, index): DynamodbFault[] => {
    const at = { name: call.name, nth };
    const possible = faultsOf(call).filter((kind) => !only || only.includes(kind));
    const kinds = possible.filter((kind) => index === 0 || !SAME.includes(kind));
    const lasting = kinds.filter((kind) => !PASSING.includes(kind) && (index === 0 || kind !== SLOW));
    return [
      ...kinds.map((kind) => ({ ...at, kind, lasts: 'once' as const })),
      ...lasting.map((kind) => ({ ...at, kind, lasts: 'for this call' as const })),
      ...(only ? [] : [{ ...at, kind: 'cut' as const, lasts: 'for every call' as const }]),
    ];
  });

/** Whether the last write may be missing. */
const mayMiss = ({ isAnsweredEarly, isRepeated }: Scenario, { kind, name }: DynamodbFault): boolean =>
  isAnsweredEarly ||
  (kind === 'stale' && name.startsWith('Query ')) ||
  (kind === 'nothing of a page' && isRepeated === true);

/**
 * The maximum number of attempts at a permanently failing call: at each of its places, and in clean-up after a failure.
 */
function mostAttempts({ kind, name }: DynamodbFault, calls: readonly Call[]): number {
  if (GOOD.includes(kind)) return Number.POSITIVE_INFINITY;
  const places = calls.filter((call) => call.name === name).length;
  return (places + 1) * (PATIENT.includes(kind) ? PATIENT_ATTEMPTS : ATTEMPTS);
}

const optionsOf = ({ environment, gateRules }: Scenario) => ({ environment, gateRules });

async function callsOf(dynamo: DynamoEndpoint, scenario: Scenario): Promise<readonly Call[]> {
  await using service = await createDynamodbService(dynamo, optionsOf(scenario));
  const id = await scenario.prepare(service);
  const before = service.proxy.calls.length;
  assert.equal(await scenario.act(service, id), 'done');
  const calls = service.proxy.calls.slice(before);
  await scenario.holds?.(service, id);
  await requireRest(service);
  return calls;
}

interface Case {
  readonly scenario: Scenario;
  readonly fault: DynamodbFault;
  /** The calls of the scenario without faults. */
  readonly calls: readonly Call[];
}

async function run(dynamo: DynamoEndpoint, { scenario, fault, calls }: Case): Promise<void> {
  await using service = await createDynamodbService(dynamo, {
    ...optionsOf(scenario),
    timeouts: fault.kind === 'silence' ? SHORT_TIMEOUTS : undefined,
  });
  const { proxy } = service;
  const id = await scenario.prepare(service);
  const injected = proxy.fail(fault);
  const told = await scenario.act(service, id);

  assert.ok(injected.hits() > 0, 'expected the call to be made and to fail');
  assert.doesNotMatch(told, /^wrong/);
  if (!mayMiss(scenario, fault)) assert.notEqual(told, 'stale');
  if (fault.lasts === 'once') assert.notEqual(told, 'later', 'expected a retry to hide a single fault');
  if (fault.lasts === 'for this call') {
    assert.ok(injected.hits() <= mostAttempts(fault, calls), `${injected.hits()} attempts`);
  }

  proxy.repair();
  await proxy.performLate();
  if (told !== 'done') await repeat(service, scenario, id);
  await scenario.holds?.(service, id);
  await requireRest(service);
}

/** Lets every call of these scenarios fail in every way; `expected` are the names of all their calls. */
export function describeFaults(what: string, scenarios: readonly Scenario[], expected: readonly CallName[]): void {
  describe(`a table that fails at ${what}`, { skip: NO_DYNOXIDE }, () => {
    let server: DynamoForTests;
    const met = new Set<CallName>();
    let possible: number;
    let cases: readonly { readonly scenario: string; readonly fault: DynamodbFault; readonly calls: readonly Call[] }[];
    before(async () => {
      server = await dynamoForTests();
      const [first] = scenarios;
      if (first) await callsOf(server.dynamo, first); // starts decoders: a request that waits for one makes more calls
      const all: { scenario: string; fault: DynamodbFault; calls: readonly Call[] }[] = [];
      for (const scenario of scenarios) {
        const calls = await callsOf(server.dynamo, scenario);
        for (const { name } of calls) met.add(name);
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
              for (let times = ROUNDS; times > 0; times -= 1) await run(server.dynamo, { scenario, fault, calls });
            });
          });
          await Promise.all(tests);
        });
      }
    });

    it('is tested at every kind of call that the scenarios make', (t) => {
      t.diagnostic(`${cases.length} of ${possible} cases`);
      assert.deepEqual([...met].toSorted(), expected);
    });
  });
}
