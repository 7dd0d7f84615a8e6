import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eachType, MAX_PIXELS } from '../../domain/image/media-type.ts';
import { DEFAULT_PRESETS, parsePresets } from '../../domain/rendition/presets.ts';
import { CAPABILITIES, S3_PROFILES } from '../../object-store/s3/capabilities.ts';
import { SAMPLERS } from '../../observe/telemetry/telemetry-config.ts';
import { type Config, isStateless, loadConfig } from './config.ts';
import { problemsOf } from './problems-of.fixture.ts';
import { VARIABLES } from './variables.ts';

const ID = '01900000-0000-7000-8000-000000000001';

const NO_SECRETS = {
  awsKeys: null,
  backupKeys: null,
  importKeys: null,
  secretKeys: null,
  databaseUrl: null,
  jwtSecret: null,
  gateSecrets: new Map(),
  rateLimitStore: null,
};

/** Without those that exist once for each HTTP gate (gates/http-gates.test.ts). */
const NAMED = Object.values(VARIABLES).filter(({ name }) => !name.includes('<'));

const DEFAULTS: Config = {
  host: '127.0.0.1',
  port: 8_000,
  publicUrl: null,
  dataDir: './data',
  allowedHosts: [],
  proxies: null,
  auth: [],
  clamd: null,
  httpGates: [],
  outboundAllow: [],
  allowOpen: false,
  corsOrigins: 'loopback',
  maxDirectUploadBytes: 5 * 1_048_576,
  maxUploadBytes: 50 * 1_048_576,
  grantRequiresSize: false,
  presignedSeconds: 300,
  uploadPartsHours: 20,
  ingestHosts: [],
  readUrlSeconds: 86_400,
  cacheTags: false,
  quotas: null,
  finalizeOnRead: false,
  bytes: 'stream',
  maxPixels: MAX_PIXELS,
  decodesHeic: true,
  workingCopies: true,
  trashDays: 30,
  metadataFilters: [],
  events: null,
  s3: null,
  dynamodb: null,
  postgres: null,
  sqs: null,
  backup: { region: 'us-east-1', endpoint: null, caBundle: null },
  imports: { region: 'us-east-1', s3Endpoint: null, dynamodbEndpoint: null, caBundle: null },
  jwt: null,
  oidc: null,
  rateLimits: null,
  presets: parsePresets(DEFAULT_PRESETS),
  eagerPresets: [],
  presetsOnly: false,
  watermarks: new Map(),
  watermarkShared: null,
  renditionCacheBytes: 32 * 1_048_576,
  workerSlots: 4,
  transformTimeoutSeconds: 30,
  decodersRequire: null,
  maxDecoderWaitSeconds: 10,
  maxEventLoopDelayMs: 1_000,
  readyRequires: ['records'],
  maxMemoryBytes: null,
  minFreeBytes: null,
  maxTemporaryBytes: 1_024 * 1_048_576,
  telemetry: null,
  lambdaMetrics: 'Safelight',
  logLevel: 'info',
  logFormat: 'auto',
};

describe('the configuration', () => {
  it('has a default for every variable', () => {
    assert.deepEqual(loadConfig({}), { config: DEFAULTS, secrets: NO_SECRETS });
  });

  it('limits temporary files to four uploads by default, and to two at least', () => {
    const megabytes = (environment: Record<string, string>) =>
      loadConfig(environment).config.maxTemporaryBytes / 1_048_576;
    assert.equal(megabytes({ MAX_UPLOAD_BYTES: String(500 * 1_048_576) }), 2_000);
    assert.equal(megabytes({ MAX_TEMPORARY_MB: '100' }), 100);
    assert.deepEqual(problemsOf({ MAX_TEMPORARY_MB: '99' }), {
      MAX_TEMPORARY_MB: 'expected at least 100, twice the largest upload; got 99',
    });
  });

  it('of an amount with a unit has a problem with the number of bytes', () => {
    const expected = 'expected a whole number from 1 to 1073741824, such as 52428800; got';
    for (const given of ['50MB', '50 MiB', '50m', '51200K'])
      assert.deepEqual(problemsOf({ MAX_UPLOAD_BYTES: given }), { MAX_UPLOAD_BYTES: `${expected} ${given}` });
  });

  it('refuses more pixels than a decoder can do, with both numbers', () => {
    const detail = (MAX_MEGAPIXELS: string) => problemsOf({ MAX_MEGAPIXELS })['MAX_MEGAPIXELS'];
    const most = (of: string) => `expected at most ${of}, the limit of its decoder; got`;
    assert.equal(detail('jpeg=100,png=52.428801'), `${most('52.4288 megapixels for png')} jpeg=100,png=52.428801`);
    assert.equal(detail('avif=17'), `${most('16.777216 megapixels for avif')} avif=17`);
    assert.equal(detail('202'), 'expected at most 201.326592 megapixels, the most that a decoder can do; got 202');
  });

  it('treats an empty or blank variable as unset', () => {
    const others = Object.values(VARIABLES).filter(({ name }) => name !== 'AUTH');
    for (const given of ['', '  ', undefined]) {
      const environment = Object.fromEntries(others.map(({ name }) => [name, given]));
      assert.deepEqual(loadConfig(environment), { config: DEFAULTS, secrets: NO_SECRETS });
    }
  });

  it('refuses an empty AUTH, which would be open', () => {
    for (const AUTH of ['', ' '])
      assert.deepEqual(problemsOf({ AUTH }), { AUTH: 'expected open, api-key, jwt or jwt,api-key; got nothing' });
  });

  it('refuses the placeholders of copied files before anything else, without the rest of the value', () => {
    const detail = 'expected a value of your own; got the placeholder CHANGE_ME';
    const environment = { PUBLIC_URL: 'https://CHANGE_ME', AWS_ENDPOINT_URL: 'CHANGE_ME', S3_PROFILE: 'tape' };
    assert.deepEqual(problemsOf(environment), { PUBLIC_URL: detail, AWS_ENDPOINT_URL: detail });
    assert.deepEqual(problemsOf({ JWT_SECRET: 'CHANGE_ME-hunter2' }), { JWT_SECRET: detail });
    assert.deepEqual(loadConfig({ OTHER: 'CHANGE_ME' }).config, DEFAULTS);
  });

  it('has the defaults that the table of variables documents', () => {
    const environment = Object.fromEntries(NAMED.map((one) => [one.name, one.default]));
    assert.deepEqual(loadConfig(environment).config, DEFAULTS);
  });

  it('ignores the rest of the environment', () => {
    assert.deepEqual(loadConfig({ PATH: '/bin', HOSTNAME: '0.0.0.0', port: '1' }).config, DEFAULTS);
  });
});

