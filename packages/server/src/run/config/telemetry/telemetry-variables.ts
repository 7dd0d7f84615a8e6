import { SAMPLERS } from '../../../observe/telemetry/telemetry-config.ts';
import { expected, flag, integer, oneOf, variable } from '../variable.ts';

const port = (given: string): number | null => (given === '' ? null : integer(1, 65_535)(given));

/** CloudWatch's characters; it reserves names that begin with `AWS/`. */
const namespace = (given: string): string | null => {
  if (given === 'off') return null;
  return /^(?!AWS\/)[\w./#-]{1,255}$/.test(given)
    ? given
    : expected('off, or a namespace of letters, digits and ._/#-');
};

const ratio = (given: string): number => {
  const value = Number(given);
  return /^\d*\.?\d+$/.test(given) && value <= 1 ? value : expected('a number from 0 to 1');
};

/** The packages take localhost for a URL that they can't parse. */
const receiver = (given: string): string | null => {
  if (given === '') return null;
  const url = /^https?:\/\//i.test(given) ? URL.parse(given) : null;
  if (!url || /[?#]/.test(given)) return expected('an http or https URL without a query, as http://collector:4318');
  return given;
};

export const TELEMETRY_VARIABLES = {
  metricsPort: variable({
    name: 'METRICS_PORT',
    group: 'telemetry',
    default: '',
    about:
      'A port of its own for `GET /metrics`, in the form of Prometheus; not PORT. Unset: none. Whoever reaches it reads all metrics, but no browser. A second process on one machine needs a port of its own.',
    parse: port,
  }),
  workerMetricsPort: variable({
    name: 'WORKER_METRICS_PORT',
    group: 'telemetry',
    default: '',
    about: 'The same for `npm run work`.',
    parse: port,
  }),
  metricsHost: variable({
    name: 'METRICS_HOST',
    group: 'telemetry',
    default: '127.0.0.1',
    about: 'The address of both ports. `0.0.0.0` in a container, whose port is published nowhere.',
    parse: (given) => (given === '' ? '127.0.0.1' : given),
  }),
  otlpEndpoint: variable({
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    group: 'telemetry',
    default: '',
    about:
      "The base URL of an OpenTelemetry receiver (OTLP over HTTP), which gets metrics and traces. OpenTelemetry's packages read the other `OTEL_EXPORTER_OTLP_*`, `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`.",
    parse: receiver,
  }),
  telemetryIsDisabled: variable({
    name: 'OTEL_SDK_DISABLED',
    group: 'telemetry',
    default: 'false',
    about: '`true`: nothing is sent, whatever the other variables say. `METRICS_PORT` is closed too.',
    parse: flag,
  }),
  tracesSampler: variable({
    name: 'OTEL_TRACES_SAMPLER',
    group: 'telemetry',
    default: 'parentbased_traceidratio',
    about: `Which traces are kept: one of ${SAMPLERS.join(', ')}.`,
    parse: oneOf(...SAMPLERS),
  }),
  tracesSamplerArg: variable({
    name: 'OTEL_TRACES_SAMPLER_ARG',
    group: 'telemetry',
    default: '0.01',
    about: 'The share of traces that a sampler with `traceidratio` keeps.',
    parse: ratio,
  }),
  metricExportMs: variable({
    name: 'OTEL_METRIC_EXPORT_INTERVAL',
    group: 'telemetry',
    default: '60000',
    about: 'Between two reports of metrics to the receiver, in milliseconds.',
    parse: integer(1_000, 3_600_000),
  }),
  lambdaMetrics: variable({
    name: 'LAMBDA_METRICS',
    group: 'telemetry',
    default: 'Safelight',
    about:
      'The namespace in CloudWatch of the metrics that the Lambda functions write as lines of their log, at most 40, each billed; another one for a second deployment in the same account and region. `off`: none.',
    parse: namespace,
  }),
} as const;
