import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { METRICS, type Metric } from './catalog.ts';
import { labelOf, nameInCollector, nameInMetrics } from './names.ts';

/** What the exporter writes of a metric with one value, which has all its labels. */
async function written({ name, kind, unit, labels }: Metric): Promise<string> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  const meter = provider.getMeter('safelight');
  const attributes = Object.fromEntries(Object.keys(labels).map((label) => [label, 'value']));
  if (kind === 'counter') meter.createCounter(name, { unit }).add(1, attributes);
  if (kind === 'gauge') meter.createGauge(name, { unit }).record(1, attributes);
  if (kind === 'histogram') meter.createHistogram(name, { unit }).record(1, attributes);
  const { resourceMetrics } = await reader.collect();
  await provider.shutdown();
  return new PrometheusSerializer('', false, undefined, true, true).serialize(resourceMetrics);
}

describe('the names of metrics', () => {
  for (const metric of Object.values<Metric>(METRICS)) {
    it(`${metric.name} is called as the exporter calls it`, async () => {
      const text = await written(metric);
      assert.match(text, new RegExp(`^# TYPE ${nameInMetrics(metric)} ${metric.kind}$`, 'm'));
      const [, shown = ''] = /^[a-z]\w*\{(.*)\}/m.exec(text) ?? [];
      const labels = [...shown.matchAll(/(\w+)="value"/g)].map(([, label]) => label);
      assert.deepEqual(labels, Object.keys(metric.labels).map(labelOf));
    });
  }

  it('are those of the specification in a Collector', () => {
    const inCollector = Object.fromEntries(
      Object.values<Metric>(METRICS).map((metric) => [metric.name, nameInCollector(metric)]),
    );
    assert.equal(inCollector['http.server.request.duration'], 'http_server_request_duration_seconds');
    assert.equal(inCollector['http.server.request.body.size'], 'http_server_request_body_size_bytes');
    assert.equal(inCollector['http.server.active_requests'], 'http_server_active_requests');
    assert.equal(inCollector['safelight.uploads'], 'safelight_uploads_total');
    assert.equal(inCollector['process.cpu.time'], 'process_cpu_time_seconds_total');
    assert.equal(inCollector['nodejs.eventloop.utilization'], 'nodejs_eventloop_utilization_ratio');
    assert.equal(inCollector['v8js.memory.heap.used'], 'v8js_memory_heap_used_bytes');
  });

  it('are different for each metric', () => {
    for (const nameOf of [nameInMetrics, nameInCollector]) {
      const names = Object.values<Metric>(METRICS).map(nameOf);
      assert.equal(new Set(names).size, names.length);
    }
  });
});
