import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig } from '../config.ts';
import { misspelledVariables } from '../misspelled-variables.ts';
import { problemsOf } from '../problems-of.fixture.ts';
import {
  ignoredOnLambda,
  READ_BY_PACKAGES,
  unreadableAttributes,
  unreadTelemetryVariables,
} from './unread-variables.ts';

const MODULES = join(import.meta.dirname, '../../../../../../node_modules/@opentelemetry');

const telemetryOf = (environment: Record<string, string>) => loadConfig(environment).config.telemetry;

const PORT = { METRICS_PORT: '9464' };
const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
const DEFAULTS = {
  metricsPort: null,
  workerMetricsPort: null,
  metricsHost: '127.0.0.1',
  otlpEndpoint: null,
  sampler: 'parentbased_traceidratio',
  samplerShare: 0.01,
  metricExportMs: 60_000,
};

describe('telemetry', () => {
  it('is on with a port or a receiver, unless it is disabled', () => {
    assert.equal(telemetryOf({ METRICS_HOST: '0.0.0.0', OTEL_TRACES_SAMPLER: 'always_on' }), null);
    assert.deepEqual(telemetryOf(PORT), { ...DEFAULTS, metricsPort: 9_464 });
    assert.deepEqual(telemetryOf({ WORKER_METRICS_PORT: '9465' }), { ...DEFAULTS, workerMetricsPort: 9_465 });
    assert.deepEqual(telemetryOf(ENDPOINT), { ...DEFAULTS, otlpEndpoint: 'http://collector:4318' });
    assert.equal(telemetryOf({ ...PORT, ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }), null);
  });

  it('has its settings from the environment', () => {
    const given = {
      ...PORT,
      METRICS_HOST: '0.0.0.0',
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '.5',
      OTEL_METRIC_EXPORT_INTERVAL: '5000',
    };
    assert.deepEqual(telemetryOf(given), {
      ...DEFAULTS,
      metricsPort: 9_464,
      metricsHost: '0.0.0.0',
      sampler: 'traceidratio',
      samplerShare: 0.5,
      metricExportMs: 5_000,
    });
  });

  it('refuses the port of PORT, which clients reach', () => {
    const METRICS_PORT = 'expected another port than PORT, which clients reach; got 8000';
    assert.deepEqual(problemsOf({ METRICS_PORT: '8000' }), { METRICS_PORT });
    assert.deepEqual(problemsOf({ METRICS_PORT: '8000', PORT: '8001' }), {});
  });

  it('lets a worker have the port of PORT, since it has no other', () => {
    assert.equal(telemetryOf({ PORT: '9464', WORKER_METRICS_PORT: '9464' })?.workerMetricsPort, 9_464);
  });
});

describe('a variable of OpenTelemetry', () => {
  for (const [given, sentence] of [
    ['OTEL_TRACES_EXPORTER', 'OTEL_TRACES_EXPORTER is set, but nothing here reads it.'],
    ['OTEL_SERVICE_NAMES', 'OTEL_SERVICE_NAMES is set, but nothing here reads it: did you mean OTEL_SERVICE_NAME?'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL is ignored: the protocol is http/protobuf.'],
    [
      'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
      'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT is set without OTEL_EXPORTER_OTLP_ENDPOINT: nothing is sent.',
    ],
  ] as const)
    it(`is reported, without its value: ${given}`, () => {
      const environment = { [given]: 'hunter2', PATH: '/bin' };
      assert.deepEqual(unreadTelemetryVariables(environment), [sentence]);
      assert.deepEqual(misspelledVariables(environment), [], 'expected one sentence for it');
    });

  it('is not reported if the service or a package reads it', () => {
    const ours = { ...PORT, ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf', OTEL_SDK_DISABLED: 'false' };
    const theirs = Object.fromEntries(READ_BY_PACKAGES.map((name) => [name, 'x']));
    assert.deepEqual(unreadTelemetryVariables({ ...theirs, ...ours }), []);
    assert.deepEqual(unreadTelemetryVariables({ OTEL_TRACES_EXPORTER: ' ' }), []);
  });

  it('is not reported only if a package has its name', () => {
    const files = globSync(['*/dist/**/*.mjs'], { cwd: MODULES }).map((file) =>
      readFileSync(join(MODULES, file), 'utf8'),
    );
    const sources = files.join('\n').replace(/\$\{signalIdentifier\}/g, 'METRICS');
    assert.deepEqual(
      READ_BY_PACKAGES.filter((name) => !sources.includes(name.replace('_TRACES_', '_METRICS_'))),
      [],
    );
  });

  it('is reported if its packages would drop all attributes of the resource', () => {
    for (const sound of ['', 'a=b', ' a = b , c=%2C,', 'a='])
      assert.deepEqual(unreadableAttributes({ OTEL_RESOURCE_ATTRIBUTES: sound }), [], sound);
    for (const broken of ['a', 'a=b=c', 'a=b,c', '=b', 'a=%', `a=${'b'.repeat(256)}`])
      assert.equal(unreadableAttributes({ OTEL_RESOURCE_ATTRIBUTES: broken }).length, 1, broken);
  });

  it('is reported on Lambda, with the ports, which do nothing there', () => {
    assert.deepEqual(ignoredOnLambda(null), []);
    const sentences = ignoredOnLambda(telemetryOf({ ...PORT, ...ENDPOINT, WORKER_METRICS_PORT: '9465' }));
    assert.deepEqual(
      sentences.map((sentence) => sentence.split(' ')[0]),
      ['METRICS_PORT', 'WORKER_METRICS_PORT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    );
  });
});