const PORTS = 'expected a whole number from 1 to 65535';
const AWS_TEXTS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CA_BUNDLE'];
const IMPORT_TEXTS = ['IMPORT_AWS_ACCESS_KEY_ID', 'IMPORT_AWS_SECRET_ACCESS_KEY', 'IMPORT_AWS_SESSION_TOKEN'];
const BACKUP_TEXTS = ['BACKUP_AWS_ACCESS_KEY_ID', 'BACKUP_AWS_SECRET_ACCESS_KEY'];
/** Any text, a path, and a secret: jwt-config.test.ts. */
const JWT_TEXTS = ['JWT_ISSUER', 'JWT_JWKS_FILE', 'JWT_SECRET'];
const ALLOWED = { ALLOW_OPEN: 'true' };

const good: readonly (readonly [keyof Config, Record<string, string>, unknown])[] = [
  ['host', { HOST: 'localhost' }, 'localhost'],
  ['host', { HOST: '::1' }, '::1'],
  ['host', { HOST: '0.0.0.0', ...ALLOWED }, '0.0.0.0'],
  ['host', { HOST: 'images.internal', ...ALLOWED }, 'images.internal'],
  ['finalizeOnRead', { FINALIZE_ON_READ: 'on' }, true],
  ['finalizeOnRead', { FINALIZE_ON_READ: 'off' }, false],
  ['port', { PORT: '0' }, 0],
  ['port', { PORT: '65535' }, 65_535],
  ['port', { PORT: '8000 ' }, 8_000],
  ['publicUrl', { PUBLIC_URL: 'https://images.example.org' }, 'https://images.example.org'],
  ['publicUrl', { PUBLIC_URL: 'https://images.example.org/' }, 'https://images.example.org'],
  ['publicUrl', { PUBLIC_URL: 'HTTPS://Images.Example.org:443' }, 'https://images.example.org'],
  ['publicUrl', { PUBLIC_URL: 'http://10.0.0.1:8080' }, 'http://10.0.0.1:8080'],
  ['publicUrl', { PUBLIC_URL: 'http://[::1]:8080' }, 'http://[::1]:8080'],
  ['dataDir', { DATA_DIR: '/var/lib/safe light' }, '/var/lib/safe light'],
  ['auth', { AUTH: 'api-key' }, ['api-key']],
  ['allowOpen', ALLOWED, true],
  ['allowOpen', { ALLOW_OPEN: 'false' }, false],
  ['allowedHosts', { ALLOWED_HOSTS: 'Images.example.org' }, ['images.example.org']],
  [
    'allowedHosts',
    { ALLOWED_HOSTS: 'api , xn--bcher-kva.example:8443,10.0.0.1:80, [2001:DB8::1]:8000,[::1]' },
    ['api', 'xn--bcher-kva.example:8443', '10.0.0.1:80', '[2001:db8::1]:8000', '[::1]'],
  ],
  ['corsOrigins', { CORS_ORIGINS: 'https://app.example.org' }, ['https://app.example.org']],
  ['corsOrigins', { CORS_ORIGINS: 'https://a.org/ , http://B.org:8080' }, ['https://a.org', 'http://b.org:8080']],
  ['maxDirectUploadBytes', { MAX_DIRECT_UPLOAD_BYTES: '1' }, 1],
  ['maxDirectUploadBytes', { MAX_DIRECT_UPLOAD_BYTES: '67108864' }, 67_108_864],
  ['maxUploadBytes', { MAX_UPLOAD_BYTES: '1073741824' }, 1_073_741_824],
  ['grantRequiresSize', { GRANT_REQUIRES_SIZE: 'true' }, true],
  ['presignedSeconds', { PRESIGNED_EXPIRATION: '604800' }, 604_800],
  [
    'ingestHosts',
    { INGEST_HOSTS: '*, Images.example.org,*.cdn.example.org,10.1.2.3, [::1]' },
    ['*', 'images.example.org', '*.cdn.example.org', '10.1.2.3', '[::1]'],
  ],
  ['readUrlSeconds', { READ_URL_SECONDS: '60' }, 60],
  ['cacheTags', { CACHE_TAGS: 'on' }, true],
  ['presets', { PRESETS: 'icon:w=64' }, parsePresets('icon:w=64')],
  ['eagerPresets', { EAGER_PRESETS: 'thumb' }, ['thumb']],
  ['eagerPresets', { EAGER_PRESETS: 'large, thumb,large' }, ['large', 'thumb']],
  ['eagerPresets', { EAGER_PRESETS: 'icon', PRESETS: 'icon:w=64' }, ['icon']],
  [
    'watermarks',
    { WATERMARKS: ` logo:${ID}  a-b_2:${ID.toUpperCase()}` },
    new Map(Object.entries({ logo: ID, 'a-b_2': ID })),
  ],
  ['presetsOnly', { PRESETS_ONLY: 'true' }, true],
  ['renditionCacheBytes', { RENDITION_CACHE_MB: '0' }, 0],
  ['renditionCacheBytes', { RENDITION_CACHE_MB: '4096' }, 4_294_967_296],
  ['workerSlots', { WORKER_SLOTS: '1' }, 1],
  ['workerSlots', { WORKER_SLOTS: '64' }, 64],
  ['maxPixels', { MAX_MEGAPIXELS: '1.5' }, eachType(() => 1_500_000)],
  ['maxPixels', { MAX_MEGAPIXELS: '100' }, { ...MAX_PIXELS, 'image/jpeg': 100_000_000 }],
  [
    'maxPixels',
    { MAX_MEGAPIXELS: 'jpeg=201.326592, avif=8.4' },
    { ...MAX_PIXELS, 'image/jpeg': 201_326_592, 'image/avif': 8_400_000 },
  ],
  ['decodesHeic', { DECODE_HEIC: 'off' }, false],
  ['workingCopies', { WORKING_COPIES: 'off' }, false],
  ['trashDays', { TRASH_DAYS: '0' }, 0],
  ['metadataFilters', { METADATA_FILTERS: 'sku, order' }, ['order', 'sku']],
  ['events', { EVENTS: 'on' }, { days: 7 }],
  ['events', { EVENTS: 'on', EVENTS_DAYS: '30' }, { days: 30 }],
  ['transformTimeoutSeconds', { TRANSFORM_TIMEOUT_SECONDS: '3600' }, 3_600],
  ['decodersRequire', { DECODERS_REQUIRE: 'namespaces' }, 'namespaces'],
  ['maxDecoderWaitSeconds', { MAX_DECODER_WAIT_SECONDS: '60' }, 60],
  ['maxEventLoopDelayMs', { MAX_EVENT_LOOP_DELAY_MS: '10' }, 10],
  ['readyRequires', { READY_REQUIRES: 'records, objects' }, ['records', 'objects']],
  ['maxMemoryBytes', { MAX_MEMORY_MB: '512' }, 536_870_912],
  ['maxMemoryBytes', { MAX_MEMORY_MB: '0' }, null],
  ['minFreeBytes', { MIN_FREE_BYTES: '5000' }, 5_000],
  ['minFreeBytes', { MIN_FREE_BYTES: '0' }, 0],
  ['maxTemporaryBytes', { MAX_TEMPORARY_MB: '512' }, 536_870_912],
  ['bytes', { BYTES: 'redirect' }, 'redirect'],
  ['finalizeOnRead', { S3_BUCKET: 'images' }, true],
  ['finalizeOnRead', { S3_BUCKET: 'images', FINALIZE_ON_READ: 'off' }, false],
  ['lambdaMetrics', { LAMBDA_METRICS: 'off' }, null],
  ['lambdaMetrics', { LAMBDA_METRICS: 'Safelight/blue' }, 'Safelight/blue'],
  ['logLevel', { LOG_LEVEL: 'silent' }, 'silent'],
  ['logFormat', { LOG_FORMAT: 'json' }, 'json'],
];

