import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import type { Call } from '../faults/faulty-proxy.ts';
import { casesInRun, sitesOf } from '../faults/matrix-part.ts';
import { repeatsOf } from '../repeats.ts';
import { PATIENT_TIMEOUTS } from '../services/patience.ts';
import { createS3Service, SHORT_TIMEOUTS } from '../services/s3-service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';
import { requireRest } from './agreement.ts';
import { faultsOf, type S3Fault, type S3FaultKind } from './fault-kinds.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

/** Cases mostly wait for timeouts and retries. */
const CONCURRENCY = { scenarios: 4, cases: 6 };

const { count: ROUNDS } = repeatsOf('faultMatrices');

/** While the background work of an earlier answer continues. */
const LOOK_AGAIN_MS = 50;

/** The first request and its retries. */
const MOST_ATTEMPTS = 3;
/** The limit for a body that is cut in halves; cuts after much progress don't count. */
const MOST_RESUMPTIONS = 8;

/** Faults that end by a timeout. In other cases a short one would end calls that have no fault. */
const WAITED_FOR: readonly S3FaultKind[] = ['silence'];

/** The differences that a variant may leave. */
const OF_VARIANTS: readonly S3FaultKind[] = ['silence', 'cut', 'cut answer', 'lost answer', 'late'];

const casesOf = ({ isVariant }: Scenario, calls: readonly Call[]): S3Fault[] =>
  sitesOf(calls).flatMap(({ call, nth }): S3Fault[] => {
    const at = { name: call.name, nth };
    const lasting = faultsOf(call).filter((kind) => !isVariant || OF_VARIANTS.includes(kind));
    return [
      ...(isVariant ? [] : faultsOf(call).map((kind) => ({ ...at, kind, lasts: 'once' as const }))),
      ...lasting.map((kind) => ({ ...at, kind, lasts: 'for this call' as const })),
      { ...at, kind: 'cut', lasts: 'for every call' },
    ];
  });

const attemptsAt = ({ kind, name }: S3Fault): number =>
  kind === 'cut answer' && name.startsWith('GET ') ? MOST_RESUMPTIONS : MOST_ATTEMPTS;

describe('a store that fails', { skip: NO_CEPH }, () => {
  let server: S3ForTests;
  const met = new Set<string>();
  let possible: number;
  let cases: readonly { readonly scenario: string; readonly fault: S3Fault }[];
  before(async () => {
    server = await s3ForTests();
    const all: { scenario: string; fault: S3Fault }[] = [];
    for (const scenario of SCENARIOS) {
      const calls = await callsOf(scenario);
      for (const { name } of calls) met.add(name);
      all.push(...casesOf(scenario, calls).map((fault) => ({ scenario: scenario.name, fault })));
    }
    cases = casesInRun(all);
    possible = all.length;
  });
  after(() => server[Symbol.asyncDispose]());
  after(() => sharedImaging[Symbol.asyncDispose]());

  async function callsOf(scenario: Scenario): Promise<readonly Call[]> {
    await using service = await createS3Service(server.s3, scenario);
    const id = await scenario.prepare(service);
    const before = service.proxy.calls.length;
    assert.equal(await scenario.act(service, id), 'done');
    const calls = service.proxy.calls.slice(before);
    await requireRest(service);
    return calls;
  }

  async function run(scenario: Scenario, fault: S3Fault): Promise<void> {
    const timeouts = WAITED_FOR.includes(fault.kind) ? SHORT_TIMEOUTS : PATIENT_TIMEOUTS;
    await using service = await createS3Service(server.s3, { ...scenario, timeouts });
    const { proxy } = service;
    const id = await scenario.prepare(service);
    const injected = proxy.fail(fault);
    const told = await scenario.act(service, id);

    if (scenario.isAnsweredEarly) await until(async () => injected.hits() > 0);
    assert.ok(injected.hits() > 0, 'expected the call to be made and to fail');
    if (fault.lasts === 'once') assert.equal(told, 'done', 'expected a retry to hide a single fault');
    if (fault.lasts === 'for this call') assert.ok(injected.hits() <= attemptsAt(fault), `${injected.hits()} attempts`);
    assert.doesNotMatch(told, /^wrong/);

    proxy.repair();
    await proxy.performLate();
    if (told !== 'done') {
      let again = await scenario.act(service, id);
      while (scenario.isAnsweredEarly && again === 'later') {
        await delay(LOOK_AGAIN_MS);
        again = await scenario.act(service, id);
      }
      assert.equal(again, 'done', 'expected the next attempt to succeed');
    }
    await requireRest(service);
  }

  describe('ends in success or "later", and leaves no partial state', { concurrency: CONCURRENCY.scenarios }, () => {
    for (const scenario of SCENARIOS) {
      it(`at ${scenario.name}`, { concurrency: CONCURRENCY.cases }, async (t) => {
        const own = cases.filter((one) => one.scenario === scenario.name);
        assert.ok(own.length > 0);
        const tests = own.map(({ fault }) => {
          const { kind, name, nth, lasts } = fault;
          return t.test(`${kind} at ${name} ${nth}, ${lasts}`, async () => {
            for (let times = ROUNDS; times > 0; times -= 1) await run(scenario, fault);
          });
        });
        await Promise.all(tests);
      });
    }
  });

  it('is tested at every kind of call of the service', (t) => {
    t.diagnostic(`${cases.length} of ${possible} cases`);
    assert.deepEqual([...met].toSorted(), [
      'ABORT incoming',
      'BEGIN incoming',
      'COMPLETE incoming',
      'COPY images',
      'DELETE images',
      'DELETE images+incoming',
      'DELETE images+incoming+renditions',
      'DELETE incoming',
      'DELETE renditions',
      'GET images',
      'GET renditions',
      'HEAD incoming',
      'HEAD renditions',
      'LIST images',
      'LIST incoming',
      'LIST renditions',
      'PARTS incoming',
      'PUT images',
      'PUT renditions',
      'UPLOADS incoming',
      'VERSIONS images',
      'VERSIONS incoming',
    ]);
  });
});
