const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string | null;
  readonly dataDir: string;
  readonly allowOpen: boolean;
  readonly corsOrigins: 'loopback' | readonly string[];
  readonly maxDirectUploadBytes: number;
  readonly maxUploadBytes: number;
  readonly presignedSeconds: number;
  readonly finalizeOnRead: boolean;
  readonly transformTimeoutSeconds: number;
  readonly maxEventLoopDelayMs: number;
  /** null: by the container's own limit. */
  readonly maxMemoryBytes: number | null;
  readonly logLevel: LogLevel;
  readonly logFormat: 'auto' | 'pretty' | 'json';
}

export interface Secrets {
  /** The first signs, all verify; null: one is made and kept in the data folder. */
  readonly secretKeys: readonly [string, ...string[]] | null;
}

/** One wrong variable: its name, what was given, what is expected. */
export interface ConfigProblem {
  readonly name: string;
  readonly detail: string;
}

export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ name, detail }) => `${name}: ${detail}`).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

type Environment = { readonly [name: string]: string | undefined };

interface Variable<Value> {
  readonly name: string;
  /** As docs write it; '' when there is none. */
  readonly default: string;
  readonly about: string;
  readonly isSecret?: true;
  /** Throws the sentence that says what is expected. */
  readonly parse: (given: string) => Value;
}

const variable = <Value>(definition: Variable<Value>): Variable<Value> => definition;

class Expected extends Error {}
const expected = (what: string): never => {
  throw new Expected(what);
};

const integer = (min: number, max: number) => (given: string) => {
  const value = Number(given);
  return /^\d+$/.test(given) && value >= min && value <= max ? value : expected(`a whole number from ${min} to ${max}`);
};

const flag = (given: string): boolean =>
  given === 'true' ? true : given === 'false' || given === '' ? false : expected('true or false');

const oneOf =
  <Value extends string>(...values: readonly Value[]) =>
  (given: string): Value =>
    values.find((value) => value === given) ?? expected(`one of ${values.join(', ')}`);

