import type { RateLimits } from '../domain/access/rate-limits.ts';
import type { Presets } from '../domain/rendition/presets.ts';
import type { Limits } from '../domain/usage/quota.ts';
import { type Capability, S3_PROFILES } from '../object-store/s3/capabilities.ts';
import { type JwtConfig, readJwt } from './jwt-config.ts';
import { requireKnownCallers } from './known-callers.ts';
import { type OidcConfig, readOidc } from './oidc-config.ts';
import { type ProxyConfig, readProxies } from './proxy-config.ts';
import { readQuotas } from './quotas.ts';
import { USUAL_LIMITS } from './rate-limit-variables.ts';
import { Expected, type Read, type Variable } from './variable.ts';
import { type AuthMethod, type LogLevel, parseSecretKeys, VARIABLES } from './variables.ts';

export interface Config {
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
  readonly maxDirectUploadBytes: number;
  readonly maxUploadBytes: number;
  readonly grantRequiresSize: boolean;
  readonly presignedSeconds: number;
  readonly readUrlSeconds: number;
  readonly cacheTags: boolean;
  /** The limits of users without limits of their own; null: usage isn't counted. */
  readonly quotas: Limits | null;
  readonly finalizeOnRead: boolean;
  readonly bytes: 'stream' | 'redirect';
  /** 0: there is no trash. */
  readonly trashDays: number;
  /** null: objects are stored in the data folder. */
  readonly s3: S3Config | null;
  /** null: records are stored in the data folder. */
  readonly dynamodb: DynamodbConfig | null;
  /** null: jobs are stored with the records, and there are no bucket events. */
  readonly sqs: SqsConfig | null;
  /** null: no token is accepted. */
  readonly jwt: JwtConfig | null;
  /** null: the gallery sends nobody to an issuer. */
  readonly oidc: OidcConfig | null;
  /** null: nothing is limited. */
  readonly rateLimits: RateLimits | null;
  readonly presets: Presets;
  /** Names of presets. */
  readonly eagerPresets: readonly string[];
  readonly presetsOnly: boolean;
  readonly renditionCacheBytes: number;
  readonly transformTimeoutSeconds: number;
  /** The least confinement of decoders; null: any. */
  readonly decodersRequire: 'landlock' | 'namespaces' | null;
  readonly maxDecoderWaitSeconds: number;
  /** Concurrent jobs of one worker. */
  readonly workerSlots: number;
  readonly maxEventLoopDelayMs: number;
  /** null: derived from the container's limit. */
  readonly maxMemoryBytes: number | null;
  /** Limit of the bytes in files on their way to and from S3. */
  readonly maxTemporaryBytes: number;
  /** null: derived from the size of the disk; 0: nothing is refused. */
  readonly minFreeBytes: number | null;
  readonly logLevel: LogLevel;
  readonly logFormat: 'auto' | 'pretty' | 'json';
}

export interface S3Config {
  readonly bucket: string;
  readonly region: string;
  /** null: Amazon's of the region. */
  readonly endpoint: string | null;
  /** The address for clients. */
  readonly publicEndpoint: string | null;
  readonly isPathStyle: boolean;
  readonly lacks: readonly Capability[];
  readonly caBundle: string | null;
}

export interface DynamodbConfig {
  readonly table: string;
  readonly region: string;
  /** null: Amazon's of the region. */
  readonly endpoint: string | null;
  readonly caBundle: string | null;
  /** The number of shards that lists over all owners read. */
  readonly shards: number;
  /** The number of these shards that new images are spread over. */
  readonly writtenShards: number;
  readonly globalLists: boolean;
}

export interface SqsConfig {
  readonly url: string;
  readonly region: string;
  /** null: derived from the queue's URL. */
  readonly endpoint: string | null;
  readonly caBundle: string | null;
}

export interface Secrets {
  /** null: the AWS SDK's provider chain. */
  readonly awsKeys: AwsKeys | null;
  /** The first signs, all verify; `file`: read from that file; null: one is made and stored with the records. */
  readonly secretKeys: readonly [string, ...string[]] | { readonly file: string } | null;
  /** What the issuer of tokens signs with too; null: it has public keys. */
  readonly jwtSecret: string | null;
  /** The URL of Redis or Valkey; null: each process counts alone. */
  readonly rateLimitStore: string | null;
}

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** One invalid variable: its name, the given value, the expected one. */
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

const MEGABYTE = 1_048_576;

