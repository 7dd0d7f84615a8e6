import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Measure, MetricId } from './catalog.ts';
import { createTally } from './tally.ts';

const SETS = { routes: ['/images', '/images/{id}'], gates: ['clamd'] };
const MINUTE_MS = 60_000;

const begin = (elapsedMs = () => 0) => {
  const tally = createTally(SETS, { elapsedMs });
  const add = (metric: MetricId, value: number, labels: Measure['labels']) => tally.add({ metric, value, labels });
  const series = (id: MetricId) => tally.series().get(id) ?? [];
  return { add, series };
};

const request = (labels: Measure['labels']) => ({
  'http.request.method': 'GET',
  'http.response.status_code': '200',
  ...labels,
});

describe('a tally', () => {
  it('adds up a counter by its labels', () => {
    const { add, series } = begin();
    add('operations', 1, { operation: 'listImages', caller: 'user' });
    add('operations', 2, { operation: 'listImages', caller: 'user' });
    add('operations', 1, { operation: 'listImages', caller: 'admin' });
    assert.deepEqual(
      series('operations').map(({ labels, value }) => [labels['caller'], value]),
      [
        ['user', 3],
        ['admin', 1],
      ],
    );
  });

  it('counts a value that is a bound in the bucket below it', () => {
    const { add, series } = begin();
    for (const bytes of [0, 1_024, 1_025, 33_554_432, 33_554_433])
      add('requestBytes', bytes, { 'http.route': '/images' });
    const [one] = series('requestBytes');
    assert.deepEqual(one?.buckets, [2, 1, 0, 1, 1]);
    assert.equal(one.value, 1_024 + 1_025 + 33_554_432 + 33_554_433);
  });

  it('starts counters with few combinations at 0, and no others', () => {
    const { series } = begin();
    assert.deepEqual(
      series('uploads').map(({ value }) => value),
      [0, 0, 0, 0, 0, 0],
    );
    assert.deepEqual(
      series('verdicts').map(({ labels }) => labels),
      ['passed', 'refused', 'failed'].map((verdict) => ({ gate: 'clamd', verdict })),
    );
    assert.ok(series('faults').length > 10);
    for (const id of ['operations', 'requestDuration', 'deadLetters'] as const) assert.deepEqual(series(id), [], id);
  });

  it('leaves out a value that is not of its set, and still counts', () => {
    const { add, series } = begin();
    for (const user of ['alice', 'bob', '/images\n', '200']) {
      const labels = request({ 'http.route': user, 'error.type': user, 'http.response.status_code': `${user}\n` });
      add('requestDuration', 1, labels);
    }
    const all = series('requestDuration');
    assert.deepEqual(
      all.map(({ labels }) => labels),
      [{ 'http.request.method': 'GET' }],
    );
    assert.deepEqual(
      all.map(({ value }) => value),
      [4],
    );
    add('calls', 1, { part: 'records', call: 'get; drop', outcome: 'done', user: 'alice' });
    assert.deepEqual(series('calls')[0]?.labels, { part: 'records', outcome: 'done' });
  });

  it('keeps 2,000 combinations apart at most, and the rest together', () => {
    const { add, series } = begin();
    const statuses = Array.from({ length: 500 }, (_, index) => String(index + 100));
    for (const status of statuses)
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH'])
        add('requestDuration', 1, { 'http.request.method': method, 'http.response.status_code': status });
    const all = series('requestDuration');
    assert.equal(all.length, 2_001);
    assert.deepEqual(all.at(-1)?.labels, { 'otel.metric.overflow': 'true' });
    assert.equal(
      all.reduce((sum, { value }) => sum + value, 0),
      2_500,
    );
  });

  it('forgets what nobody has measured for three minutes', () => {
    let now = 0;
    const { add, series } = begin(() => now);
    add('deadLetters', 3, {});
    now = 2 * MINUTE_MS;
    assert.deepEqual(
      series('deadLetters').map(({ value }) => value),
      [3],
    );
    now = 3 * MINUTE_MS;
    assert.deepEqual(series('deadLetters'), []);
    add('deadLetters', 0, {});
    assert.deepEqual(
      series('deadLetters').map(({ value }) => value),
      [0],
    );
  });
});
