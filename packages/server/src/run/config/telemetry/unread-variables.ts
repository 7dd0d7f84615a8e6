import type { TelemetryConfig } from '../../../observe/telemetry/telemetry-config.ts';
import { isOneEditApart } from '../../../text/similar-name.ts';
import { TELEMETRY_VARIABLES } from './telemetry-variables.ts';

type Environment = { readonly [name: string]: string | undefined };

/** OpenTelemetry's variables, for all signals or for one. */
const OF_RECEIVER = [
  'HEADERS',
  'TIMEOUT',
  'COMPRESSION',
  'CERTIFICATE',
  'CLIENT_CERTIFICATE',
  'CLIENT_KEY',
  'ENDPOINT',
] as const;

/** The variables that OpenTelemetry's packages read themselves. */
export const READ_BY_PACKAGES: readonly string[] = [
  'OTEL_SERVICE_NAME',
  'OTEL_RESOURCE_ATTRIBUTES',
  ...['', 'METRICS_', 'TRACES_'].flatMap((signal) => OF_RECEIVER.map((one) => `OTEL_EXPORTER_OTLP_${signal}${one}`)),
];

const READ = new Set([...Object.values(TELEMETRY_VARIABLES).map(({ name }) => name), ...READ_BY_PACKAGES]);

/** Sentences for set `OTEL_*` variables without effect. Omits values: headers have credentials. */
export function unreadTelemetryVariables(environment: Environment): string[] {
  const isSet = (name: string): boolean => Boolean(environment[name]?.trim());
  const endpoint = TELEMETRY_VARIABLES.otlpEndpoint.name;
  return Object.keys(environment).flatMap((given) => {
    if (!given.startsWith('OTEL_') || !isSet(given)) return [];
    if (READ.has(given)) return isOfSignal(given) && !isSet(endpoint) ? [withoutEndpoint(given)] : [];
    if (given === PROTOCOL) return environment[given]?.trim() === OUR_PROTOCOL ? [] : [OTHER_PROTOCOL];
    const meant = [...READ].find((name) => isOneEditApart(given, name));
    return [`${given} is set, but nothing here reads it${meant === undefined ? '.' : `: did you mean ${meant}?`}`];
  });
}

const isOfSignal = (name: string): boolean => /_OTLP_(?:METRICS|TRACES)_ENDPOINT$/.test(name);

const withoutEndpoint = (name: string): string =>
  `${name} is set without ${TELEMETRY_VARIABLES.otlpEndpoint.name}: nothing is sent.`;

const PROTOCOL = 'OTEL_EXPORTER_OTLP_PROTOCOL';
const OUR_PROTOCOL = 'http/protobuf';
const OTHER_PROTOCOL = `${PROTOCOL} is ignored: the protocol is ${OUR_PROTOCOL}.`;

/** Its packages drop all of it for one entry that they can't read, without a word. */
export const unreadableAttributes = (environment: Environment): string[] =>
  (environment['OTEL_RESOURCE_ATTRIBUTES'] ?? '').split(',').every((entry) => entry.trim() === '' || isEntry(entry))
    ? []
    : [
        'OTEL_RESOURCE_ATTRIBUTES is ignored: expected key=value, with commas between and other `,` and `=` as %2C and %3D.',
      ];

function isEntry(entry: string): boolean {
  const [key = '', value, ...more] = entry.split('=').map((one) => one.trim());
  return key !== '' && value !== undefined && more.length === 0 && [key, value].every(isShortText);
}

/** The limit of @opentelemetry/resources. */
const MAX_LENGTH = 255;

function isShortText(given: string): boolean {
  try {
    return decodeURIComponent(given).length <= MAX_LENGTH;
  } catch {
    return false;
  }
}

/** Sentences for what a Lambda function can't do: nobody reaches its ports, and it may be frozen after any answer. */
export function ignoredOnLambda(config: TelemetryConfig | null): string[] {
  if (config === null) return [];
  const { metricsPort, workerMetricsPort, otlpEndpoint } = config;
  const { metricsPort: port, workerMetricsPort: ofWorker, otlpEndpoint: endpoint } = TELEMETRY_VARIABLES;
  return [
    ...(metricsPort === null ? [] : [port.name]),
    ...(workerMetricsPort === null ? [] : [ofWorker.name]),
    ...(otlpEndpoint === null ? [] : [endpoint.name]),
  ].map((name) => `${name} is ignored: a Lambda function writes its metrics to its log, and has no traces.`);
}
