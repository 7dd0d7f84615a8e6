import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CODES, type LabelValues, METRICS, type Measure, type Metric, type MetricId } from './catalog.ts';
import { measuresOf } from './measures.ts';
import { SAMPLE_EVENTS, sampleRequest } from './sample-events.fixture.ts';

/** The values of the samples, where the configuration or the route table decides. */
const OPEN_SETS: { readonly [Set in Extract<LabelValues, string>]: readonly string[] } = {
  routes: ['/images', '/images/{id}'],
  statuses: ['200', '403'],
  gates: ['clamd'],
  version: [],
  codes: CODES,
  calls: ['get'],
};

/** Read from the process when they are asked for, or counted by the telemetry itself. */
const OF_PROCESS: readonly MetricId[] = [
  'activeRequests',
  'decoderJobs',
  'decoderProcesses',
  'confinement',
  'clockOffset',
  'databaseConnections',
  'databaseWaiting',
  'eventLoopDelay',
  'eventLoopUse',
  'heapUsed',
  'residentMemory',
  'cpuTime',
  'openFiles',
  'diskFree',
  'diskReserve',
  'build',
  'droppedSpans',
];

const valuesOf = (values: LabelValues): readonly string[] => (typeof values === 'string' ? OPEN_SETS[values] : values);

function requireInCatalog({ metric, value, labels }: Measure): void {
  const row: Metric = METRICS[metric];
  assert.ok(Number.isFinite(value) && value >= 0, `${metric}: expected a value of 0 or more; got ${value}`);
  for (const [label, given] of Object.entries(labels)) {
    const known = row.labels[label];
    assert.ok(known, `${metric}: expected a label of the catalog; got ${label}`);
    assert.ok(valuesOf(known).includes(given), `${metric}: expected a value of ${label}; got ${given}`);
  }
}

const all = Object.values(SAMPLE_EVENTS).flat().flatMap(measuresOf);

describe('measuresOf', () => {
  it('has only labels and values of the catalog', () => {
    for (const measure of all) requireInCatalog(measure);
  });

  it('gives every label of a metric, except those of a request that do not apply', () => {
    for (const { metric, labels } of all)
      assert.deepEqual(Object.keys(labels).toSorted(), Object.keys(METRICS[metric].labels).toSorted(), metric);
  });

  it('measures every metric from an event, except those of the process', () => {
    const measured = new Set(all.map(({ metric }) => metric));
    const missing = Object.keys(METRICS).filter((id) => !measured.has(id as MetricId));
    assert.deepEqual(missing.toSorted(), OF_PROCESS.toSorted());
  });

  it('has each fault of the catalog as an event of that name', () => {
    const faults = all.flatMap(({ metric, labels }) => (metric === 'faults' ? [labels['fault']] : []));
    assert.deepEqual(faults.toSorted(), [...METRICS.faults.labels.fault].toSorted());
  });

  it('counts as a round of the sweeper no measurement that failed', () => {
    const ofRounds = Object.values(SAMPLE_EVENTS)
      .flat()
      .filter((event) => measuresOf(event).some(({ metric }) => metric === 'sweeps'));
    assert.deepEqual(
      ofRounds.map(({ event }) => event),
      ['sweep-done', 'sweep-failed', 'walk-failed'],
    );
  });

  it('measures durations in seconds, and none below 0', () => {
    const [duration] = measuresOf({ ...sampleRequest, elapsedMs: 1_500 });
    assert.equal(duration?.value, 1.5);
    const arrived = { ...SAMPLE_EVENTS['upload-arrived'][0], sinceGrantMs: -40 } as Parameters<typeof measuresOf>[0];
    assert.equal(measuresOf(arrived).find(({ metric }) => metric === 'uploadDuration')?.value, 0);
  });

  it('takes no label from a request', () => {
    const odd = { ...sampleRequest, method: 'BREW', code: 'a-code-of-theirs', limit: 'no-limit', route: null };
    const measures = measuresOf({ ...odd, operation: null });
    assert.deepEqual(
      measures.map(({ metric, labels }) => [metric, labels]),
      [
        ['requestDuration', { 'http.request.method': '_OTHER', 'http.response.status_code': '403' }],
        ['requestBytes', {}],
        ['responseBytes', {}],
      ],
    );
  });

  it('leaves the route out of what anyone can cause on every route with every method', () => {
    const labelsOf = (more: Partial<typeof sampleRequest>) =>
      measuresOf({ ...sampleRequest, code: 'misdirected-host', status: 421, caller: 'none', ...more })[0]?.labels;
    assert.deepEqual(labelsOf({}), {
      'http.request.method': 'POST',
      'http.response.status_code': '421',
      'error.type': 'misdirected-host',
    });
    assert.equal(labelsOf({ caller: 'anonymous' })?.['http.route'], '/images');
    assert.equal(labelsOf({ code: 'unavailable', status: 503 })?.['http.route'], '/images', 'a fault of ours');
    assert.equal(labelsOf({ code: undefined, status: 200 })?.['http.route'], '/images', 'a page');
  });

  it('calls a request that the client left aborted, whatever the answer would have been', () => {
    const { code: _, ...request } = sampleRequest;
    const [duration] = measuresOf({ ...request, outcome: 'aborted', status: 0 });
    assert.deepEqual(duration?.labels, {
      'http.request.method': 'POST',
      'http.route': '/images',
      'error.type': 'aborted',
    });
  });

  it('counts only what a gate itself said', () => {
    const [passed] = SAMPLE_EVENTS['gate-passed'];
    assert.deepEqual(passed?.event === 'gate-passed' && measuresOf({ ...passed, by: 'person' }), []);
  });
});
