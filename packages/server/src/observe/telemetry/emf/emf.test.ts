import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ServiceEvent } from '../../observer/observer.ts';
import { type LabelValues, METRICS, type Metric } from '../metrics/catalog.ts';
import { SAMPLE_EVENTS, sampleRequest } from '../metrics/sample-events.fixture.ts';
import { createEmf } from './emf.ts';
import { combinationsOf, EMF_METRICS, MAX_COMBINATIONS } from './emf-metrics.ts';
import { dataOf, totalsOf } from './emf-schema.fixture.ts';

const OPENAPI = join(import.meta.dirname, '../../../../../../openapi.json');

const grant = { ...sampleRequest, route: '/uploads', operation: 'createUpload', elapsedMs: 12.3456 } as const;
const storeCall = (part: 'records' | 'objects', outcome: 'done' | 'failed'): ServiceEvent => ({
  event: 'store-call',
  part,
  call: 'get',
  outcome,
  elapsedMs: 5,
});

function createSink() {
  const lines: string[] = [];
  const write = (text: string): void => {
    assert.match(text, /\n$/, 'whole lines');
    lines.push(...text.trimEnd().split('\n'));
  };
  const emf = createEmf({ namespace: 'Safelight', now: () => new Date(1_000), write });
  return {
    lines,
    emf,
    during: (...events: ServiceEvent[]) => emf.invocation(async () => events.forEach(emf.listener)),
  };
}

describe('the metrics of the functions', () => {
  it('have at most 40 combinations, of labels and values of the catalog', () => {
    const combinations = EMF_METRICS.reduce((sum, row) => sum + combinationsOf(row), 0);
    assert.ok(combinations <= MAX_COMBINATIONS, `expected at most ${MAX_COMBINATIONS}; got ${combinations}`);
    for (const { metric, dimensions } of EMF_METRICS) {
      const labels: Metric['labels'] = METRICS[metric].labels;
      for (const [label, values] of Object.entries(dimensions)) {
        const known: LabelValues | undefined = labels[label];
        assert.ok(known !== undefined, `${metric} has no label ${label}`);
        if (typeof known === 'object')
          assert.deepEqual(
            values.filter((value) => !known.includes(value)),
            [],
            metric,
          );
      }
    }
  });

  it('have the templates of routes that exist', () => {
    const { paths } = JSON.parse(readFileSync(OPENAPI, 'utf8')) as { paths: object };
    const routes = EMF_METRICS.flatMap(({ dimensions }) => dimensions['http.route'] ?? []);
    assert.ok(routes.length > 0);
    for (const route of routes) assert.ok(route in paths, `expected a path of openapi.json; got ${route}`);
  });

  it('are lines of the format for every event, with no more combinations than the table has', async () => {
    const { lines, during } = createSink();
    const routes = ['/uploads', '/images/{id}', '/a/path', null];
    const requests = routes.map((route) => ({ ...sampleRequest, route, code: route === null ? 'internal' : 'mine' }));
    for (let round = 0; round < 3; round++) await during(...Object.values(SAMPLE_EVENTS).flat(), ...requests);
    const totals = totalsOf(lines);
    assert.ok(totals.size <= MAX_COMBINATIONS && totals.size >= 15, [...totals.keys()].join('\n'));
    assert.doesNotMatch(lines.join(), /0190a0a0|alice|key-1|192\.0\.2|request-1|mine|a\/path/);
  });

  it('add up an invocation, and say nothing twice', async () => {
    const { lines, during } = createSink();
    await during(grant, ...SAMPLE_EVENTS['upload-granted'], ...SAMPLE_EVENTS['upload-granted']);
    await during(grant, ...SAMPLE_EVENTS['upload-ready'], storeCall('records', 'done'), storeCall('records', 'failed'));
    await during();
    assert.deepEqual(Object.fromEntries(totalsOf(lines)), {
      'http.server.request.duration{}': { sum: 0.0246, count: 2 },
      'http.server.request.duration{http.route=/uploads}': { sum: 0.0246, count: 2 },
      'safelight.refusals{code=quota-exceeded}': { sum: 2, count: 2 },
      'safelight.uploads{state=granted}': { sum: 2, count: 1 },
      'safelight.uploads{state=ready}': { sum: 1, count: 1 },
      'safelight.upload.duration{phase=arrived-ready}': { sum: 1, count: 1 },
      'safelight.upload.duration{phase=granted-ready}': { sum: 3, count: 1 },
      'safelight.call.duration{part=records,outcome=failed}': { sum: 0.005, count: 1 },
    });
  });

  it('need one line for a request', async () => {
    const { lines, during } = createSink();
    await during(grant, ...SAMPLE_EVENTS['upload-granted'], storeCall('records', 'done'));
    assert.equal(lines.length, 1);
    assert.ok((lines[0] ?? '').length < 600, lines[0]);
  });

  it('take further lines for more than a hundred values of one metric', async () => {
    const { lines, during } = createSink();
    const found = (elapsedMs: number): ServiceEvent => ({ event: 'rendition-found', source: 'made', elapsedMs });
    await during(...Array.from({ length: 250 }, (_, index) => found(index + 1)), found(1));
    assert.deepEqual(
      lines.map((line) => dataOf(line).length),
      [1, 1, 1],
    );
    assert.equal(totalsOf(lines).get('safelight.rendition.duration{source=made}')?.count, 251);
  });

  it('tell the last value of a gauge', async () => {
    const { lines, during } = createSink();
    const due = (ageMs: number): ServiceEvent => ({ event: 'due-measured', lane: 'recovery', ageMs });
    await during(due(9_000), due(4_000));
    assert.deepEqual(lines.flatMap(dataOf), [{ combination: 'safelight.due.age{lane=recovery}', sum: 4, count: 1 }]);
  });

  it('are lost if nothing takes them, and the answer is not', async () => {
    const write = (): void => {
      throw new Error('no space left');
    };
    const emf = createEmf({ namespace: 'Safelight', now: () => new Date(1_000), write });
    const warned = once(process, 'warning');
    const answer = await emf.invocation(async () => {
      emf.listener(grant);
      return 'answer';
    });
    assert.equal(answer, 'answer');
    assert.equal(((await warned) as [Error])[0].message, 'no space left');
  });

  it('are written before the answer, also before that of a failure', async () => {
    const { lines, emf } = createSink();
    const failure = new Error('the work failed');
    const invoked = emf.invocation(async () => {
      emf.listener(grant);
      throw failure;
    });
    await assert.rejects(invoked, failure);
    assert.equal(lines.length, 1);
  });
});