/** Pure: takes a record, returns the configuration or one error with every problem. */
export function loadConfig(environment: Environment): { config: Config; secrets: Secrets } {
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
      problems.push({
        name,
        detail: `expected ${error.message}; got ${isSecret || given?.includes('@') ? 'something else' : given}`,
      });
      return parse(fallback);
    }
  };

  const report = (name: string, detail: string) => problems.push({ name, detail });
  const s3 = readS3(read);
  const { jwt, jwtSecret } = readJwt(read, report);
  const auth = read(VARIABLES.auth);
  const publicUrl = read(VARIABLES.publicUrl);
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
    ...readSizes(read, problems),
    grantRequiresSize: read(VARIABLES.grantRequiresSize),
    presignedSeconds: read(VARIABLES.presignedSeconds),
    readUrlSeconds: read(VARIABLES.readUrlSeconds),
    cacheTags: read(VARIABLES.cacheTags),
    quotas: readQuotas(read, problems),
    finalizeOnRead: read(VARIABLES.finalizeOnRead) ?? s3 !== null,
    bytes: read(VARIABLES.bytes),
    trashDays: read(VARIABLES.trashDays),
    s3,
    dynamodb: readDynamodb(read, problems),
    sqs: readSqs(read),
    jwt,
    oidc: readOidc(read, { auth, jwt, publicUrl }, report),
    rateLimits: readRateLimits(read, auth),
    ...readPresets(read, problems),
    presetsOnly: read(VARIABLES.presetsOnly),
    renditionCacheBytes: read(VARIABLES.renditionCacheBytes),
    transformTimeoutSeconds: read(VARIABLES.transformTimeoutSeconds),
    decodersRequire: read(VARIABLES.decodersRequire),
    maxDecoderWaitSeconds: read(VARIABLES.maxDecoderWaitSeconds),
    workerSlots: read(VARIABLES.workerSlots),
    maxEventLoopDelayMs: read(VARIABLES.maxEventLoopDelayMs),
    maxMemoryBytes: read(VARIABLES.maxMemoryBytes),
    minFreeBytes: read(VARIABLES.minFreeBytes),
    logLevel: read(VARIABLES.logLevel),
    logFormat: read(VARIABLES.logFormat),
  };
  const secrets: Secrets = {
    awsKeys: readAwsKeys(read, problems),
    secretKeys: readSecretKeys(read, problems),
    jwtSecret,
    rateLimitStore: read(VARIABLES.rateLimitStore),
  };

  requireKnownCallers(config, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { config, secrets };
}

const DEFAULT_TEMPORARY_BYTES = 1_024 * MEGABYTE;

function readSizes(
  read: Read,
  problems: ConfigProblem[],
): Pick<Config, 'maxDirectUploadBytes' | 'maxUploadBytes' | 'maxTemporaryBytes'> {
  const maxDirectUploadBytes = read(VARIABLES.maxDirectUploadBytes);
  const maxUploadBytes = read(VARIABLES.maxUploadBytes);
  const largest = Math.max(maxDirectUploadBytes, maxUploadBytes);
  const maxTemporaryBytes = read(VARIABLES.maxTemporaryBytes) ?? Math.max(DEFAULT_TEMPORARY_BYTES, 4 * largest);
  if (maxTemporaryBytes < 2 * largest) {
    const detail = `expected at least ${Math.ceil((2 * largest) / MEGABYTE)}, twice the largest upload; got ${maxTemporaryBytes / MEGABYTE}`;
    problems.push({ name: VARIABLES.maxTemporaryBytes.name, detail });
  }
  return { maxDirectUploadBytes, maxUploadBytes, maxTemporaryBytes };
}

function readS3(read: Read): S3Config | null {
  const endpoint = read(VARIABLES.s3Endpoint);
  const profile = read(VARIABLES.s3Profile);
  const bucket = read(VARIABLES.s3Bucket);
  const s3 = {
    region: read(VARIABLES.awsRegion),
    endpoint,
    publicEndpoint: read(VARIABLES.s3PublicEndpoint) ?? endpoint,
    isPathStyle: read(VARIABLES.s3PathStyle) ?? endpoint !== null,
    lacks: read(VARIABLES.s3Lacks) ?? S3_PROFILES[profile],
    caBundle: read(VARIABLES.caBundle),
  };
  return bucket === null ? null : { bucket, ...s3 };
}