describe('a variable', () => {
  for (const [field, environment, value] of good) {
    it(`is read: ${JSON.stringify(environment)}`, () => {
      assert.deepEqual(loadConfig(environment).config[field], value);
    });
  }

  const port = 'expected a whole number from 0 to 65535';
  const url = 'expected an http or https URL without a path, as https://images.example.org';
  const origins = 'expected origins, as https://app.example.org, comma-separated; never *';
  const wrong: Record<string, { expected: string; given: readonly string[] }> = {
    PORT: { expected: port, given: ['65536', '-1', '1.5', '0x10', '1e3', '80,81', 'http', '9'.repeat(400)] },
    PUBLIC_URL: {
      expected: url,
      given: [
        'images.example.org',
        '//images.example.org',
        'ftp://images.example.org',
        'https://images.example.org/api',
        'https://images.example.org/?',
        'https://images.example.org/?a=b',
        'https://images.example.org/#top',
        'https://images.example.org:99999',
        'https://',
      ],
    },
    ALLOWED_HOSTS: {
      expected: 'expected host names, as images.example.org or images.example.org:8443, comma-separated; never *',
      given: [
        '*',
        '*.example.org',
        'https://images.example.org',
        'images.example.org/',
        'images.example.org.',
        'images.example.org,',
        'images.example.org:',
        'images.example.org:0',
        'images.example.org:65536',
        'images..example.org',
        '-images.example.org',
        'bücher.example',
        '2130706433',
        '0177.0.0.1',
        '256.0.0.1',
        '::1',
        '[::1',
        '[fe80::1%25eth0]',
        'a b',
        'a'.repeat(64),
      ],
    },
    TRUSTED_PROXIES: {
      expected: 'expected networks of proxies, as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32, comma-separated; never /0',
      given: ['0.0.0.0/0', '::/0', '10.0.0.1/8', '10.0.0.0/8,', 'proxy.example', '*', 'true', '1'],
    },
    PROXY_HEADERS: {
      expected: 'expected one of x-forwarded, forwarded',
      given: ['both', 'X-Forwarded-For', 'x-forwarded,forwarded'],
    },
    AUTH: {
      expected: 'expected open, api-key, jwt or jwt,api-key',
      given: ['none', 'OPEN', 'open,api-key', 'api-key,api-key', 'api-key,', ',', 'basic', 'jwt;api-key'],
    },
    ALLOW_OPEN: { expected: 'expected true or false', given: ['yes', '1', 'TRUE'] },
    CORS_ORIGINS: {
      expected: origins,
      given: ['*', 'null', 'app.example.org', 'https://a.org,', 'https://a.org,*', 'https://a.org/x', 'file:///x'],
    },
    MAX_DIRECT_UPLOAD_BYTES: {
      expected: 'expected a whole number from 1 to 67108864',
      given: ['0', '67108865', '5 bytes'],
    },
    MAX_UPLOAD_BYTES: { expected: 'expected a whole number from 1 to 1073741824', given: ['0', '1073741825', '-5'] },
    GRANT_REQUIRES_SIZE: { expected: 'expected true or false', given: ['yes', '1'] },
    GATE_CLAMD: {
      expected: 'expected unix: and a path, as unix:/run/clamav/clamd.ctl, or host and port, as scanner.internal:3310',
      given: ['on', '/run/clamav/clamd.ctl', 'unix:clamd.ctl', 'scanner', 'scanner:0', 'scanner:70000', 'http://a:1'],
    },
    GATE_CLAMD_ON_ERROR: { expected: 'expected one of hold, refuse, pass', given: ['ignore', 'HOLD'] },
    GATE_CLAMD_ATTEMPTS: { expected: 'expected a whole number from 1 to 100', given: ['0', '101', 'many'] },
    GATE_CLAMD_TIMEOUT_SECONDS: { expected: 'expected a whole number from 1 to 600', given: ['0', '1.5', '10m'] },
    GATE_CLAMD_CONCURRENCY: { expected: 'expected a whole number from 1 to 100', given: ['0', 'all'] },
    GATE_CLAMD_DEADLINE_HOURS: { expected: 'expected a whole number from 1 to 720', given: ['0', '721', '1d'] },
    GATE_CLAMD_AT_DEADLINE: { expected: 'expected one of refuse, pass', given: ['hold', 'delete'] },
    EVENTS: { expected: 'expected one of on, off', given: ['true', 'ON', '7'] },
    EVENTS_DAYS: { expected: 'expected a whole number from 1 to 90', given: ['0', '91', '1.5', 'all'] },
    OUTBOUND_ALLOW: {
      expected:
        'expected networks as 10.1.2.0/24, 10.1.2.3:8080, [fd00::/8] or [fd00::/8]:8080, comma-separated; never /0',
      given: ['0.0.0.0/0', 'gate.internal', '10.0.0.1:0', 'fd00::/8', '10.0.0.1/8', '10.0.0.1,'],
    },
    INGEST_HOSTS: {
      expected: 'expected host names as images.example.org or *.example.org, comma-separated, or *',
      given: ['https://a.org', 'a.org:8443', '[::1]:80', 'a.org/', 'a.org,', '**', '*.', 'a.*.org', '*a.org', 'a b'],
    },
    UPLOAD_PARTS_HOURS: { expected: 'expected a whole number from 1 to 168', given: ['0', '169', '1d'] },
    PRESIGNED_EXPIRATION: { expected: 'expected a whole number from 1 to 604800', given: ['0', '604801', '5m'] },
    READ_URL_SECONDS: { expected: 'expected a whole number from 60 to 604800', given: ['0', '59', '604801', '1d'] },
    CACHE_TAGS: { expected: 'expected one of on, off', given: ['true', 'ON', '1'] },
    PRESETS: {
      expected: `expected presets as thumb:w=256&h=256, whitespace between, but small's w: expected a whole number from 1 to 4096; got "0"`,
      given: ['small:w=0', 'small:w=0&h=3', 'thumb:w=256 small:w=0'],
    },
    EAGER_PRESETS: {
      expected: 'expected names of PRESETS (thumb, tile, small, medium, large), comma-separated',
      given: ['tiny', 'Thumb', 'none', 'tiny, icon'],
    },
    WATERMARKS: {
      expected: 'expected watermarks as logo:IMAGE_ID, whitespace between, with names of a-z, 0-9, _ and -, at most 32',
      given: ['logo', 'Logo:x', ':x', 'logo:', 'logo:7', `logo=${ID}`, `${'a'.repeat(33)}:${ID}`],
    },
    WATERMARK_SHARED: { expected: 'expected one of WATERMARKS (none)', given: ['logo'] },
    PRESETS_ONLY: { expected: 'expected true or false', given: ['yes', '1'] },
    RENDITION_CACHE_MB: { expected: 'expected a whole number from 0 to 4096', given: ['-1', '4097', '32MB'] },
    WORKER_SLOTS: { expected: 'expected a whole number from 1 to 64', given: ['0', '65', '1.5'] },
    MAX_MEGAPIXELS: {
      expected:
        'expected megapixels for all formats, as 50, or for some, as jpeg=100,avif=8.5: numbers over 0 with up to 6 decimals, for jpeg, png, webp, gif, avif, heic, tiff',
      given: [
        ...[
          '0',
          '-1',
          '1e2',
          '50MP',
          '1.1234567',
          '0.0000001',
          'jpeg',
          'jpeg=',
          'jpg=100',
          'JPEG=100',
          'image/jpeg=100',
        ],
        ...['jpeg=100,', 'jpeg=100,jpeg=50', 'jpeg=100,50', '50,jpeg=100', 'jpeg=1=2', 'jpeg=0', 'bmp=1'],
      ],
    },
    DECODE_HEIC: { expected: 'expected one of on, off', given: ['true', 'ON', '0'] },
    WORKING_COPIES: { expected: 'expected one of on, off', given: ['true', 'ON', '1'] },
    METADATA_FILTERS: {
      expected:
        'expected at most 3 different names, comma-separated, each of 1 to 40 letters, digits, underscores and hyphens',
      given: ['a,a', 'a,b,c,d', 'a b', 'metadata.order', 'a,', 'é', 'a'.repeat(41)],
    },
    TRASH_DAYS: { expected: 'expected a whole number from 0 to 3650', given: ['-1', '3651', '0.5', 'never'] },
    USAGE: { expected: 'expected one of on, off', given: ['true', 'ON', '1'] },
    TRANSFORM_TIMEOUT_SECONDS: { expected: 'expected a whole number from 1 to 3600', given: ['0', '3601', '0.5'] },
    DECODERS_REQUIRE: { expected: 'expected one of landlock, namespaces', given: ['unconfined', 'Landlock', 'true'] },
    MAX_DECODER_WAIT_SECONDS: { expected: 'expected a whole number from 1 to 3600', given: ['0', '3601', '0.5'] },
    READY_REQUIRES: {
      expected: 'expected one or more of records, objects, comma-separated, each once',
      given: ['queue', 'records,', 'records,records', 'none', 'Objects', 'records objects'],
    },
    MAX_EVENT_LOOP_DELAY_MS: { expected: 'expected a whole number from 10 to 3600000', given: ['0', '9', '1s'] },
    MAX_TEMPORARY_MB: { expected: 'expected a whole number from 1 to 1048576', given: ['0', '1048577', '2GB'] },
    MIN_FREE_BYTES: {
      expected: `expected a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
      given: ['-1', '5%', '1GB'],
    },
    MAX_MEMORY_MB: { expected: 'expected a whole number from 0 to 1048576', given: ['-1', '1048577', '80%'] },
    BYTES: { expected: 'expected one of stream, redirect', given: ['both', 'STREAM'] },
    S3_BUCKET: {
      expected:
        "expected a bucket's name alone, by S3's rules: 3 to 63 lower-case letters, digits, dots and hyphens, with a letter or digit at both ends, without two dots in a row, and no IP address",
      given: [
        ...['a', 'My-Images', 'my_images', 'images/', '-images', 's3://images', 'my..images', '192.168.5.4'],
        ...['images.', 'x'.repeat(64)],
      ],
    },
    DATABASE_CONNECTIONS: { expected: 'expected a whole number from 1 to 1000', given: ['0', '1001', 'all'] },
    DATABASE_PREPARE: { expected: 'expected one of on, off', given: ['true', 'OFF'] },
    DYNAMO_TABLE: {
      expected:
        "expected a table's name alone, by DynamoDB's rules: 3 to 255 letters, digits, underscores, dots and hyphens",
      given: ['ab', 'my images', 'a/b', 'x'.repeat(256)],
    },
    AWS_ENDPOINT_URL_DYNAMODB: {
      expected: 'expected an http or https URL without a path, as http://127.0.0.1:8000',
      given: ['127.0.0.1:8000', 'http://127.0.0.1:8000/shell'],
    },
    FEED_SHARDS: { expected: 'expected a whole number from 1 to 128', given: ['0', '129', 'all'] },
    FEED_SHARDS_WRITTEN: { expected: 'expected a whole number from 1 to 128', given: ['0', '129'] },
    GLOBAL_LISTS: { expected: 'expected true or false', given: ['no', '0'] },
    SQS_QUEUE_URL: {
      expected: "expected a queue's URL, as https://sqs.eu-central-1.amazonaws.com/123456789012/images",
      given: [
        'images',
        'https://sqs.eu-central-1.amazonaws.com',
        'https://sqs.eu-central-1.amazonaws.com/',
        'arn:aws:sqs:eu:1:q',
      ],
    },
    AWS_ENDPOINT_URL_SQS: {
      expected: 'expected an http or https URL without a path, as http://127.0.0.1:4566',
      given: ['127.0.0.1:4566', 'http://127.0.0.1:4566/queue'],
    },
    S3_PROFILE: {
      expected: 'expected one of aws, ceph, r2, seaweedfs, garage, rustfs, minio, localstack',
      given: ['tape', 'AWS'],
    },
    S3_LACKS: {
      expected: `expected one of ${CAPABILITIES.join(', ')}`,
      given: ['everything', 'cors,', 'cors,nothing'],
    },
    AWS_ENDPOINT_URL_S3: {
      expected: 'expected an http or https URL without a path, as http://127.0.0.1:9000',
      given: ['127.0.0.1:9000', 'http://127.0.0.1:9000/bucket'],
    },
    S3_PUBLIC_ENDPOINT_URL: {
      expected: 'expected an http or https URL without a path, as https://files.example.org',
      given: ['files.example.org'],
    },
    S3_PATH_STYLE: { expected: 'expected true or false', given: ['yes'] },
    AWS_REGION: { expected: 'expected a region, as eu-central-1', given: ['EU', 'eu central'] },
    BACKUP_S3_REGION: { expected: 'expected a region, as eu-central-1', given: ['EU'] },
    BACKUP_S3_ENDPOINT: {
      expected: 'expected an http or https URL without a path, as https://s3.example.org',
      given: ['s3.example.org', 'https://s3.example.org/bucket'],
    },
    IMPORT_AWS_REGION: { expected: 'expected a region, as eu-central-1', given: ['EU'] },
    IMPORT_S3_ENDPOINT: {
      expected: 'expected an http or https URL without a path, as https://s3.example.org',
      given: ['s3.example.org', 'https://s3.example.org/bucket'],
    },
    IMPORT_DYNAMODB_ENDPOINT: {
      expected: 'expected an http or https URL without a path, as http://127.0.0.1:8000',
      given: ['s3.example.org', 'http://127.0.0.1:8000/bucket'],
    },
    JWT_JWKS_URL: {
      expected: 'expected an https URL, or an http URL of this machine',
      given: ['keys.json', 'http://issuer.example/keys', 'file:///keys.json'],
    },
    JWT_AUDIENCE: { expected: 'expected one or more audiences, comma-separated', given: [',', 'web,', ',web'] },
    JWT_AUDIENCE_CLAIM: {
      expected: 'expected the name of a claim, as sub or realm_access.roles',
      given: ['a b', 'a,b', 'a=b', '.a', 'a..b', 'a.'],
    },
    JWT_ALGORITHMS: {
      expected: 'expected one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA',
      given: ['none', 'HS256', 'RS256,HS256', 'rs256', 'RS256,', 'ES256K', '*'],
    },
    JWT_USER_CLAIM: {
      expected: 'expected the name of a claim, as sub or realm_access.roles',
      given: ['sub,', 'org id,sub', '.'],
    },
    JWT_ACT_AS_CLAIM: {
      expected: 'expected the name of a claim, as sub or realm_access.roles',
      given: ['a b', 'a..b'],
    },
    JWT_ACT_AS_PREFIXES_CLAIM: {
      expected: 'expected the name of a claim, as sub or realm_access.roles',
      given: ['a..b', 'a b', '.a'],
    },
    JWT_ADMIN: { expected: 'expected claim=value', given: ['role', 'role=', '=admin', '='] },
    JWT_REQUIRE: { expected: 'expected claim=value', given: ['token_use', 'token_use=', '=access'] },
    JWT_SCOPE_PREFIX: { expected: 'expected a text without whitespace', given: ['a b'] },
    JWT_DEFAULT_SCOPES: {
      expected: 'expected one of images:read, images:upload, images:write',
      given: ['images:admin', 'images:read,images:admin', 'read', 'images:read,', 'none'],
    },
    JWT_CLOCK_SKEW_SECONDS: { expected: 'expected a whole number from 0 to 60', given: ['61', '-1', '1.5', '30s'] },
    OIDC_SCOPES: {
      expected: 'expected scopes separated by single spaces, openid among them',
      given: ['profile', 'openid,email', 'openid  email', 'openid "email"'],
    },
    QUOTA_BYTES: { expected: 'expected a whole number from 0 to 9007199254740991', given: ['-1', '1.5', '10GB'] },
    QUOTA_IMAGES: { expected: 'expected a whole number from 0 to 9007199254740991', given: ['-1', 'none'] },
    QUOTA_PENDING: { expected: 'expected a whole number from 0 to 9007199254740991', given: ['-1', '1e3'] },
    QUOTAS: {
      expected: 'expected JSON as {"acme:": {"bytes": 10737418240, "images": null}}, with bytes, images and pending',
      given: [
        'acme:=5',
        '[]',
        'null',
        '{"acme:": 5}',
        '{"acme:": []}',
        '{"acme:": {}}',
        '{"acme:": {"bytes": -1}}',
        '{"acme:": {"bytes": 1.5}}',
        '{"acme:": {"bytes": "5"}}',
        '{"acme:": {"bytes": 1e300}}',
        '{"acme:": {"requests": 5}}',
      ],
    },
    RATE_LIMITS: {
      expected:
        'expected limits as grant=60/m, separated by spaces: each of grant, upload, read, render, list, picture at most once, from 1 to 1000000 requests in one s, m or h; or off',
      given: ['grant=0/m', 'grants=60/m', 'grant=60', 'on'],
    },
    LAMBDA_METRICS: {
      expected: 'expected off, or a namespace of letters, digits and ._/#-',
      given: ['AWS/Lambda', 'Safe light', ':x', 'x'.repeat(256)],
    },
    METRICS_PORT: { expected: PORTS, given: ['0', '65536', '127.0.0.1:9464'] },
    WORKER_METRICS_PORT: { expected: PORTS, given: ['0', 'on'] },
    OTEL_EXPORTER_OTLP_ENDPOINT: {
      expected: 'expected an http or https URL without a query, as http://collector:4318',
      given: ['collector:4318', 'grpc://collector:4317', 'http://', 'http://collector:4318/?token=x'],
    },
    OTEL_SDK_DISABLED: { expected: 'expected true or false', given: ['yes', '1'] },
    OTEL_TRACES_SAMPLER: { expected: `expected one of ${SAMPLERS.join(', ')}`, given: ['jaeger_remote', 'on'] },
    OTEL_TRACES_SAMPLER_ARG: { expected: 'expected a number from 0 to 1', given: ['1.5', '-0.1', '1%'] },
    OTEL_METRIC_EXPORT_INTERVAL: {
      expected: 'expected a whole number from 1000 to 3600000',
      given: ['999', '3600001', '60s'],
    },
    FINALIZE_ON_READ: { expected: 'expected one of on, off', given: ['true', 'ON', '1'] },
    LOG_LEVEL: { expected: 'expected one of debug, info, warn, error, silent', given: ['trace', 'INFO'] },
    LOG_FORMAT: { expected: 'expected one of auto, pretty, json', given: ['text'] },
  };
  for (const [name, { expected, given }] of Object.entries(wrong)) {
    for (const value of given) {
      it(`is refused with the expected and the given value: ${name}=${value.slice(0, 60)}`, () => {
        assert.deepEqual(problemsOf({ [name]: value }), { [name]: `${expected}; got ${value}` });
      });
    }
  }

  it('has an invalid value in this table, unless any value is valid or it is a secret', () => {
    const checked = [
      ...Object.keys(wrong),
      'HOST',
      'DATA_DIR',
      'SECRET_KEY',
      'SECRET_KEY_FILE',
      'DATABASE_URL',
      'DATABASE_URL_FILE',
      'RATE_LIMIT_STORE',
      'ORIGIN_SECRET_SHA256',
      'OIDC_CLIENT_ID',
      'METRICS_HOST',
      ...JWT_TEXTS,
      ...AWS_TEXTS,
      ...BACKUP_TEXTS,
      ...IMPORT_TEXTS,
    ];
    const names = NAMED.map(({ name }) => name);
    assert.deepEqual(checked.toSorted(), names.toSorted());
  });

  it('is refused once, also if several parts read it', () => {
    assert.throws(() => loadConfig({ AWS_REGION: 'Frankfurt' }), /^ConfigError: AWS_REGION: [^\n]*; got Frankfurt$/);
  });

  for (const userinfo of ['ada', 'ada:hunter2', ':hunter2']) {
    it(`is refused if it is PUBLIC_URL with a user or a password: ${userinfo}@`, () => {
      assert.deepEqual(Object.keys(problemsOf({ PUBLIC_URL: `https://${userinfo}@images.example.org` })), [
        'PUBLIC_URL',
      ]);
    });
  }

  it('is refused if it is CORS_ORIGINS with a wildcard, since browsers never send one', () => {
    const CORS_ORIGINS = 'https://*.example.org';
    assert.deepEqual(problemsOf({ CORS_ORIGINS }), { CORS_ORIGINS: `${origins}; got ${CORS_ORIGINS}` });
  });
});