/** Scheme, host and port, as browsers write an origin; undefined when `given` is more or less than that. */
const originOf = (given: string): string | undefined =>
  /^https?:\/\/[^/?#@*\\\s]+\/?$/i.test(given) && URL.canParse(given) ? new URL(given).origin : undefined;

const MEGABYTE = 1_048_576;
const MIN_SECRET_BYTES = 32;
/** S3 takes presigned URLs of up to seven days, and objects of up to 5 GiB in one PUT. */
const MAX_PRESIGNED_SECONDS = 604_800;
const MAX_PUT_BYTES = 5 * 1_024 * MEGABYTE;

/** Every variable there is: the parser, docs/configuration.md, .env.example and --help all read this table. */
export const VARIABLES = {
  host: variable({
    name: 'HOST',
    default: '127.0.0.1',
    about: 'The address to listen on. Another than a loopback address needs ALLOW_OPEN.',
    parse: (given) => given.replace(/^\[(.*)\]$/, '$1') || expected('an address or a host name'),
  }),
  port: variable({
    name: 'PORT',
    default: '8000',
    about: 'The port to listen on; 0 takes any.',
    parse: integer(0, 65_535),
  }),
  publicUrl: variable({
    name: 'PUBLIC_URL',
    default: '',
    about:
      'What clients call the service, `https://images.example.org`: presigned URLs begin with it. Unset: the Host they ask.',
    parse: (given) =>
      given === ''
        ? null
        : (originOf(given) ?? expected('an http or https URL without a path, as https://images.example.org')),
  }),
  dataDir: variable({
    name: 'DATA_DIR',
    default: './data',
    about: 'The folder that holds everything: objects, records, the secret.',
    parse: (given) => given || expected('a folder'),
  }),
  allowOpen: variable({
    name: 'ALLOW_OPEN',
    default: 'false',
    about: 'Serve callers without authentication from anywhere, through proxies too. They are all trusted.',
    parse: flag,
  }),
  corsOrigins: variable({
    name: 'CORS_ORIGINS',
    default: '',
    about: 'Origins whose pages may use the service, comma-separated. Unset: the pages of this machine.',
    parse: (given): 'loopback' | readonly string[] => {
      if (given === '') return 'loopback';
      const origins = given.split(',').map((one) => originOf(one.trim()));
      return origins.flatMap((one) => one ?? expected('origins, as https://app.example.org, comma-separated; never *'));
    },
  }),
  maxDirectUploadBytes: variable({
    name: 'MAX_DIRECT_UPLOAD_BYTES',
    default: String(5 * MEGABYTE),
    about: 'Largest image sent to the service itself, in bytes.',
    parse: integer(1, 64 * MEGABYTE),
  }),
  maxUploadBytes: variable({
    name: 'MAX_UPLOAD_BYTES',
    default: String(50 * MEGABYTE),
    about: 'Largest image sent to a presigned URL, in bytes.',
    parse: integer(1, MAX_PUT_BYTES),
  }),
  presignedSeconds: variable({
    name: 'PRESIGNED_EXPIRATION',
    default: '300',
    about: 'Lifetime of presigned URLs, in seconds.',
    parse: integer(1, MAX_PRESIGNED_SECONDS),
  }),
  finalizeOnRead: variable({
    name: 'FINALIZE_ON_READ',
    default: 'off',
    about: '`on`: a list first looks whether pending uploads have arrived. On disk nothing arrives unseen.',
    parse: (given) => oneOf('on', 'off')(given) === 'on',
  }),
  transformTimeoutSeconds: variable({
    name: 'TRANSFORM_TIMEOUT_SECONDS',
    default: '30',
    about: 'A decoder that looks at one image for longer is killed.',
    parse: integer(1, 3_600),
  }),
  maxEventLoopDelayMs: variable({
    name: 'MAX_EVENT_LOOP_DELAY_MS',
    default: '1000',
    about: 'While the process runs later than this, in milliseconds, requests are answered 503.',
    parse: integer(10, 3_600_000),
  }),
  maxMemoryBytes: variable({
    name: 'MAX_MEMORY_MB',
    default: '0',
    about:
      "While the process, without its decoders, holds more memory than this, requests are answered 503. 0: 80 % of its container's limit; no limit where there is none.",
    parse: (given) => integer(0, 1_048_576)(given) * MEGABYTE || null,
  }),
  secretKeys: variable({
    name: 'SECRET_KEY',
    default: '',
    about: `Signs URLs: at least ${MIN_SECRET_BYTES} bytes; several, comma-separated, to rotate (the first signs). Unset: made once, in DATA_DIR/secret.`,
    isSecret: true,
    parse: (given): readonly [string, ...string[]] | null => {
      if (given === '') return null;
      const [first = '', ...rest] = given.split(',').map((key) => key.trim());
      const isLong = [first, ...rest].every((key) => Buffer.byteLength(key) >= MIN_SECRET_BYTES);
      return isLong ? [first, ...rest] : expected(`keys of at least ${MIN_SECRET_BYTES} bytes, comma-separated`);
    },
  }),
  logLevel: variable({
    name: 'LOG_LEVEL',
    default: 'info',
    about: `One of ${LOG_LEVELS.join(', ')}.`,
    parse: oneOf(...LOG_LEVELS),
  }),
  logFormat: variable({
    name: 'LOG_FORMAT',
    default: 'auto',
    about: '`pretty` for people, `json` for collectors; `auto` is pretty in a terminal.',
    parse: oneOf('auto', 'pretty', 'json'),
  }),
} as const;

/** What sets these wants its images elsewhere: keeping them on this disk instead would be a surprise. */
const NOT_HERE = {
  S3_BUCKET: 'keeps images in S3',
  DYNAMO_TABLE: 'keeps records in DynamoDB',
  SQS_QUEUE_URL: 'takes events from SQS',
};

/** The names that open mode answers to. */
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/** Pure: a record in, the configuration or one error with every problem out. */
export function loadConfig(environment: Environment): { config: Config; secrets: Secrets } {
  const problems: ConfigProblem[] = [];
  const read = <Value>({ name, default: fallback, isSecret, parse }: Variable<Value>): Value => {
    const given = environment[name]?.trim();
    try {
      return parse(given || fallback);
    } catch (error) {
      if (!(error instanceof Expected)) throw error;
      problems.push({
        name,
        detail: `expected ${error.message}; came ${isSecret || given?.includes('@') ? 'something else' : given}`,
      });
      return parse(fallback);
    }
  };

  const config: Config = {
    host: read(VARIABLES.host),
    port: read(VARIABLES.port),
    publicUrl: read(VARIABLES.publicUrl),
    dataDir: read(VARIABLES.dataDir),
    allowOpen: read(VARIABLES.allowOpen),
    corsOrigins: read(VARIABLES.corsOrigins),
    maxDirectUploadBytes: read(VARIABLES.maxDirectUploadBytes),
    maxUploadBytes: read(VARIABLES.maxUploadBytes),
    presignedSeconds: read(VARIABLES.presignedSeconds),
    finalizeOnRead: read(VARIABLES.finalizeOnRead),
    transformTimeoutSeconds: read(VARIABLES.transformTimeoutSeconds),
    maxEventLoopDelayMs: read(VARIABLES.maxEventLoopDelayMs),
    maxMemoryBytes: read(VARIABLES.maxMemoryBytes),
    logLevel: read(VARIABLES.logLevel),
    logFormat: read(VARIABLES.logFormat),
  };
  const secrets: Secrets = { secretKeys: read(VARIABLES.secretKeys) };

  if (!LOOPBACK.includes(config.host) && !config.allowOpen) {
    const detail = `expected 127.0.0.1, ::1 or localhost, since callers are not authenticated, or ALLOW_OPEN=true; came ${config.host}`;
    problems.push({ name: 'HOST', detail });
  }
  for (const [name, does] of Object.entries(NOT_HERE)) {
    if (!environment[name]?.trim()) continue;
    problems.push({ name, detail: `expected nothing: this version keeps all on this machine's disk; it ${does}` });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { config, secrets };
}

/** What --help prints. */
export const help = (): string =>
  [
    'Safelight, an image service. Usage: npm start',
    '',
    'Environment (also read from .env):',
    ...Object.values(VARIABLES).map(
      (one) => `  ${one.name.padEnd(26)} ${one.about}${one.default && ` Default: ${one.default}`}`,
    ),
  ].join('\n');
