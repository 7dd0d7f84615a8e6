import { DEFAULT_PRESETS, InvalidPresets, type Presets, parsePresets } from './domain/presets.ts';
import { CAPABILITIES, type Capability, S3_PROFILES, type S3Profile } from './object-store/s3-capabilities.ts';
import {
  Expected,
  expected,
  flag,
  hostOf,
  integer,
  oneOf,
  optionalFlag,
  optionalOrigin,
  optionalText,
  originOf,
  variable,
} from './variable.ts';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const MEGABYTE = 1_048_576;
const MIN_SECRET_BYTES = 32;
/** S3 takes presigned URLs of up to seven days, and objects of up to 5 GiB in one PUT. */
const MAX_PRESIGNED_SECONDS = 604_800;
const MAX_PUT_BYTES = 5 * 1_024 * MEGABYTE;
/** A list over all owners asks each. */
const MAX_SHARDS = 128;

/** Several are separated by commas. Errors: `Expected`. */
export function parseSecretKeys(given: string): readonly [string, ...string[]] {
  const [first = '', ...rest] = given.split(',').map((key) => key.trim());
  const isLong = [first, ...rest].every((key) => Buffer.byteLength(key) >= MIN_SECRET_BYTES);
  return isLong ? [first, ...rest] : expected(`keys of at least ${MIN_SECRET_BYTES} bytes, comma-separated`);
}

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
    parse: optionalOrigin('https://images.example.org'),
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
  allowedHosts: variable({
    name: 'ALLOWED_HOSTS',
    default: '',
    about:
      "Names that clients may call the service by, beside localhost, 127.0.0.1, [::1] and the host of PUBLIC_URL (with ALLOW_OPEN also any IP address): `images.example.org` with any port, or `images.example.org:8443`, comma-separated. Other names are refused, so that a web page can't reach the service under a name of its own.",
    parse: (given): readonly string[] =>
      given === ''
        ? []
        : given
            .split(',')
            .map(
              (one) =>
                hostOf(one.trim()) ??
                expected('host names, as images.example.org or images.example.org:8443, comma-separated; never *'),
            ),
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
  grantRequiresSize: variable({
    name: 'GRANT_REQUIRES_SIZE',
    default: 'false',
    about:
      'true: a grant must tell its `size`, which the store then holds the upload to; otherwise a larger one is paid for until it is rejected.',
    parse: flag,
  }),
  presignedSeconds: variable({
    name: 'PRESIGNED_EXPIRATION',
    default: '300',
    about: 'Lifetime of presigned URLs, in seconds.',
    parse: integer(1, MAX_PRESIGNED_SECONDS),
  }),
  finalizeOnRead: variable({
    name: 'FINALIZE_ON_READ',
    default: '',
    about:
      '`on`: a list first looks whether pending uploads have arrived; or `off`. Unset: on with S3; on disk nothing arrives unseen.',
    parse: (given) => (given === '' ? null : oneOf('on', 'off')(given) === 'on'),
  }),
  bytes: variable({
    name: 'BYTES',
    default: 'stream',
    about: '`stream`: bytes pass through the service; `redirect`: clients are sent to a presigned URL of the store.',
    parse: oneOf('stream', 'redirect'),
  }),
  s3Bucket: variable({
    name: 'S3_BUCKET',
    default: '',
    about: 'Keeps images in this bucket of S3, or of a store that speaks its language. Unset: in DATA_DIR.',
    parse: (given) =>
      given === '' || /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(given) ? given || null : expected("a bucket's name"),
  }),
  s3Profile: variable({
    name: 'S3_PROFILE',
    default: 'aws',
    about: `Which store it is, for what it lacks: one of ${Object.keys(S3_PROFILES).join(', ')}.`,
    parse: oneOf(...(Object.keys(S3_PROFILES) as S3Profile[])),
  }),
  s3Lacks: variable({
    name: 'S3_LACKS',
    default: '',
    about: `What the store can't do, comma-separated, instead of what its profile says: ${CAPABILITIES.join(', ')}; or \`nothing\`.`,
    parse: (given): readonly Capability[] | null => {
      if (given === '') return null;
      if (given === 'nothing') return [];
      return given.split(',').map((one) => oneOf(...CAPABILITIES)(one.trim()));
    },
  }),
  s3Endpoint: variable({
    name: 'AWS_ENDPOINT_URL_S3',
    aliases: ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT'],
    default: '',
    about: "Where the service reaches the store, `http://127.0.0.1:9000`. Unset: Amazon's of the region.",
    parse: optionalOrigin('http://127.0.0.1:9000'),
  }),
  s3PublicEndpoint: variable({
    name: 'S3_PUBLIC_ENDPOINT_URL',
    default: '',
    about: 'Where clients reach it, when by another name: presigned URLs begin with it. Unset: as the service does.',
    parse: optionalOrigin('https://files.example.org'),
  }),
  s3PathStyle: variable({
    name: 'S3_PATH_STYLE',
    default: '',
    about: "true: the bucket stands in the path, not in the host's name. Unset: true with an endpoint of your own.",
    parse: optionalFlag,
  }),
  dynamoTable: variable({
    name: 'DYNAMO_TABLE',
    default: '',
    about: 'Keeps records in this table of DynamoDB, for any number of processes. Unset: in DATA_DIR, for one.',
    parse: (given) =>
      given === '' || /^[a-zA-Z0-9_.-]{3,255}$/.test(given) ? given || null : expected("a table's name"),
  }),
  dynamoEndpoint: variable({
    name: 'AWS_ENDPOINT_URL_DYNAMODB',
    aliases: ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT'],
    default: '',
    about: "Where the service reaches DynamoDB, `http://127.0.0.1:8000`. Unset: Amazon's of the region.",
    parse: optionalOrigin('http://127.0.0.1:8000'),
  }),
  feedShards: variable({
    name: 'FEED_SHARDS',
    default: '8',
    about:
      'Parts that lists over all owners are kept in, each good for about 250 uploads a second. Can be raised (docs/operations.md), never lowered.',
    parse: integer(1, MAX_SHARDS),
  }),
  feedShardsWritten: variable({
    name: 'FEED_SHARDS_WRITTEN',
    default: '',
    about: 'Into how many of these new images go: set to the old number while FEED_SHARDS is raised. Unset: all.',
    parse: (given) => (given === '' ? null : integer(1, MAX_SHARDS)(given)),
  }),
  globalLists: variable({
    name: 'GLOBAL_LISTS',
    default: 'true',
    about:
      'false: with DynamoDB, lists by tag or type need a user_id, which saves about a third of what an upload costs to write.',
    parse: flag,
  }),
  sqsQueueUrl: variable({
    name: 'SQS_QUEUE_URL',
    default: '',
    about:
      "Takes jobs, and the bucket's events, from this queue of SQS: what arrives is finalized at once. Unset: jobs are where records are.",
    parse: (given) =>
      given === '' || /^https?:\/\/[^/?#@\s]+\/[^?#\s]+$/i.test(given)
        ? given || null
        : expected("a queue's URL, as https://sqs.eu-central-1.amazonaws.com/123456789012/images"),
  }),
  sqsEndpoint: variable({
    name: 'AWS_ENDPOINT_URL_SQS',
    default: '',
    about:
      "Where the service reaches SQS, `http://127.0.0.1:4566`. Unset: where the queue's URL says, whatever AWS_ENDPOINT_URL is.",
    parse: optionalOrigin('http://127.0.0.1:4566'),
  }),
  awsRegion: variable({
    name: 'AWS_REGION',
    aliases: ['AWS_DEFAULT_REGION'],
    default: 'us-east-1',
    about: 'The region of bucket, table and queue.',
    parse: (given) => (/^[a-z0-9-]+$/.test(given) ? given : expected('a region, as eu-central-1')),
  }),
  awsAccessKeyId: variable({
    name: 'AWS_ACCESS_KEY_ID',
    default: '',
    about: "The key to bucket, table and queue. Unset: the AWS SDK's provider chain (roles, profiles).",
    parse: optionalText,
  }),
  awsSecretAccessKey: variable({
    name: 'AWS_SECRET_ACCESS_KEY',
    default: '',
    about: 'Its secret.',
    isSecret: true,
    parse: optionalText,
  }),
  awsSessionToken: variable({
    name: 'AWS_SESSION_TOKEN',
    default: '',
    about: 'Its token, where it is temporary.',
    isSecret: true,
    parse: optionalText,
  }),
  caBundle: variable({
    name: 'AWS_CA_BUNDLE',
    default: '',
    about: 'A file of certificates (PEM) to trust besides the usual ones, for a store with a CA of its own.',
    parse: optionalText,
  }),
  presets: variable({
    name: 'PRESETS',
    default: DEFAULT_PRESETS,
    about:
      'Renditions that have a name, as `name:parameters` with spaces between; the parameters are those of GET /images/{id}/render. What is set replaces the default ones: repeat those that should stay.',
    parse: (given): Presets => {
      try {
        return parsePresets(given);
      } catch (error) {
        throw error instanceof InvalidPresets ? new Expected(error.message) : error;
      }
    },
  }),
  eagerPresets: variable({
    name: 'EAGER_PRESETS',
    default: '',
    about:
      'Presets that are made as soon as an image is ready, comma-separated. Unset: each when it is first asked for.',
    parse: (given) => (given === '' ? [] : [...new Set(given.split(',').map((name) => name.trim()))]),
  }),
  presetsOnly: variable({
    name: 'PRESETS_ONLY',
    default: 'false',
    about: 'true: nothing but presets is rendered; no URLs are signed, and signed ones are refused.',
    parse: flag,
  }),
  renditionCacheBytes: variable({
    name: 'RENDITION_CACHE_MB',
    default: '32',
    about:
      'Memory for small renditions that are asked for again and again, in megabytes (over 256 KB from the second time on); 0: none.',
    parse: (given) => integer(0, 4_096)(given) * MEGABYTE,
  }),
  transformTimeoutSeconds: variable({
    name: 'TRANSFORM_TIMEOUT_SECONDS',
    default: '30',
    about: 'A decoder that looks at one image, or makes its renditions, for longer is killed.',
    parse: integer(1, 3_600),
  }),
  workerSlots: variable({
    name: 'WORKER_SLOTS',
    default: '4',
    about:
      'Jobs that one worker does at once (`npm run work`; `npm start` where it works in the background itself). More help where jobs wait for the store; decoding is shared among the decode processes.',
    parse: integer(1, 64),
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
  maxTemporaryBytes: variable({
    name: 'MAX_TEMPORARY_MB',
    default: '',
    about:
      'With S3, the most that files on their way take below DATA_DIR, in megabytes: half of it for originals that are fetched to be decoded, which wait for room; what else comes then is answered 429. At least twice the largest upload. Unset: 1,024, or four times the largest upload where that is more.',
    parse: (given) => (given === '' ? null : integer(1, 1_048_576)(given) * MEGABYTE),
  }),
  secretKeys: variable({
    name: 'SECRET_KEY',
    default: '',
    about: `Signs URLs: at least ${MIN_SECRET_BYTES} bytes; several, comma-separated, to rotate (the first signs, all are accepted). Unset: made once, in DATA_DIR/secret or in the table.`,
    isSecret: true,
    parse: (given) => (given === '' ? null : parseSecretKeys(given)),
  }),
  secretKeyFile: variable({
    name: 'SECRET_KEY_FILE',
    default: '',
    about:
      'A file with what SECRET_KEY would hold, in its place: the environment of a process can be read by others of its user for as long as it runs.',
    parse: optionalText,
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
