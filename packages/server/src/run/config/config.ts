import type { RateLimits } from '../../domain/access/rate-limits.ts';
import type { MaxPixels } from '../../domain/image/media-type.ts';
import type { DefaultLimits } from '../../domain/usage/quota.ts';
import type { Part } from '../../observe/health/part-health.ts';
import type { LogLevel } from '../../observe/log/log-levels.ts';
import type { TelemetryConfig } from '../../observe/telemetry/telemetry-config.ts';
import type { AuthMethod } from './access-variables.ts';
import { type AwsKeys, readAwsKeys } from './aws-config.ts';
import { type BackupConfig, readBackup, readBackupKeys } from './backup/backup-config.ts';
import { type DatabaseUrl, type PostgresConfig, parseDatabaseUrl, readPostgres } from './database/postgres-config.ts';
import { type DynamodbConfig, readDynamodb } from './dynamodb-config.ts';
import { type EventsConfig, readEvents } from './events/events-config.ts';
import { type ClamdConfig, readClamd } from './gates/gate-variables.ts';
import { type HttpGates, httpGateNames, readHttpGates } from './gates/http-gates.ts';
import { type ImportConfig, readImport, readImportKeys } from './imports/import-config.ts';
import { type JwtConfig, readJwt } from './jwt/jwt-config.ts';
import { type OidcConfig, readOidc } from './jwt/oidc-config.ts';
import { requireKnownCallers } from './known-callers.ts';
import { placeholdersIn } from './placeholders.ts';
import { type PresetConfig, readPresets } from './presets/preset-config.ts';
import { readWatermarks, type WatermarkConfig } from './presets/watermark-config.ts';
import { type ProxyConfig, readProxies } from './proxy-config.ts';
import { readQuotas } from './quotas.ts';
import { readRateLimits } from './rate-limit-variables.ts';
import { readS3, type S3Config } from './s3-config.ts';
import { parseSecretKeys, readSecretKeys, type SecretKeys } from './secret-keys.ts';
import { readSqs, type SqsConfig } from './sqs-config.ts';
import { readTelemetry } from './telemetry/telemetry-config.ts';
import { readSizes, type UploadSizes } from './upload-config.ts';
import { type ConfigProblem, Expected, type Report, type Variable } from './variable.ts';
import { VARIABLES } from './variables.ts';

export interface Config extends UploadSizes, PresetConfig, WatermarkConfig, Omit<HttpGates, 'gateSecrets'> {
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string | null;
  readonly dataDir: string;
  /** How callers are authenticated; none: not at all (open mode). */
  readonly auth: readonly AuthMethod[];
  readonly allowOpen: boolean;
  readonly allowedHosts: readonly string[];
  /** null: no header of a proxy counts. */
  readonly proxies: ProxyConfig | null;
  readonly corsOrigins: 'loopback' | readonly string[];
  readonly grantRequiresSize: boolean;
  readonly presignedSeconds: number;
  readonly uploadPartsHours: number;
  /** Hosts that pictures may be fetched from (`createIngestHosts`); none: from nowhere. */
  readonly ingestHosts: readonly string[];
  readonly readUrlSeconds: number;
  readonly cacheTags: boolean;
  /** The limits of users without limits of their own; null: usage isn't counted. */
  readonly quotas: DefaultLimits | null;
  readonly finalizeOnRead: boolean;
  readonly bytes: 'stream' | 'redirect';
  /** The pixel limit of new uploads. */
  readonly maxPixels: MaxPixels;
  readonly decodesHeic: boolean;
  readonly workingCopies: boolean;
  /** 0: there is no trash. */
  readonly trashDays: number;
  /** The names of metadata by which lists may be filtered. Sorted. */
  readonly metadataFilters: readonly string[];
  /** null: no image is scanned. */
  readonly clamd: ClamdConfig | null;
  /** null: changes of images aren't logged. */
  readonly events: EventsConfig | null;
  /** null: objects are stored in the data folder. */
  readonly s3: S3Config | null;
  /** null: records aren't in DynamoDB. */
  readonly dynamodb: DynamodbConfig | null;
  /** null: records aren't in PostgreSQL. Without both they are stored in the data folder. */
  readonly postgres: PostgresConfig | null;
  /** null: jobs are stored with the records, and there are no bucket events. */
  readonly sqs: SqsConfig | null;
  /** The configuration of a target in a bucket. */
  readonly backup: BackupConfig;
  /** Where an import from a bucket or an earlier service reads. */
  readonly imports: ImportConfig;
  /** null: no token is accepted. */
  readonly jwt: JwtConfig | null;
  /** null: the gallery sends nobody to an issuer. */
  readonly oidc: OidcConfig | null;
  /** null: nothing is limited. */
  readonly rateLimits: RateLimits | null;
  readonly presetsOnly: boolean;
  readonly renditionCacheBytes: number;
  readonly transformTimeoutSeconds: number;
  /** The least confinement of decoders; null: any. */
  readonly decodersRequire: 'landlock' | 'namespaces' | null;
  readonly maxDecoderWaitSeconds: number;
  /** Concurrent jobs of one worker. */
  readonly workerSlots: number;
  readonly maxEventLoopDelayMs: number;
  /** `/readyz` is 503 while one of them fails. */
  readonly readyRequires: readonly Part[];
  /** null: derived from the container's limit. */
  readonly maxMemoryBytes: number | null;
  /** null: derived from the size of the disk; 0: nothing is refused. */
  readonly minFreeBytes: number | null;
  /** null: nothing is measured. */
  readonly telemetry: TelemetryConfig | null;
  /** The CloudWatch namespace of the functions' metrics; null: none. */
  readonly lambdaMetrics: string | null;
  readonly logLevel: LogLevel;
  readonly logFormat: 'auto' | 'pretty' | 'json';
}

