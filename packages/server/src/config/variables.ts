import { DEFAULT_PRESETS, InvalidPresets, type Presets, parsePresets } from '../domain/rendition/presets.ts';
import { CAPABILITIES, type Capability, S3_PROFILES, type S3Profile } from '../object-store/s3/capabilities.ts';
import { JWT_VARIABLES } from './jwt-variables.ts';
import { OIDC_VARIABLES } from './oidc-config.ts';
import { PROXY_VARIABLES } from './proxy-config.ts';
import { RATE_LIMIT_VARIABLES } from './rate-limit-variables.ts';
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

/** Each is a credential of another shape. */
const AUTH_METHODS = ['api-key', 'jwt'] as const;
export type AuthMethod = (typeof AUTH_METHODS)[number];
const AUTH_VALUES = 'open, api-key, jwt or jwt,api-key';

const MEGABYTE = 1_048_576;

const optionalAmount = (given: string): number | null =>
  given === '' ? null : integer(0, Number.MAX_SAFE_INTEGER)(given);

const MIN_SECRET_BYTES = 32;
/** S3's limits: presigned URLs of up to seven days, and objects of up to 5 GiB in one PUT. */
const MAX_PRESIGNED_SECONDS = 604_800;
const MAX_PUT_BYTES = 5 * 1_024 * MEGABYTE;
/** Ten years. */
const MAX_TRASH_DAYS = 3_650;
/** A list over all owners reads every shard. */
const MAX_SHARDS = 128;

/** Comma-separated values. Errors: `Expected`. */
export function parseSecretKeys(given: string): readonly [string, ...string[]] {
  const [first = '', ...rest] = given.split(',').map((key) => key.trim());
  const isLong = [first, ...rest].every((key) => Buffer.byteLength(key) >= MIN_SECRET_BYTES);
  return isLong ? [first, ...rest] : expected(`keys of at least ${MIN_SECRET_BYTES} bytes, comma-separated`);
}

