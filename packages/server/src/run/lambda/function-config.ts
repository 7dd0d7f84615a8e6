import { type Config, ConfigError, loadConfig, type Secrets } from '../config/config.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The defaults of a function. An event takes 6 MB, with base64 bytes: 4 MB and a form's overhead fit. Only /tmp is
 * writable.
 */
const DEFAULTS = { MAX_DIRECT_UPLOAD_BYTES: String(4 * 1_048_576), BYTES: 'redirect', DATA_DIR: '/tmp/safelight' };

/** The function's callers: clients, whom it must authenticate unless ALLOW_OPEN trusts them, or the queue. */
export type Caller = 'clients' | 'queue';

/** The configuration of a function. Errors: `ConfigError`, also for settings that only processes support. */
export function functionConfig(environment: Environment, caller: Caller): { config: Config; secrets: Secrets } {
  const given = Object.entries(environment).filter(([name, value]) => value?.trim() || !(name in DEFAULTS));
  const loaded = loadConfig({ ...DEFAULTS, ...Object.fromEntries(given) });
  const { s3, dynamodb, postgres, sqs, auth, allowOpen, decodersRequire } = loaded.config;
  const problems: ConfigError['problems'][number][] = [];
  const require = (isSo: boolean, name: string, what: string): void => {
    if (!isSo) problems.push({ name, detail: `expected ${what}; got none` });
  };
  require(s3 !== null, 'S3_BUCKET', 'a bucket, since the disk of a Lambda function is temporary');
  if (postgres === null)
    require(dynamodb !== null, 'DYNAMO_TABLE', 'a table, since the disk of a Lambda function is temporary');
  require(caller === 'clients' || sqs !== null, 'SQS_QUEUE_URL', 'the queue whose messages it handles');
  const knowsItsCallers = caller === 'queue' || auth.length > 0 || allowOpen;
  require(knowsItsCallers, 'AUTH', 'api-key, or ALLOW_OPEN=true, since anyone can reach a Lambda function');
  if (postgres !== null) {
    const why = 'since each instance of a function has connections of its own, more than a PostgreSQL server takes';
    const name = typeof loaded.secrets.databaseUrl === 'string' ? 'DATABASE_URL' : 'DATABASE_URL_FILE';
    problems.push({ name, detail: `expected no value, ${why}; got one: set DYNAMO_TABLE instead` });
  }
  if (decodersRequire !== null) {
    const why = 'since Lambda lets no process confine itself, so that decoders are unconfined there';
    problems.push({ name: 'DECODERS_REQUIRE', detail: `expected no value, ${why}; got ${decodersRequire}` });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return loaded;
}