export interface Secrets {
  /** null: the AWS SDK's provider chain. */
  readonly awsKeys: AwsKeys | null;
  /** The keys of a target in a bucket; null: the AWS SDK's provider chain. */
  readonly backupKeys: AwsKeys | null;
  /** The keys of an import's source; null: the AWS SDK's provider chain. */
  readonly importKeys: AwsKeys | null;
  readonly secretKeys: SecretKeys;
  readonly databaseUrl: DatabaseUrl;
  /** What the issuer of tokens signs with too; null: it has public keys. */
  readonly jwtSecret: string | null;
  /** What signs requests to the gates, by the gate's name. */
  readonly gateSecrets: HttpGates['gateSecrets'];
  /** The URL of Redis or Valkey; null: each process counts alone. */
  readonly rateLimitStore: string | null;
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

/** Pure: takes a record, returns the configuration or one error with every problem. */
export function loadConfig(environment: Environment): { config: Config; secrets: Secrets } {
  const ofGates = httpGateNames(environment).map((name) => ({ name }));
  const placeholders = placeholdersIn(environment, [...Object.values(VARIABLES), ...ofGates]);
  if (placeholders.length > 0) throw new ConfigError(placeholders); // alone: whatever else is wrong may follow from them
  const problems: ConfigProblem[] = [];
  const read = <Value>({ aliases = [], default: fallback, isSecret, emptyLacks, parse, ...first }: Variable<Value>) => {
    const name = [first.name, ...aliases].find((one) => environment[one]?.trim()) ?? first.name;
    const given = environment[name]?.trim();
    if (given === '' && emptyLacks !== undefined)
      problems.push({ name, detail: `expected ${emptyLacks}; got nothing` });
    try {
      return parse(given || fallback);
    } catch (error) {
      if (!(error instanceof Expected)) throw error;
      const got = error.got ?? (isSecret || given?.includes('@') ? 'something else' : given);
      const problem = { name, detail: `expected ${error.message}; got ${got}` };
      if (!problems.some((one) => one.name === name && one.detail === problem.detail)) problems.push(problem); // read by several parts
      return parse(fallback);
    }
  };

  const report: Report = (name, detail) => void problems.push({ name, detail });
  const s3 = readS3(read, report);
  const { jwt, jwtSecret } = readJwt(read, report);
  const { gateSecrets, ...httpGates } = readHttpGates(environment, read, report);
  const auth = read(VARIABLES.auth);
  const publicUrl = read(VARIABLES.publicUrl);
  const presets = readPresets(read, problems);
  const dynamodb = readDynamodb(read, report);
  const { postgres, databaseUrl } = readPostgres(read, { table: dynamodb?.table ?? null }, report);
  const config: Config = {
    host: read(VARIABLES.host),
    port: read(VARIABLES.port),
    publicUrl,
    dataDir: read(VARIABLES.dataDir),
    auth,
    allowOpen: read(VARIABLES.allowOpen),
    allowedHosts: read(VARIABLES.allowedHosts),
    proxies: readProxies(read, report),
    corsOrigins: read(VARIABLES.corsOrigins),
    ...readSizes(read, report),
    grantRequiresSize: read(VARIABLES.grantRequiresSize),
    presignedSeconds: read(VARIABLES.presignedSeconds),
    uploadPartsHours: read(VARIABLES.uploadPartsHours),
    ingestHosts: read(VARIABLES.ingestHosts),
    readUrlSeconds: read(VARIABLES.readUrlSeconds),
    cacheTags: read(VARIABLES.cacheTags),
    quotas: readQuotas(read, report),
    finalizeOnRead: read(VARIABLES.finalizeOnRead) ?? s3 !== null,
    bytes: read(VARIABLES.bytes),
    maxPixels: read(VARIABLES.maxPixels),
    decodesHeic: read(VARIABLES.decodesHeic),
    workingCopies: read(VARIABLES.workingCopies),
    trashDays: read(VARIABLES.trashDays),
    metadataFilters: read(VARIABLES.metadataFilters),
    clamd: readClamd(read, report),
    ...httpGates,
    s3,
    dynamodb,
    postgres,
    sqs: readSqs(read),
    events: readEvents(read, report),
    backup: readBackup(read),
    imports: readImport(read),
    jwt,
    oidc: readOidc(read, { auth, jwt, publicUrl }, report),
    rateLimits: readRateLimits(read, auth),
    ...presets,
    ...readWatermarks(read, { ...presets, auth }, problems),
    presetsOnly: read(VARIABLES.presetsOnly),
    renditionCacheBytes: read(VARIABLES.renditionCacheBytes),
    transformTimeoutSeconds: read(VARIABLES.transformTimeoutSeconds),
    decodersRequire: read(VARIABLES.decodersRequire),
    maxDecoderWaitSeconds: read(VARIABLES.maxDecoderWaitSeconds),
    workerSlots: read(VARIABLES.workerSlots),
    maxEventLoopDelayMs: read(VARIABLES.maxEventLoopDelayMs),
    readyRequires: read(VARIABLES.readyRequires),
    maxMemoryBytes: read(VARIABLES.maxMemoryBytes),
    minFreeBytes: read(VARIABLES.minFreeBytes),
    telemetry: readTelemetry(read, read(VARIABLES.port), report),
    lambdaMetrics: read(VARIABLES.lambdaMetrics),
    logLevel: read(VARIABLES.logLevel),
    logFormat: read(VARIABLES.logFormat),
  };
  const awsKeys = readAwsKeys(read, report);
  const secrets: Secrets = {
    awsKeys,
    backupKeys: readBackupKeys(read, report),
    importKeys: readImportKeys(read, report) ?? awsKeys,
    secretKeys: readSecretKeys(read, report),
    databaseUrl,
    jwtSecret,
    gateSecrets,
    rateLimitStore: read(VARIABLES.rateLimitStore),
  };

  requireKnownCallers(config, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { config, secrets };
}

/** Parses the text of SECRET_KEY_FILE. Errors: `ConfigError`. */
export const secretKeysIn = (text: string): readonly [string, ...string[]] =>
  parsedSecret(VARIABLES.secretKeyFile, () => parseSecretKeys(text));

/** Parses the text of DATABASE_URL_FILE. Errors: `ConfigError`. */
export const databaseUrlIn = (text: string): string =>
  parsedSecret(VARIABLES.databaseUrlFile, () => parseDatabaseUrl(text));

function parsedSecret<Value>({ name }: Pick<Variable<unknown>, 'name'>, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Expected)) throw error;
    throw new ConfigError([{ name, detail: `expected ${error.message}; got ${error.got ?? 'something else'}` }]);
  }
}

/** The records are not in the data folder: any process may change them, also a command beside the service. */
export const sharesRecords = ({ dynamodb, postgres }: Pick<Config, 'dynamodb' | 'postgres'>): boolean =>
  dynamodb !== null || postgres !== null;

/** Neither records nor objects are in the data folder: several processes may serve them, with separate workers. */
export const isStateless = (config: Config): boolean => config.s3 !== null && sharesRecords(config);