/** All variables: the parser, docs/configuration.md, .env.example and --help read this table. */
export const VARIABLES = {
  host: variable({
    name: 'HOST',
    default: '127.0.0.1',
    about:
      'The address to listen on. Any address except a loopback address needs AUTH, with PUBLIC_URL or ALLOWED_HOSTS; or ALLOW_OPEN.',
    parse: (given) => given.replace(/^\[(.*)\]$/, '$1') || expected('an address or a host name'),
  }),
  port: variable({
    name: 'PORT',
    default: '8000',
    about: 'The port to listen on; 0 takes any free port.',
    parse: integer(0, 65_535),
  }),
  publicUrl: variable({
    name: 'PUBLIC_URL',
    default: '',
    about:
      "The origin under which clients reach the service, such as `https://images.example.org`; presigned URLs begin with it. Unset: the request's Host.",
    parse: optionalOrigin('https://images.example.org'),
  }),
  dataDir: variable({
    name: 'DATA_DIR',
    default: './data',
    about: 'The folder for all data: objects, records, the secret.',
    parse: (given) => given || expected('a folder'),
  }),
  auth: variable({
    name: 'AUTH',
    default: 'open',
    emptyLacks: AUTH_VALUES, // a deployment lost its value, and would be open
    about:
      'How callers prove who they are. `open`: not at all, so the service answers this machine only; `api-key`: by a key of `npm run keys` or `POST /keys`; `jwt`: by a token; `jwt,api-key`: by either.',
    parse: (given): readonly AuthMethod[] => {
      if (given === 'open') return [];
      const methods = given.split(',').map((one) => AUTH_METHODS.find((method) => method === one.trim()));
      const known = methods.flatMap((one) => one ?? []);
      const isClear = known.length === methods.length && new Set(known).size === known.length;
      return isClear ? known : expected(AUTH_VALUES);
    },
  }),
  allowOpen: variable({
    name: 'ALLOW_OPEN',
    default: 'false',
    about:
      'true: with AUTH=open serve unauthenticated callers from anywhere, also through proxies. All of them are trusted.',
    parse: flag,
  }),
  allowedHosts: variable({
    name: 'ALLOWED_HOSTS',
    default: '',
    about:
      "Host names of the service, comma-separated, in addition to localhost, 127.0.0.1, [::1] and the host of PUBLIC_URL (with ALLOW_OPEN also any IP address): `images.example.org` for any port, or `images.example.org:8443`. Other names are refused, so that a web page can't reach the service under its own name (DNS rebinding).",
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
  ...PROXY_VARIABLES,
  corsOrigins: variable({
    name: 'CORS_ORIGINS',
    default: '',
    about: 'Origins whose pages may use the service, comma-separated. Unset: pages of this machine.',
    parse: (given): 'loopback' | readonly string[] => {
      if (given === '') return 'loopback';
      const origins = given.split(',').map((one) => originOf(one.trim()));
      return origins.flatMap((one) => one ?? expected('origins, as https://app.example.org, comma-separated; never *'));
    },
  }),
  maxDirectUploadBytes: variable({
    name: 'MAX_DIRECT_UPLOAD_BYTES',
    default: String(5 * MEGABYTE),
    about: 'Largest direct upload, in bytes.',
    parse: integer(1, 64 * MEGABYTE),
  }),
  maxUploadBytes: variable({
    name: 'MAX_UPLOAD_BYTES',
    default: String(50 * MEGABYTE),
    about: 'Largest upload to a presigned URL, in bytes.',
    parse: integer(1, MAX_PUT_BYTES),
  }),
  grantRequiresSize: variable({
    name: 'GRANT_REQUIRES_SIZE',
    default: 'false',
    about:
      'true: a grant must contain `size`, which the store then enforces. Otherwise the store keeps, and charges for, a larger upload until it is rejected.',
    parse: flag,
  }),
  presignedSeconds: variable({
    name: 'PRESIGNED_EXPIRATION',
    default: '300',
    about: 'Lifetime of presigned URLs, in seconds.',
    parse: integer(1, MAX_PRESIGNED_SECONDS),
  }),
  readUrlSeconds: variable({
    name: 'READ_URL_SECONDS',
    default: '86400',
    about:
      'With AUTH, the JSON of an image has signed URLs of its presets. Each URL is valid for at least this many seconds and at most twice as many. All URLs change together, once in this time.',
    parse: integer(60, MAX_PRESIGNED_SECONDS), // below, JSON changes too often to be cached; above, a leaked URL is valid for weeks
  }),
  cacheTags: variable({
    name: 'CACHE_TAGS',
    default: 'off',
    about:
      '`on`: answers that shared caches may keep have the header `Cache-Tag: img-<id>`, by which a CDN purges all pictures of an image; or `off`.',
    parse: (given) => oneOf('on', 'off')(given) === 'on',
  }),
  usage: variable({
    name: 'USAGE',
    default: 'off',
    about:
      '`on`: counts what each user stores, exactly, with each change. Needs `npm run quota -- reconcile` once if there are images already.',
    parse: (given) => oneOf('on', 'off')(given) === 'on',
  }),
  quotaBytes: variable({
    name: 'QUOTA_BYTES',
    default: '',
    about:
      'With USAGE=on, the most bytes that a user may store, with those that pending uploads reserve. Unset: any number.',
    parse: optionalAmount,
  }),
  quotaImages: variable({
    name: 'QUOTA_IMAGES',
    default: '',
    about: 'With USAGE=on, the most images that a user may have, with pending uploads. Unset: any number.',
    parse: optionalAmount,
  }),
  quotaPending: variable({
    name: 'QUOTA_PENDING',
    default: '',
    about: 'With USAGE=on, the most pending uploads that a user may have. Unset: 1000.',
    parse: optionalAmount,
  }),
  finalizeOnRead: variable({
    name: 'FINALIZE_ON_READ',
    default: '',
    about:
      '`on`: a list first checks whether pending uploads have arrived; or `off`. Unset: on with S3; on disk the service sees every upload.',
    parse: (given) => (given === '' ? null : oneOf('on', 'off')(given) === 'on'),
  }),
  bytes: variable({
    name: 'BYTES',
    default: 'stream',
    about: '`stream`: the service sends the bytes; `redirect`: it redirects clients to a presigned URL of the store.',
    parse: oneOf('stream', 'redirect'),
  }),
  trashDays: variable({
    name: 'TRASH_DAYS',
    default: '30',
    about:
      'Days until a trashed image is deleted for good, for images trashed from now on; 0: no trash, its routes answer 404.',
    parse: integer(0, MAX_TRASH_DAYS),
  }),
  s3Bucket: variable({
    name: 'S3_BUCKET',
    default: '',
    about: 'The bucket for images, in S3 or an S3-compatible store. Unset: images are in DATA_DIR.',
    parse: (given) =>
      given === '' || /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(given) ? given || null : expected("a bucket's name"),
  }),
  s3Profile: variable({
    name: 'S3_PROFILE',
    default: 'aws',
    about: `The kind of store, which implies what it lacks: one of ${Object.keys(S3_PROFILES).join(', ')}.`,
    parse: oneOf(...(Object.keys(S3_PROFILES) as S3Profile[])),
  }),
  s3Lacks: variable({
    name: 'S3_LACKS',
    default: '',
    about: `Capabilities that the store lacks, comma-separated, instead of the profile's: ${CAPABILITIES.join(', ')}; or \`nothing\`.`,
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
    about:
      'The address at which the service reaches the store, such as `http://127.0.0.1:9000`. Unset: Amazon S3 in the region.',
    parse: optionalOrigin('http://127.0.0.1:9000'),
  }),
  s3PublicEndpoint: variable({
    name: 'S3_PUBLIC_ENDPOINT_URL',
    default: '',
    about:
      "The address at which clients reach the store, if it differs; presigned URLs begin with it. Unset: the service's address.",
    parse: optionalOrigin('https://files.example.org'),
  }),
  s3PathStyle: variable({
    name: 'S3_PATH_STYLE',
    default: '',
    about: 'true: URLs name the bucket in the path, not in the host name. Unset: true with a custom endpoint.',
    parse: optionalFlag,
  }),
  dynamoTable: variable({
    name: 'DYNAMO_TABLE',
    default: '',
    about:
      'The DynamoDB table for records, shared by any number of processes. Unset: records are in DATA_DIR, for one process.',
    parse: (given) =>
      given === '' || /^[a-zA-Z0-9_.-]{3,255}$/.test(given) ? given || null : expected("a table's name"),
  }),
  dynamoEndpoint: variable({
    name: 'AWS_ENDPOINT_URL_DYNAMODB',
    aliases: ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT'],
    default: '',
    about:
      'The address at which the service reaches DynamoDB, such as `http://127.0.0.1:8000`. Unset: Amazon DynamoDB in the region.',
    parse: optionalOrigin('http://127.0.0.1:8000'),
  }),
  feedShards: variable({
    name: 'FEED_SHARDS',
    default: '8',
    about:
      'Shards of the lists over all owners; each takes about 250 uploads a second. It can be raised (docs/operations.md), never lowered.',
    parse: integer(1, MAX_SHARDS),
  }),
  feedShardsWritten: variable({
    name: 'FEED_SHARDS_WRITTEN',
    default: '',
    about:
      'The number of shards that receive new images: set it to the old number while FEED_SHARDS is raised. Unset: all.',
    parse: (given) => (given === '' ? null : integer(1, MAX_SHARDS)(given)),
  }),
  globalLists: variable({
    name: 'GLOBAL_LISTS',
    default: 'true',
    about:
      'false: with DynamoDB, lists by tag or type need a user_id. This saves about a third of the write cost of an upload.',
    parse: flag,
  }),
  sqsQueueUrl: variable({
    name: 'SQS_QUEUE_URL',
    default: '',
    about:
      "The SQS queue for jobs and for the bucket's events, so that uploads are finalized at once. Unset: jobs are stored with the records.",
    parse: (given) =>
      given === '' || /^https?:\/\/[^/?#@\s]+\/[^?#\s]+$/i.test(given)
        ? given || null
        : expected("a queue's URL, as https://sqs.eu-central-1.amazonaws.com/123456789012/images"),
  }),
  sqsEndpoint: variable({
    name: 'AWS_ENDPOINT_URL_SQS',
    default: '',
    about:
      "The address at which the service reaches SQS, such as `http://127.0.0.1:4566`. Unset: the host of the queue's URL; AWS_ENDPOINT_URL isn't used.",
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
    about: "The access key for bucket, table and queue. Unset: the AWS SDK's provider chain (roles, profiles).",
    parse: optionalText,
  }),
  awsSecretAccessKey: variable({
    name: 'AWS_SECRET_ACCESS_KEY',
    default: '',
    about: 'The secret of the access key.',
    isSecret: true,
    parse: optionalText,
  }),
  awsSessionToken: variable({
    name: 'AWS_SESSION_TOKEN',
    default: '',
    about: 'The session token of a temporary access key.',
    isSecret: true,
    parse: optionalText,
  }),
  caBundle: variable({
    name: 'AWS_CA_BUNDLE',
    default: '',
    about: 'A file of additional trusted certificates (PEM), for a store with a private CA.',
    parse: optionalText,
  }),
  presets: variable({
    name: 'PRESETS',
    default: DEFAULT_PRESETS,
    about:
      'Named renditions, as `name:parameters` separated by spaces; the parameters are those of GET /images/{id}/render. The value replaces the default presets: repeat those that should stay.',
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
      'Presets that are made as soon as an image is ready, comma-separated. Unset: each is made on the first request.',
    parse: (given) => (given === '' ? [] : [...new Set(given.split(',').map((name) => name.trim()))]),
  }),
  presetsOnly: variable({
    name: 'PRESETS_ONLY',
    default: 'false',
    about: 'true: only presets are rendered; the service signs no URLs of /images/{id}/render and refuses them.',
    parse: flag,
  }),
  renditionCacheBytes: variable({
    name: 'RENDITION_CACHE_MB',
    default: '32',
    about:
      'Size of the in-memory cache of renditions, in megabytes (renditions over 256 KB are cached from the second request on); 0: no cache.',
    parse: (given) => integer(0, 4_096)(given) * MEGABYTE,
  }),
  transformTimeoutSeconds: variable({
    name: 'TRANSFORM_TIMEOUT_SECONDS',
    default: '30',
    about: 'A decoder that takes longer to inspect one image, or to make its renditions, is killed.',
    parse: integer(1, 3_600),
  }),
  decodersRequire: variable({
    name: 'DECODERS_REQUIRE',
    default: '',
    about:
      'The least confinement of decoders: `landlock`, or `namespaces`, which `landlock` meets too. The start measures it with one decoder and fails with less; no decoder ever starts with less. Unset: decoders are confined as well as the system allows, and nothing is measured before the first image. Not on Lambda.',
    parse: (given): 'landlock' | 'namespaces' | null => (given === '' ? null : oneOf('landlock', 'namespaces')(given)),
  }),
  maxDecoderWaitSeconds: variable({
    name: 'MAX_DECODER_WAIT_SECONDS',
    default: '10',
    about:
      'A request that waits longer than this for a free decoder is answered 429, with Retry-After. Many clients give up after 30 s.',
    parse: integer(1, 3_600),
  }),
  workerSlots: variable({
    name: 'WORKER_SLOTS',
    default: '4',
    about:
      'Jobs that one worker runs concurrently (`npm run work`, or `npm start` if it does the background work). More slots help if jobs wait for the store; decoding is limited by the decode processes.',
    parse: integer(1, 64),
  }),
  maxEventLoopDelayMs: variable({
    name: 'MAX_EVENT_LOOP_DELAY_MS',
    default: '1000',
    about: 'Above this event loop delay, in milliseconds, requests are answered 503.',
    parse: integer(10, 3_600_000),
  }),
  maxMemoryBytes: variable({
    name: 'MAX_MEMORY_MB',
    default: '0',
    about:
      "Above this memory of the process, in megabytes and without its decoders, requests are answered 503. 0: 80 % of the container's limit; no limit without a container.",
    parse: (given) => integer(0, 1_048_576)(given) * MEGABYTE || null,
  }),
  maxTemporaryBytes: variable({
    name: 'MAX_TEMPORARY_MB',
    default: '',
    about:
      'With S3, the disk space below DATA_DIR for temporary files, in megabytes. Half of it is for originals fetched for decoding, which wait for space; other requests without space are answered 429. At least twice the largest upload. Unset: 1,024, or four times the largest upload if that is more.',
    parse: (given) => (given === '' ? null : integer(1, 1_048_576)(given) * MEGABYTE),
  }),
  minFreeBytes: variable({
    name: 'MIN_FREE_BYTES',
    default: '',
    about:
      'The reserve of the disk with records or objects, in bytes: with less free space, grants, uploads and links are refused (507) and renditions are not stored, so that deletions still work. 0: no reserve. Unset: 5 % of the disk, at least 128 MB and at most 1 GB, but never more than a quarter of the disk.',
    parse: optionalAmount,
  }),
  secretKeys: variable({
    name: 'SECRET_KEY',
    default: '',
    about: `The key that signs URLs: at least ${MIN_SECRET_BYTES} bytes; several, comma-separated, for rotation (the first signs, all are accepted). Unset: generated once and kept in DATA_DIR/secret or in the table.`,
    isSecret: true,
    parse: (given) => (given === '' ? null : parseSecretKeys(given)),
  }),
  secretKeyFile: variable({
    name: 'SECRET_KEY_FILE',
    default: '',
    about:
      "A file with the value of SECRET_KEY, used instead of it: other processes of the same user can read a process's environment.",
    parse: optionalText,
  }),
  ...JWT_VARIABLES,
  ...OIDC_VARIABLES,
  ...RATE_LIMIT_VARIABLES,
  logLevel: variable({
    name: 'LOG_LEVEL',
    default: 'info',
    about: `One of ${LOG_LEVELS.join(', ')}.`,
    parse: oneOf(...LOG_LEVELS),
  }),
  logFormat: variable({
    name: 'LOG_FORMAT',
    default: 'auto',
    about: '`pretty` for people, `json` for log collectors; `auto` is pretty in a terminal.',
    parse: oneOf('auto', 'pretty', 'json'),
  }),
} as const;