describe('S3_BUCKET', () => {
  const s3Of = (environment: Record<string, string>) => loadConfig({ S3_BUCKET: 'images', ...environment }).config.s3;
  const AMAZON = {
    bucket: 'images',
    region: 'us-east-1',
    endpoint: null,
    publicEndpoint: null,
    isPathStyle: false,
    lacks: [],
    caBundle: null,
  };

  it('names a bucket of Amazon S3 by default', () => assert.deepEqual(s3Of({}), AMAZON));

  it('uses the most specific endpoint, in path style unless overridden', () => {
    const endpoint = 'http://127.0.0.1:9000';
    const own = { ...AMAZON, endpoint, publicEndpoint: endpoint, isPathStyle: true };
    for (const name of ['AWS_ENDPOINT', 'AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3']) {
      assert.deepEqual(s3Of({ [name]: endpoint }), own);
    }
    const several = { AWS_ENDPOINT: 'http://a', AWS_ENDPOINT_URL: 'http://b', AWS_ENDPOINT_URL_S3: endpoint };
    assert.deepEqual(s3Of({ ...several, S3_PATH_STYLE: 'false' }), { ...own, isPathStyle: false });
    const publicEndpoint = 'https://files.example.org';
    assert.deepEqual(s3Of({ AWS_ENDPOINT: endpoint, S3_PUBLIC_ENDPOINT_URL: publicEndpoint }), {
      ...own,
      publicEndpoint,
    });
  });

  it('uses the region of AWS_REGION or AWS_DEFAULT_REGION', () => {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION'])
      assert.equal(s3Of({ [name]: 'eu-west-1' })?.region, 'eu-west-1');
  });

  it('lacks the features that its profile lacks, unless overridden', () => {
    assert.deepEqual(s3Of({ S3_PROFILE: 'ceph' })?.lacks, S3_PROFILES.ceph);
    assert.deepEqual(s3Of({ S3_PROFILE: 'ceph', S3_LACKS: 'nothing' })?.lacks, []);
    assert.deepEqual(s3Of({ S3_LACKS: 'cors, post-policy' })?.lacks, ['cors', 'post-policy']);
  });

  it('is needed by the settings of a bucket', () => {
    const settings = { S3_PROFILE: 'minio', S3_LACKS: 'cors', S3_PATH_STYLE: 'true' };
    const problems = problemsOf({ ...settings, S3_PUBLIC_ENDPOINT_URL: 'https://files.example.org' });
    for (const [name, given] of Object.entries({ ...settings, S3_PUBLIC_ENDPOINT_URL: 'https://files.example.org' })) {
      const detail = `expected S3_BUCKET, since images are in DATA_DIR without it; got ${given}`;
      assert.equal(problems[name], detail);
      assert.deepEqual(problemsOf({ [name]: given, S3_BUCKET: 'images' }), {});
    }
  });

  it('needs both an access key and its secret or neither, and keeps them out of the configuration', () => {
    const keys = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'hunter2' };
    const { config, secrets } = loadConfig({ ...keys, AWS_SESSION_TOKEN: 'token' });
    assert.deepEqual(secrets.awsKeys, { accessKeyId: 'test', secretAccessKey: 'hunter2', sessionToken: 'token' });
    assert.deepEqual(loadConfig(keys).secrets.awsKeys, { accessKeyId: 'test', secretAccessKey: 'hunter2' });
    assert.ok(!JSON.stringify(config).includes('hunter2'));
    const detail = 'expected a key and its secret, or neither; got one of them';
    assert.deepEqual(problemsOf({ AWS_ACCESS_KEY_ID: 'test' }), { AWS_SECRET_ACCESS_KEY: detail });
    assert.deepEqual(problemsOf({ AWS_SECRET_ACCESS_KEY: 'hunter2' }), { AWS_ACCESS_KEY_ID: detail });
  });
});