function readDynamodb(read: Read, problems: ConfigProblem[]): DynamodbConfig | null {
  const table = read(VARIABLES.dynamoTable);
  const shards = read(VARIABLES.feedShards);
  const writtenShards = read(VARIABLES.feedShardsWritten) ?? shards;
  const dynamodb = {
    region: read(VARIABLES.awsRegion),
    endpoint: read(VARIABLES.dynamoEndpoint),
    caBundle: read(VARIABLES.caBundle),
    shards,
    writtenShards,
    globalLists: read(VARIABLES.globalLists),
  };
  if (writtenShards > shards) {
    const detail = `expected ${shards} at most, as FEED_SHARDS says, since no list looks into more; got ${writtenShards}`;
    problems.push({ name: VARIABLES.feedShardsWritten.name, detail });
  }
  return table === null ? null : { table, ...dynamodb };
}

function readSqs(read: Read): SqsConfig | null {
  const url = read(VARIABLES.sqsQueueUrl);
  const endpoint = read(VARIABLES.sqsEndpoint);
  const region = read(VARIABLES.awsRegion);
  const caBundle = read(VARIABLES.caBundle);
  return url === null ? null : { url, region, endpoint, caBundle };
}

/** In open mode a caller is whoever it says it is, on this machine. */
function readRateLimits(read: Read, auth: Config['auth']): Config['rateLimits'] {
  const limits = read(VARIABLES.rateLimits);
  if (limits === 'usual') return auth.length > 0 ? USUAL_LIMITS : null;
  return limits === 'off' ? null : limits;
}

function readPresets(read: Read, problems: ConfigProblem[]): Pick<Config, 'presets' | 'eagerPresets'> {
  const presets = read(VARIABLES.presets);
  const arePresetsWrong = problems.some(({ name }) => name === VARIABLES.presets.name);
  const eagerPresets = read(VARIABLES.eagerPresets);
  const unknown = eagerPresets.filter((name) => !presets.has(name));
  if (unknown.length > 0 && !arePresetsWrong) {
    const detail = `expected names of PRESETS (${[...presets.keys()].join(', ')}), comma-separated; got ${unknown.join(', ')}`;
    problems.push({ name: VARIABLES.eagerPresets.name, detail });
  }
  return { presets, eagerPresets };
}

function readAwsKeys(read: Read, problems: ConfigProblem[]): AwsKeys | null {
  const accessKeyId = read(VARIABLES.awsAccessKeyId);
  const secretAccessKey = read(VARIABLES.awsSecretAccessKey);
  const sessionToken = read(VARIABLES.awsSessionToken);
  if (accessKeyId !== null && secretAccessKey !== null) {
    return { accessKeyId, secretAccessKey, ...(sessionToken !== null && { sessionToken }) };
  }
  if (accessKeyId !== null || secretAccessKey !== null) {
    const name = accessKeyId === null ? VARIABLES.awsAccessKeyId.name : VARIABLES.awsSecretAccessKey.name;
    problems.push({ name, detail: 'expected a key and its secret, or neither; got one of them' });
  }
  return null;
}

/** Parses the text of SECRET_KEY_FILE. Errors: `ConfigError`. */
export function secretKeysIn(text: string): readonly [string, ...string[]] {
  try {
    return parseSecretKeys(text);
  } catch (error) {
    if (!(error instanceof Expected)) throw error;
    throw new ConfigError([
      { name: VARIABLES.secretKeyFile.name, detail: `expected ${error.message}; got something else` },
    ]);
  }
}

function readSecretKeys(read: Read, problems: ConfigProblem[]): Secrets['secretKeys'] {
  const keys = read(VARIABLES.secretKeys);
  const file = read(VARIABLES.secretKeyFile);
  if (file === null) return keys;
  if (keys !== null) {
    const detail = 'expected SECRET_KEY or SECRET_KEY_FILE; got both';
    problems.push({ name: VARIABLES.secretKeyFile.name, detail });
  }
  return { file };
}

/** Neither records nor objects are in the data folder: several processes may serve them, with separate workers. */
export const isStateless = ({ s3, dynamodb }: Config): boolean => s3 !== null && dynamodb !== null;

/** Each variable, as --help prints it. */
export const describeVariables = (): string =>
  [
    'Environment (also read from .env):',
    ...Object.values(VARIABLES).map(
      (one) => `  ${one.name.padEnd(26)} ${one.about}${one.default && ` Default: ${one.default}`}`,
    ),
  ].join('\n');