describe('the place of an import', () => {
  it("is the service's own, or another one with a key of its own", () => {
    const keys = { AWS_ACCESS_KEY_ID: 'own', AWS_SECRET_ACCESS_KEY: 'hunter2' };
    const own = { ...keys, AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' };
    const same = loadConfig(own);
    const at = 'http://127.0.0.1:4566';
    const place = { region: 'eu-central-1', s3Endpoint: at, dynamodbEndpoint: at, caBundle: null };
    assert.deepEqual(same.config.imports, place);
    assert.deepEqual(same.secrets.importKeys, { accessKeyId: 'own', secretAccessKey: 'hunter2' });

    const other = loadConfig({
      ...own,
      IMPORT_AWS_REGION: 'eu-west-1',
      IMPORT_S3_ENDPOINT: 'https://s3.example.org',
      IMPORT_DYNAMODB_ENDPOINT: 'https://dynamodb.example.org',
      IMPORT_AWS_ACCESS_KEY_ID: 'reader',
      IMPORT_AWS_SECRET_ACCESS_KEY: 'hunter3',
      IMPORT_AWS_SESSION_TOKEN: 'token',
    });
    assert.deepEqual(other.config.imports, {
      region: 'eu-west-1',
      s3Endpoint: 'https://s3.example.org',
      dynamodbEndpoint: 'https://dynamodb.example.org',
      caBundle: null,
    });
    const reader = { accessKeyId: 'reader', secretAccessKey: 'hunter3', sessionToken: 'token' };
    assert.deepEqual(other.secrets.importKeys, reader);
    assert.equal(other.config.s3, null);
    assert.ok(!JSON.stringify(other.config).includes('hunter'));

    const detail = 'expected a key and its secret, or neither; got one of them';
    assert.deepEqual(problemsOf({ ...keys, IMPORT_AWS_ACCESS_KEY_ID: 'reader' }), {
      IMPORT_AWS_SECRET_ACCESS_KEY: detail,
    });
    assert.equal(problemsOf({ IMPORT_AWS_REGION: 'Frankfurt' })['IMPORT_AWS_REGION']?.startsWith('expected'), true);
  });
});

describe('the key of a target of backups', () => {
  it('is another one than the service has, with its secret', () => {
    const own = { AWS_ACCESS_KEY_ID: 'own', AWS_SECRET_ACCESS_KEY: 'hunter2' };
    assert.equal(loadConfig(own).secrets.backupKeys, null);
    const both = { ...own, BACKUP_AWS_ACCESS_KEY_ID: 'backup', BACKUP_AWS_SECRET_ACCESS_KEY: 'hunter3' };
    const { config, secrets } = loadConfig({ ...both, BACKUP_S3_ENDPOINT: 'https://s3.example.org' });
    assert.deepEqual(secrets.backupKeys, { accessKeyId: 'backup', secretAccessKey: 'hunter3' });
    assert.deepEqual(config.backup, { region: 'us-east-1', endpoint: 'https://s3.example.org', caBundle: null });
    assert.ok(!JSON.stringify(config).includes('hunter'));
    const detail = 'expected a key and its secret, or neither; got one of them';
    const [id = '', secret = ''] = BACKUP_TEXTS;
    assert.deepEqual(problemsOf({ [id]: 'backup' }), { [secret]: detail });
    assert.deepEqual(problemsOf({ [secret]: 'hunter3' }), { [id]: detail });
  });
});

describe('DYNAMO_TABLE', () => {
  const read = (environment: Record<string, string>) =>
    loadConfig({ DYNAMO_TABLE: 'images', ...environment }).config.dynamodb;

  it('stores records in that table, in the configured region', () => {
    assert.deepEqual(read({ AWS_REGION: 'eu-central-1' }), {
      table: 'images',
      region: 'eu-central-1',
      endpoint: null,
      caBundle: null,
      shards: 8,
      writtenShards: 8,
      globalLists: true,
    });
    assert.equal(loadConfig({ DYNAMO_TABLE: '' }).config.dynamodb, null);
  });

  it('uses the endpoint of DynamoDB, or else the one for all services', () => {
    const [own, all] = ['http://127.0.0.1:8001', 'http://127.0.0.1:4566'];
    assert.equal(read({ AWS_ENDPOINT_URL_DYNAMODB: own, AWS_ENDPOINT_URL: all })?.endpoint, own);
    assert.equal(read({ AWS_ENDPOINT_URL: all })?.endpoint, all);
    assert.equal(read({ AWS_ENDPOINT: all })?.endpoint, all);
  });

  it('may write to fewer shards than it reads, but not to more', () => {
    const growing = read({ FEED_SHARDS: '8', FEED_SHARDS_WRITTEN: '4' });
    assert.deepEqual([growing?.shards, growing?.writtenShards], [8, 4]);
    assert.equal(read({ FEED_SHARDS: '12' })?.writtenShards, 12);
    assert.equal(read({ GLOBAL_LISTS: 'false' })?.globalLists, false);
    const detail = 'expected 4 at most, as FEED_SHARDS says, since no list looks into more; got 8';
    assert.deepEqual(problemsOf({ FEED_SHARDS: '4', FEED_SHARDS_WRITTEN: '8' }), { FEED_SHARDS_WRITTEN: detail });
  });

  it('makes the service stateless only together with S3_BUCKET, as DATABASE_URL does', () => {
    const isStatelessWith = (environment: Record<string, string>) => isStateless(loadConfig(environment).config);
    assert.equal(isStatelessWith({ DYNAMO_TABLE: 'images', S3_BUCKET: 'images' }), true);
    assert.equal(isStatelessWith({ DATABASE_URL: 'postgres://localhost/images', S3_BUCKET: 'images' }), true);
    assert.equal(isStatelessWith({ DYNAMO_TABLE: 'images' }), false);
    assert.equal(isStatelessWith({ DATABASE_URL: 'postgres://localhost/images' }), false);
    assert.equal(isStatelessWith({ S3_BUCKET: 'images' }), false);
    assert.equal(isStatelessWith({}), false);
  });
});

describe('SQS_QUEUE_URL', () => {
  const read = (environment: Record<string, string>) => loadConfig(environment).config.sqs;
  const url = 'https://sqs.eu-central-1.amazonaws.com/123456789012/images';

  it('is the queue of jobs and events, at its own address unless an endpoint of SQS is set', () => {
    const all = { SQS_QUEUE_URL: url, AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:9000' };
    assert.deepEqual(read(all), { url, region: 'eu-central-1', endpoint: null, caBundle: null });
    const own = { SQS_QUEUE_URL: url, AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:4566' };
    assert.equal(read(own)?.endpoint, 'http://127.0.0.1:4566');
  });

  it('is unset if empty', () => assert.equal(read({ SQS_QUEUE_URL: '' }), null));
});

describe('EVENTS_DAYS', () => {
  it('is reported without EVENTS=on', () => {
    assert.deepEqual(Object.keys(problemsOf({ EVENTS_DAYS: '30' })), ['EVENTS_DAYS']);
    assert.equal(loadConfig({ EVENTS_DAYS: '7' }).config.events, null);
  });
});

describe('WATERMARKS', () => {
  it('has each name once, and at most 16', () => {
    const many = Array.from({ length: 17 }, (_, at) => `m${at}:${ID}`).join(' ');
    assert.match(problemsOf({ WATERMARKS: `logo:${ID} logo:${ID}` })['WATERMARKS'] ?? '', /each only once; got /);
    assert.match(problemsOf({ WATERMARKS: many })['WATERMARKS'] ?? '', /^expected at most 16 watermarks; got /);
  });

  it('has the watermark of shared pictures, which need AUTH', () => {
    const given = { WATERMARKS: `logo:${ID}`, WATERMARK_SHARED: 'logo' };
    assert.deepEqual(problemsOf({ ...given, AUTH: 'api-key' }), {});
    assert.deepEqual(problemsOf({ ...given, AUTH: 'api-key', PRESETS: 'cut:trim=9' }), {
      PRESETS: "expected no trim in cut, which can't get the watermark of WATERMARK_SHARED",
    });
    assert.deepEqual(problemsOf({ ...given, AUTH: 'api-key', WATERMARK_SHARED: 'mark' }), {
      WATERMARK_SHARED: 'expected one of WATERMARKS (logo); got mark',
    });
    assert.deepEqual(problemsOf(given), {
      WATERMARK_SHARED: 'expected AUTH, since without it everybody reads originals; got logo',
    });
  });

  it('has the watermark of each preset', () => {
    const PRESETS = 'own:w=64&watermark=logo plain:w=8';
    assert.deepEqual(problemsOf({ PRESETS, WATERMARKS: `logo:${ID}` }), {});
    assert.deepEqual(problemsOf({ PRESETS, WATERMARKS: `mark:${ID}` }), {
      PRESETS: "expected own's watermark to be one of WATERMARKS (mark); got logo",
    });
    assert.deepEqual(Object.keys(problemsOf({ PRESETS, WATERMARKS: 'logo' })), ['WATERMARKS']);
  });
});

describe('EAGER_PRESETS', () => {
  it('is not reported if it is only invalid because PRESETS is', () => {
    assert.deepEqual(Object.keys(problemsOf({ PRESETS: 'small:w=0', EAGER_PRESETS: 'small' })), ['PRESETS']);
  });
});

describe('a configuration with several problems', () => {
  it('reports them all at once', () => {
    const problems = problemsOf({
      HOST: '0.0.0.0',
      PORT: 'x',
      ALLOW_OPEN: 'maybe',
      CORS_ORIGINS: '*',
      SECRET_KEY: 'short',
      LOG_LEVEL: 'loud',
      S3_BUCKET: 'My Images',
      SQS_QUEUE_URL: 'images',
    });
    assert.deepEqual(Object.keys(problems).toSorted(), [
      'ALLOW_OPEN',
      'CORS_ORIGINS',
      'HOST',
      'LOG_LEVEL',
      'PORT',
      'S3_BUCKET',
      'SECRET_KEY',
      'SQS_QUEUE_URL',
    ]);
  });
});
