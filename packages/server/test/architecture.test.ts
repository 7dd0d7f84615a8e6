import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { parseSync } from 'oxc-parser';

const SRC = join(import.meta.dirname, '../src');

interface Zone {
  /** Path prefixes below src/. The first matching zone applies to a file. */
  readonly at: readonly string[];
  /** Path prefixes below src/ that the zone may import, besides its own. */
  readonly may: readonly string[];
  readonly packages?: readonly string[];
  readonly builtins?: 'all' | readonly string[];
}

/** The parts that each program composes. */
const A_PROGRAM_MAY: readonly string[] = [
  'compose/compose.ts',
  'http/app.ts',
  'worker.ts',
  'config/config.ts',
  'config/describe-variables.ts',
  'config/idle-lines.ts',
  'config/misspelled-variables.ts',
  'config/never-counted.ts',
  'config/telemetry/unread-variables.ts',
  'operations/checks/check-counted.ts', // at the start of a process, before it serves
  'operations/checks/check-key-users.ts',
  'log/',
  'version.ts',
];

/** Look-ups of host names, for everything that connects. */
const NAMES = 'outbound/process-names.ts';

/** The rules of images, and the types they use. */
const RULES: readonly string[] = ['domain/', 'flow/', 'text/'];

/** Each zone may also import those before it. */
const inOrder = (zones: readonly Zone[]): readonly Zone[] =>
  zones.map((zone, index) => ({ ...zone, may: [...zone.may, ...zones.slice(0, index).flatMap(({ at }) => at)] }));

const placesOf = (zones: readonly Zone[]): readonly string[] => zones.flatMap(({ at }) => at);

/** The parts of HTTP that all resources use. */
const BELOW_RESOURCES = inOrder([
  { at: ['http/problem.ts'], may: ['domain/errors.ts', 'domain/params-by-code.ts'] },
  {
    at: ['http/route.ts'],
    may: [...RULES, 'http-semantics/', 'services.ts'],
    packages: ['hono', 'zod'],
    builtins: ['node:http'],
  },
  { at: ['http/request/'], may: [...RULES, 'authenticator/authenticator.ts'], packages: ['hono', 'zod'] },
  {
    at: ['http/bodies/'],
    may: [...RULES, 'services.ts'],
    packages: ['@fastify/busboy'],
    builtins: ['node:fs/promises', 'node:stream', 'node:timers/promises'],
  },
  {
    at: ['http/answers/'],
    may: [...RULES, 'http-semantics/', 'operations/', 'services.ts', 'observer/observer.ts', 'log/logger.ts'],
    packages: ['zod'],
    builtins: ['node:crypto'],
  },
  {
    at: ['http/steps/'],
    may: [
      ...RULES,
      'http-semantics/',
      'services.ts',
      'observer/observer.ts',
      'log/logger.ts',
      'log/repeated-causes.ts',
    ],
    builtins: ['node:net'],
  },
  {
    at: ['http/admission/'],
    may: [
      ...RULES,
      'operations/',
      'services.ts',
      'authenticator/authenticator.ts',
      'observer/observer.ts',
      'rate-limiter/rate-limiter.ts',
    ],
    packages: ['lru-cache'],
  },
]);

const A_RESOURCE_MAY: readonly string[] = [
  ...RULES,
  'http-semantics/',
  'operations/',
  'services.ts',
  ...placesOf(BELOW_RESOURCES),
];

/** The schemas and the JSON of images, but neither their routes nor their operations. */
const IMAGES_IN_JSON = ['image-answers.ts', 'image-json.ts', 'image-schemas.ts', 'image-view.ts'].map(
  (file) => `http/images/${file}`,
);

/** A resource imports nothing of another one, except images in JSON. */
const RESOURCES: readonly Zone[] = [
  { at: ['http/images/'], may: A_RESOURCE_MAY, packages: ['zod'], builtins: ['node:crypto'] },
  ...[
    { at: 'http/uploads/', may: [], builtins: ['node:timers/promises'] },
    { at: 'http/renditions/', may: [] },
    { at: 'http/links/', may: [] },
    { at: 'http/keys/', may: [] },
    { at: 'http/events/', may: [] },
    { at: 'http/webhooks/', may: ['http/contract/plain-schema.ts', 'http/events/event-answers.ts'] },
    { at: 'http/usage/', may: ['image-repository/usage-repository.ts'] },
    { at: 'http/events/', may: [] },
    { at: 'http/gates/', may: ['screening/gate.ts'] },
    { at: 'http/service/', may: ['version.ts'] },
    { at: 'http/objects/', may: ['object-store/object-endpoint.ts'] },
    { at: 'http/pages/', may: ['authenticator/sign-in.ts'], packages: ['hono'], builtins: 'all' as const },
  ].map(({ at, may, packages = [], builtins = [] }) => ({
    at: [at],
    may: [...A_RESOURCE_MAY, ...IMAGES_IN_JSON, ...may],
    packages: ['zod', ...packages],
    builtins,
  })),
];

const ABOVE_RESOURCES: readonly Zone[] = [
  {
    at: ['http/compatibility/'],
    may: [...A_RESOURCE_MAY, 'http/images/', 'http/uploads/'],
    packages: ['zod'],
    builtins: ['node:stream'],
  },
  {
    at: ['http/contract/'],
    may: [...A_RESOURCE_MAY, 'http/images/', 'http/uploads/', 'http/webhooks/message.openapi.ts', 'version.ts'],
    packages: ['zod'],
  },
  ...inOrder([
    { at: ['http/app-services.ts'], may: ['services.ts', ...placesOf(BELOW_RESOURCES), ...placesOf(RESOURCES)] },
    { at: ['http/router.ts'], may: [], packages: ['hono'] },
    { at: ['http/request-done.ts'], may: [...RULES, 'observer/observer.ts', ...placesOf(BELOW_RESOURCES)] },
    {
      at: ['http/request-span.ts'],
      may: [...RULES, 'observer/tracing.ts', 'telemetry/metrics/catalog.ts', 'http/route.ts'],
    },
    {
      at: ['http/exchange.ts'],
      may: [...RULES, 'observer/observer.ts', ...placesOf(BELOW_RESOURCES)],
      builtins: ['node:crypto'],
    },
    {
      at: ['http/app.ts'],
      may: [
        ...RULES,
        'services.ts',
        'authenticator/authenticator.ts',
        'authenticator/sign-in.ts',
        'log/logger.ts',
        'object-store/object-endpoint.ts',
        'rate-limiter/rate-limiter.ts',
        'http/',
      ],
      packages: ['hono'],
    },
  ]),
];

const HTTP: readonly Zone[] = [...BELOW_RESOURCES, ...RESOURCES, ...ABOVE_RESOURCES];

const ARCHIVE_PORT: readonly string[] = ['archive/record-archive.ts', 'archive/unreadable.ts'];

/** What adapters need that keep items of their own in the table of the records. */
const ITEM_FILES: readonly string[] = [
  'attributes.ts',
  'condition.ts',
  'fault.ts',
  'image-item.ts',
  'item-keys.ts',
  'schema.ts',
  'table.ts',
].map((file) => `image-repository/dynamodb/${file}`);

/** The allowed imports. */
const ZONES: readonly Zone[] = [
  {
    at: ['domain/access/ip-address.ts', 'domain/access/network.ts'],
    may: [],
    packages: ['ipaddr.js'],
    builtins: ['node:net'],
  },
  { at: ['domain/'], may: ['flow/remember.ts', 'text/'], builtins: ['node:crypto', 'node:zlib'] },
  { at: ['http-semantics/'], may: ['domain/', 'text/'] },
  { at: ['text/'], may: [], builtins: ['node:crypto'] },
  {
    at: ['flow/'],
    may: ['domain/access/payer.ts', 'domain/errors.ts'],
    builtins: ['node:async_hooks', 'node:events', 'node:stream', 'node:timers/promises'],
  },
  { at: ['health/'], may: ['domain/errors.ts'] },
  {
    at: ['outbound/'],
    may: ['domain/access/ip-address.ts', 'domain/access/network.ts', 'flow/abort.ts'],
    packages: ['ipaddr.js', 'undici'],
    builtins: ['node:dns', 'node:events', 'node:net', 'node:tls'],
  },

  {
    at: [
      'object-store/object-store.ts',
      'object-store/object-endpoint.ts',
      'object-store/presigner.ts',
      'object-store/staging.ts',
      'object-store/disk-space.ts',
    ],
    may: [...RULES, 'http-semantics/byte-range.ts'],
  },
  {
    at: ['object-store/'],
    may: [...RULES, 'http-semantics/', 'observer/', 'aws/'],
    packages: ['@fastify/busboy', '@aws-sdk/client-s3', 'lru-cache'],
    builtins: 'all',
  },
  { at: ['image-repository/image-repository.ts'], may: RULES },
  { at: ['coordination/coordination.ts'], may: RULES },
  { at: ['coordination/requests.ts'], may: [] },
  {
    at: ['coordination/dynamodb/'],
    // In the table of the records.
    may: [
      'coordination/',
      ...['attributes.ts', 'fault.ts', 'item-keys.ts', 'table.ts'].map((file) => `image-repository/dynamodb/${file}`),
    ],
  },
  { at: ['coordination/'], may: [...RULES, 'observer/', 'sqlite/'], builtins: ['node:sqlite'] },
  {
    at: ['image-repository/dynamodb/usage/'],
    may: [...RULES, 'coordination/coordination.ts', 'image-repository/'],
    packages: ['@aws-sdk/client-dynamodb', 'lru-cache'],
    builtins: ['node:crypto', 'node:timers/promises'],
  },
  {
    at: ['image-repository/dynamodb/'],
    may: [...RULES, 'coordination/coordination.ts', 'observer/', 'image-repository/', 'aws/'],
    packages: ['@aws-sdk/client-dynamodb'],
    builtins: 'all',
  },
  { at: ['event-log/event-log.ts'], may: RULES },
  {
    at: ['event-log/dynamodb/'],
    // In the table of the records.
    may: [
      ...RULES,
      'event-log/',
      ...ITEM_FILES,
      'image-repository/dynamodb/change-log.ts',
      'image-repository/dynamodb/placement.ts',
      'image-repository/dynamodb/rows-between.ts',
      'image-repository/unreadable-records.ts',
      'observer/',
    ],
    builtins: ['node:crypto', 'node:timers/promises'],
  },
  {
    at: ['event-log/event-reader.ts'],
    may: [...RULES, 'event-log/'],
    builtins: ['node:timers/promises'],
  },
  {
    at: ['event-log/'],
    may: [...RULES, 'image-repository/unreadable-records.ts', 'observer/', 'sqlite/'],
    builtins: ['node:sqlite'],
  },
  {
    at: ['image-repository/'],
    // A change and its event are one write.
    may: [...RULES, 'event-log/sqlite/event-writes.ts', 'observer/', 'sqlite/'],
    packages: ['lru-cache'],
    builtins: 'all',
  },
  { at: ['job-queue/job-queue.ts'], may: RULES },
  {
    at: ['job-queue/'],
    may: [...RULES, 'observer/', 'sqlite/', 'aws/'],
    packages: ['@aws-sdk/client-sqs'],
    builtins: 'all',
  },
  { at: ['observer/'], may: [...RULES, 'health/'] },
  { at: ['authenticator/authenticator.ts', 'authenticator/sign-in.ts'], may: RULES },
  {
    at: ['authenticator/jwt/'],
    may: [
      ...RULES,
      'authenticator/credential.ts',
      'authenticator/sign-in.ts',
      NAMES,
      'observer/store-calls.ts',
      'observer/tracing.ts',
    ],
    packages: ['jose', 'lru-cache'],
    builtins: 'all',
  },
  {
    at: ['authenticator/'],
    may: [...RULES, 'key-repository/key-repository.ts', 'observer/tracing.ts'],
    packages: ['lru-cache'],
    builtins: 'all',
  },
  { at: ['screening/gate.ts'], may: RULES },
  {
    at: ['screening/http/'],
    may: [...RULES, 'observer/tracing.ts', 'screening/gate.ts', 'outbound/outbound.ts', 'outbound/receive-answer.ts'],
    packages: ['standardwebhooks'],
    builtins: ['node:crypto'],
  },
  { at: ['screening/'], may: [...RULES, NAMES, 'observer/'], builtins: 'all' },
  { at: ['rate-limiter/rate-limiter.ts'], may: ['domain/access/rate-limits.ts'] },
  {
    at: ['rate-limiter/'],
    may: ['domain/access/rate-limits.ts', 'flow/wait-at-most.ts', NAMES, 'observer/'],
    packages: ['@redis/client'],
    builtins: ['node:crypto'],
  },
  { at: ['key-repository/key-repository.ts'], may: RULES },
  {
    at: ['key-repository/dynamodb/'],
    // One table for everything: the keys of its items, its versions and its calls.
    may: [
      ...RULES,
      'key-repository/',
      'observer/',
      ...ITEM_FILES,
      'image-repository/dynamodb/item-update.ts',
      'image-repository/dynamodb/schema-version.ts',
    ],
  },
  { at: ['key-repository/'], may: [...RULES, 'observer/', 'sqlite/'], builtins: ['node:sqlite'] },
  { at: ['erasure-repository/erasure-repository.ts'], may: RULES },
  {
    at: ['erasure-repository/dynamodb/'],
    // In the table of the records.
    may: [...RULES, 'erasure-repository/', ...ITEM_FILES, 'image-repository/dynamodb/rows-between.ts'],
  },
  { at: ['erasure-repository/'], may: [...RULES, 'observer/', 'sqlite/'], builtins: ['node:sqlite'] },
  { at: ['webhook-repository/webhook-repository.ts'], may: RULES },
  {
    at: ['webhook-repository/dynamodb/'],
    may: [
      ...RULES,
      'webhook-repository/',
      ...ITEM_FILES,
      'image-repository/dynamodb/rows-between.ts',
      'image-repository/dynamodb/schema-version.ts',
    ],
    builtins: ['node:crypto'],
  },
  { at: ['webhook-repository/'], may: [...RULES, 'observer/', 'sqlite/'], builtins: ['node:sqlite'] },
  {
    at: ['archive/sqlite/'],
    may: [
      ...RULES,
      ...ARCHIVE_PORT,
      'migrations.ts',
      'sqlite/',
      ...['image-row.ts', 'record-writes.ts', 'usage.ts'].map((file) => `image-repository/sqlite/${file}`),
      'event-log/sqlite/event-writes.ts',
      'archive/user-records.ts',
      'erasure-repository/sqlite/sqlite.ts',
      'key-repository/sqlite/key-row.ts',
      'key-repository/stored-key.ts',
      'webhook-repository/sqlite/sqlite.ts',
    ],
    builtins: ['node:sqlite', 'node:timers/promises'],
  },
  {
    at: ['archive/dynamodb/'],
    may: [
      ...RULES,
      ...ARCHIVE_PORT,
      'archive/stored-kinds.ts',
      'image-repository/usage-repository.ts',
      ...ITEM_FILES,
      'image-repository/dynamodb/client.ts',
      'image-repository/dynamodb/schema-version.ts',
      'image-repository/dynamodb/usage/usage-item.ts',
      'erasure-repository/dynamodb/dynamodb.ts',
      'erasure-repository/dynamodb/erasure-item.ts',
      'archive/user-records.ts',
      'key-repository/dynamodb/key-item.ts',
      'key-repository/stored-key.ts',
      'webhook-repository/dynamodb/webhook-item.ts',
      'webhook-repository/webhook-repository.ts',
    ],
    packages: ['@aws-sdk/client-dynamodb'],
    builtins: ['node:crypto'],
  },
  {
    at: [
      'archive/image-json.ts',
      'archive/json-values.ts',
      'archive/record-archive.ts',
      'archive/record-json.ts',
      'archive/stored-kinds.ts',
      'archive/unreadable.ts',
      'archive/user-records.ts',
    ],
    may: RULES,
    packages: ['zod'],
  },
  {
    at: ['archive/target/s3/'],
    may: [
      'archive/target/target.ts',
      'aws/',
      'domain/errors.ts',
      'object-store/signing/sigv4.ts',
      ...['body.ts', 'client.ts', 'delete.ts', 'diagnosis.ts', 's3-fault.ts'].map((file) => `object-store/s3/${file}`),
    ],
    packages: ['@aws-sdk/client-s3'],
    builtins: ['node:crypto', 'node:stream'],
  },
  {
    at: ['archive/target/', 'archive/backup/', 'archive/sealed.ts'],
    may: [
      ...RULES,
      'archive/record-archive.ts',
      'archive/record-json.ts',
      'object-store/disk/folders.ts',
      'object-store/staging/file-fault.ts',
    ],
    packages: ['zod'],
    builtins: 'all',
  },
  { at: ['sqlite/'], may: RULES, builtins: 'all' },
  { at: ['migrations.ts'], may: ['image-repository/sqlite/search/search-index.ts', 'sqlite/migrations.ts'] },
  { at: ['aws/'], may: [...RULES, NAMES], builtins: 'all' },
  { at: ['rendition-cache/'], may: RULES, packages: ['lru-cache'] },
  { at: ['memory/'], may: ['object-store/object-store.ts', 'object-store/staging.ts'], builtins: 'all' },
  { at: ['imaging/confinement/launcher.js'], may: [], packages: ['koffi'], builtins: 'all' },
  {
    at: ['imaging/'],
    may: [...RULES, 'observer/observer.ts', 'observer/tracing.ts'],
    packages: ['sharp', 'thumbhash'],
    builtins: 'all',
  },

  {
    at: ['services.ts'],
    may: [
      ...RULES,
      'coordination/coordination.ts',
      'archive/record-archive.ts',
      'archive/user-records.ts',
      'coordination/requests.ts',
      'erasure-repository/blocked-users.ts',
      'erasure-repository/erasure-repository.ts',
      'event-log/event-log.ts',
      'event-log/event-reader.ts',
      'health/',
      'object-store/disk-space.ts',
      'object-store/object-store.ts',
      'object-store/presigner.ts',
      'object-store/staging.ts',
      'image-repository/image-repository.ts',
      'image-repository/usage-repository.ts',
      'job-queue/job-queue.ts',
      'imaging/imaging.ts',
      'key-repository/key-repository.ts',
      'outbound/outbound.ts',
      'webhook-repository/webhook-repository.ts',
      'observer/observer.ts',
      'observer/tracing.ts',
      'rendition-cache/rendition-cache.ts',
      'screening/gate.ts',
    ],
  },
  {
    at: ['operations/reconcile/'],
    may: [
      'services.ts',
      ...RULES,
      'archive/record-archive.ts',
      'image-repository/image-repository.ts',
      'image-repository/usage-repository.ts',
      'object-store/object-store.ts',
      'operations/upkeep/orphans.ts',
      'operations/usage/reconcile-usage.ts',
    ],
    builtins: ['node:crypto', 'node:timers/promises'],
  },
  {
    at: ['operations/backups/'],
    may: [
      'services.ts',
      ...RULES,
      ...ARCHIVE_PORT,
      'archive/backup/',
      'archive/record-json.ts',
      'archive/sealed.ts',
      'archive/target/lock.ts',
      'archive/target/target.ts',
      'coordination/coordination.ts',
      'erasure-repository/erasure-repository.ts',
      'image-repository/image-repository.ts',
      'image-repository/usage-repository.ts',
      'object-store/object-store.ts',
      'object-store/staging.ts',
      'operations/checks/',
    ],
    builtins: ['node:crypto', 'node:stream', 'node:timers/promises'],
  },
  {
    at: ['operations/users/'],
    may: [
      'services.ts',
      ...RULES,
      'archive/record-archive.ts',
      'archive/unreadable.ts',
      'archive/user-records.ts',
      'event-log/event-log.ts',
      'image-repository/usage-repository.ts',
      'object-store/object-store.ts',
      'operations/keys/revoke-key.ts',
      'operations/upkeep/orphan-walk.ts',
      'webhook-repository/webhook-repository.ts',
    ],
  },
  {
    at: ['operations/webhooks/'],
    may: [
      'services.ts',
      ...RULES,
      'coordination/coordination.ts',
      'event-log/event-reader.ts',
      'observer/observer.ts',
      'webhook-repository/webhook-repository.ts',
    ],
    packages: ['standardwebhooks'],
    builtins: ['node:timers/promises'],
  },
  {
    at: ['operations/'],
    may: [
      'services.ts',
      ...RULES,
      'coordination/coordination.ts',
      'event-log/event-log.ts',
      'event-log/event-reader.ts',
      'event-log/void-position.ts',
      'health/',
      'http-semantics/content-disposition.ts',
      'observer/observer.ts',
      'imaging/imaging.ts',
      'object-store/object-store.ts',
      'object-store/presigner.ts',
      'object-store/staging.ts',
      'image-repository/image-repository.ts',
      'image-repository/usage-repository.ts',
      'job-queue/job-queue.ts',
      'screening/gate.ts',
      'webhook-repository/webhook-repository.ts',
    ],
    builtins: ['node:timers/promises'],
  },
  ...HTTP,
  {
    at: ['jobs.ts'],
    may: ['operations/', 'services.ts', ...RULES, 'job-queue/job-queue.ts', 'job-queue/job-codec.ts'],
  },
  { at: ['version.ts'], may: [], builtins: ['node:fs', 'node:path', 'node:url'] },
  { at: ['requests.ts'], may: ['operations/', 'services.ts', ...RULES, 'coordination/requests.ts'] },
  {
    at: ['worker.ts'],
    may: ['jobs.ts', 'requests.ts', 'operations/', 'services.ts', ...RULES, 'job-queue/job-queue.ts'],
    builtins: ['node:timers/promises'],
  },
  {
    at: ['config/secret.ts'],
    may: ['domain/access/own-secret.ts', 'domain/errors.ts', 'observer/observer.ts'],
    builtins: 'all',
  },
  {
    at: ['config/jwt/'],
    may: [
      'config/variable.ts',
      'domain/access/principal.ts',
      'authenticator/jwt/algorithms.ts',
      'authenticator/jwt/key-place.ts',
      'authenticator/jwt/token-rules.ts',
      'authenticator/jwt/trusted-url.ts',
    ],
  },
  {
    at: ['config/proxy-config.ts'],
    may: ['config/variable.ts', 'domain/access/network.ts', 'http-semantics/forwarding/follow-hops.ts'],
  },
  {
    at: ['config/gates/'],
    may: [...RULES, 'config/variable.ts', 'outbound/allowed-network.ts', 'outbound/url-fault.ts'],
  },
  {
    at: ['config/'],
    may: [
      ...RULES,
      'health/part-health.ts',
      'log/log-levels.ts',
      'object-store/s3/capabilities.ts',
      'telemetry/telemetry-config.ts',
    ],
  },
  {
    at: ['telemetry/metrics/catalog.ts'],
    may: ['domain/', 'health/part-health.ts', 'http-semantics/s3-error-codes.ts'],
  },
  { at: ['telemetry/telemetry-config.ts', 'log/log-levels.ts'], may: [] },
  // In the functions' bundles, without OpenTelemetry.
  {
    at: ['telemetry/emf/'],
    may: [
      'domain/image/lane.ts',
      'observer/observer.ts',
      'telemetry/metrics/catalog.ts',
      'telemetry/metrics/measures.ts',
    ],
  },
  {
    at: ['telemetry/'],
    may: [...RULES, NAMES, 'observer/'],
    packages: [
      '@opentelemetry/api',
      '@opentelemetry/exporter-metrics-otlp-proto',
      '@opentelemetry/exporter-prometheus',
      '@opentelemetry/exporter-trace-otlp-proto',
      '@opentelemetry/resources',
      '@opentelemetry/sdk-metrics',
      '@opentelemetry/sdk-trace',
    ],
    builtins: 'all',
  },
  { at: ['log/credentials.ts', 'log/filenames.ts', 'log/logged-error.ts', 'log/logged-detail.ts'], may: [] },
  {
    at: ['log/'],
    may: ['observer/observer.ts'],
    packages: ['pino', 'pino-pretty'],
    builtins: 'all',
  },
  {
    at: ['compose/'],
    may: [
      'archive/',
      'authenticator/',
      'aws/hear-clock.ts',
      'config/',
      'coordination/',
      'erasure-repository/',
      'event-log/',
      ...RULES,
      'image-repository/',
      'imaging/',
      'job-queue/',
      'jobs.ts', // for the codec that the queues get
      'key-repository/',
      'memory/',
      'migrations.ts',
      'object-store/',
      'health/',
      'observer/',
      'operations/uploads/finalize-upload.ts', // bound in compose
      'outbound/allowed-network.ts',
      'outbound/outbound.ts',
      NAMES,
      'outbound/url-fault.ts',
      'rate-limiter/create-rate-limiter.ts',
      'rate-limiter/rate-limiter.ts',
      'rendition-cache/',
      'screening/',
      'services.ts',
      'sqlite/',
      'webhook-repository/',
    ],
    packages: ['uuid'],
    builtins: 'all',
  },
  {
    at: ['provision/'],
    may: [
      'config/config.ts',
      'config/dynamodb-config.ts',
      'config/s3-config.ts',
      'config/sqs-config.ts',
      ...RULES,
      'job-queue/job-queue.ts',
      'job-queue/sqs/attributes.ts',
      'job-queue/sqs/client.ts',
      'job-queue/sqs/diagnosis.ts',
      'job-queue/sqs/sqs-fault.ts',
      'object-store/s3/capabilities.ts',
      'object-store/s3/client.ts',
      'object-store/s3/diagnosis.ts',
      'object-store/s3/lifecycle.ts',
      // The adapter's schema of a table, but not its lists.
      ...[
        'attributes.ts',
        'client.ts',
        'described-table.ts',
        'diagnosis.ts',
        'facets.ts',
        'fault.ts',
        'image-item.ts',
        'item-keys.ts',
        'placement.ts',
        'schema.ts',
        'schema-version.ts',
        'table.ts',
      ].map((file) => `image-repository/dynamodb/${file}`),
    ],
    packages: ['@aws-sdk/client-s3', '@aws-sdk/client-dynamodb', '@aws-sdk/client-sqs'],
    builtins: ['node:crypto', 'node:timers/promises', 'node:util'],
  },
  {
    at: [
      'ask-service.ts',
      'backup.ts',
      'backup/',
      'reconcile.ts',
      'restore.ts',
      'restore/',
      'target.ts',
      'user.ts',
      'user/',
    ].map((file) => `bin/admin/${file}`),
    may: [
      ...A_PROGRAM_MAY,
      'archive/',
      'bin/',
      'compose/',
      'coordination/requests.ts',
      'domain/',
      'operations/backups/',
      'operations/checks/',
      'operations/reconcile/',
      'operations/users/',
      'services.ts',
      'sqlite/sqlite-error.ts', // for the advice
    ],
    builtins: 'all',
  },
  {
    at: ['bin/'],
    may: [
      ...A_PROGRAM_MAY,
      'compose/early-confinement.ts',
      'domain/access/network.ts',
      'domain/errors.ts',
      'memory/',
      'operations/checks/check-originals.ts', // at the start of a process, before it serves
      'provision/',
      // npm run quota takes the fields of PUT /quotas and prints its answers.
      'domain/usage/quota.ts',
      'http/usage/usage-json.ts',
      'http/usage/usage-schemas.ts',
      'operations/usage/',
      // npm run keys takes the fields of POST /keys and prints its answers; the start makes the first key.
      'domain/access/api-key.ts',
      'domain/access/api-key-text.ts',
      'http/keys/key-json.ts',
      'http/request/validation.ts',
      'http/keys/key-schemas.ts',
      'observer/',
      'operations/keys/',
      'services.ts',
      'sqlite/sqlite-error.ts', // for the advice
      'telemetry/telemetry.ts',
    ],
    packages: ['@hono/node-server'],
    builtins: 'all',
  },
  { at: ['lambda/'], may: [...A_PROGRAM_MAY, 'observer/fan-out.ts', 'telemetry/emf/'] },
];

/** Restricts imports of these to files with these path prefixes, even if the zone allows them elsewhere. */
const PINNED: readonly { name: string; only: readonly string[] }[] = [
  { name: 'sharp', only: ['imaging/'] },
  { name: '@fastify/busboy', only: ['http/bodies/', 'object-store/'] },
  { name: 'http/keys/key-json.ts', only: ['http/', 'bin/admin/keys.ts'] },
  { name: 'http/keys/key-schemas.ts', only: ['http/', 'bin/admin/keys.ts'] },
  { name: 'http/usage/usage-json.ts', only: ['http/', 'bin/admin/quota.ts'] },
  { name: 'http/usage/usage-schemas.ts', only: ['http/', 'bin/admin/quota.ts'] },
  { name: 'http/request/validation.ts', only: ['http/', 'bin/admin/keys.ts', 'bin/admin/quota.ts'] },
  { name: '@aws-sdk/client-s3', only: ['object-store/s3/', 'archive/target/s3/', 'provision/'] },
  { name: '@aws-sdk/client-dynamodb', only: ['image-repository/dynamodb/', 'archive/dynamodb/', 'provision/'] },
  { name: '@aws-sdk/client-sqs', only: ['job-queue/sqs/', 'provision/'] },
  { name: '@redis/client', only: ['rate-limiter/redis/'] },
  { name: 'jose', only: ['authenticator/jwt/'] },
  { name: 'ipaddr.js', only: ['domain/access/ip-address.ts', 'domain/access/network.ts', 'outbound/judge.ts'] },
  { name: 'undici', only: ['outbound/'] },
  { name: 'standardwebhooks', only: ['operations/webhooks/', 'screening/http/'] },
  {
    name: 'node:sqlite',
    only: [
      'sqlite/',
      'coordination/sqlite/',
      'erasure-repository/sqlite/',
      'event-log/sqlite/',
      'archive/sqlite/',
      'coordination/sqlite/',
      'image-repository/',
      'job-queue/',
      'key-repository/sqlite/',
      'webhook-repository/sqlite/',
    ],
  },
];

interface Import {
  readonly from: string;
  readonly to: string;
}

const isExempt = (file: string): boolean => /\.(test|contract|fixture)\.ts$/.test(file);

const FILES = globSync('**/*.{ts,js}', { cwd: SRC }).filter((file) => !isExempt(file));

function importsOf(file: string): Import[] {
  const { module, errors } = parseSync(file, readFileSync(join(SRC, file), 'utf8'));
  assert.deepEqual(errors, [], `${file} parses`);
  const source = readFileSync(join(SRC, file), 'utf8');
  const specifiers = [
    ...module.staticImports.map((one) => one.moduleRequest.value),
    ...module.staticExports.flatMap((one) => one.entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
    ...module.dynamicImports.map((one) => {
      const text = source.slice(one.moduleRequest.start, one.moduleRequest.end);
      assert.match(text, /^'[^']+'$/, `${file}: an import() names its module literally, so that it can be checked`);
      return text.slice(1, -1);
    }),
  ];
  return specifiers.map((specifier) => ({
    from: file,
    to: specifier.startsWith('.') ? relative(SRC, join(SRC, dirname(file), specifier)) : specifier,
  }));
}

const isWithin = (path: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => (prefix.endsWith('/') ? path.startsWith(prefix) : path === prefix));

const zoneOf = (file: string): Zone | undefined => ZONES.find((zone) => isWithin(file, zone.at));

const isPackage = (to: string, names: readonly string[]): boolean =>
  names.some((name) => to === name || to.startsWith(`${name}/`));

/** Why an import is forbidden; undefined if it is allowed. */
function violation({ from, to }: Import): string | undefined {
  const zone = zoneOf(from);
  if (!zone) return `${from} belongs to no zone`;
  const pin = PINNED.find(({ name }) => to === name);
  if (pin && !pin.only.some((prefix) => from.startsWith(prefix)))
    return `${from} imports ${to}, which only ${pin.only.join(', ')} may`;

  const isBuiltin = to.startsWith('node:') || builtinModules.includes(to);
  const isOwn = isWithin(to, zone.at);
  const isManifest = to === '../package.json';
  const isAllowed = isBuiltin
    ? zone.builtins === 'all' || (zone.builtins ?? []).includes(to)
    : isOwn || isManifest || isWithin(to, zone.may) || isPackage(to, zone.packages ?? []);
  return isAllowed ? undefined : `${from} imports ${to}`;
}

describe('the import table', () => {
  it('holds for every file', () => {
    assert.ok(FILES.length > 40, `${FILES.length} files found`);
    assert.deepEqual(
      FILES.flatMap(importsOf).flatMap((one) => violation(one) ?? []),
      [],
    );
  });

  it('detects a violation', () => {
    const broken: Import[] = [
      { from: 'operations/images/delete-image.ts', to: 'object-store/disk/disk.ts' },
      { from: 'operations/images/delete-image.ts', to: 'sharp' },
      { from: 'http/app.ts', to: 'image-repository/sqlite/sqlite.ts' },
      { from: 'http/app.ts', to: 'sharp' },
      { from: 'authenticator/credential.ts', to: 'jose' },
      { from: 'config/config.ts', to: 'authenticator/jwt/jwt.ts' },
      { from: 'config/config.ts', to: 'http-semantics/forwarding/follow-hops.ts' },
      { from: 'http/steps/forwarding.ts', to: 'ipaddr.js' },
      { from: 'authenticator/jwt/http-document.ts', to: 'undici' },
      { from: 'outbound/outbound.ts', to: 'config/config.ts' },
      { from: 'http/problem.ts', to: 'http/route.ts' },
      { from: 'http/route.ts', to: 'http/app-services.ts' },
      { from: 'http/route.ts', to: 'http/bodies/large-json.ts' },
      { from: 'http/request/fields.ts', to: 'http/bodies/refused-type.ts' },
      { from: 'http/request/query.ts', to: 'operations/images/find-images.ts' },
      { from: 'http/bodies/request-body.ts', to: 'http/answers/answer.ts' },
      { from: 'http/answers/original-answer.ts', to: 'http/images/image-view.ts' },
      { from: 'http/answers/answer.ts', to: 'http/steps/cors.ts' },
      { from: 'http/steps/body-places.ts', to: 'http/admission/request-rates.ts' },
      { from: 'http/admission/access.ts', to: 'http/uploads/upload-fields.ts' },
      { from: 'http/images/images.ts', to: 'http/uploads/upload-json.ts' },
      { from: 'http/renditions/renditions.ts', to: 'http/images/images.openapi.ts' },
      { from: 'http/renditions/renditions.ts', to: 'http/images/image-answer.ts' },
      { from: 'http/links/link-answer.ts', to: 'http/renditions/renditions.ts' },
      { from: 'http/service/service.ts', to: 'http/pages/gallery-page.ts' },
      { from: 'http/uploads/uploads.ts', to: 'http/compatibility/compatibility.ts' },
      { from: 'http/compatibility/compatibility.ts', to: 'http/links/links.ts' },
      { from: 'http/contract/openapi.ts', to: 'http/keys/key-answers.ts' },
      { from: 'http/exchange.ts', to: 'http/app.ts' },
      { from: 'http/images/images.ts', to: 'http/app-services.ts' },
      { from: 'bin/admin/keys.ts', to: 'http/usage/usage-json.ts' },
      { from: 'bin/admin/keys.ts', to: 'http/request/query.ts' },
      { from: 'bin/serve.ts', to: 'http/keys/key-schemas.ts' },
      { from: 'domain/image/image.ts', to: 'node:fs' },
      { from: 'domain/image/image.ts', to: 'services.ts' },
      { from: 'compose/compose.ts', to: 'operations/images/delete-image.ts' },
      { from: 'bin/serve.ts', to: 'object-store/disk/disk.ts' },
      { from: 'bin/serve.ts', to: 'compose/stores.ts' },
      { from: 'provision/bucket/cors.ts', to: 'object-store/s3/s3.ts' },
      { from: 'provision/table/backfill.ts', to: 'image-repository/dynamodb/lists/find.ts' },
      { from: 'provision/queue/events.ts', to: 'job-queue/sqs/sqs.ts' },
      { from: 'compose/compose.ts', to: 'provision/bucket/provision-bucket.ts' },
      { from: 'object-store/disk/disk.ts', to: 'node:sqlite' },
      { from: 'object-store/disk/disk.ts', to: '@aws-sdk/client-s3' },
      { from: 'image-repository/sqlite/sqlite.ts', to: '@aws-sdk/client-dynamodb' },
      { from: 'job-queue/no-queue.ts', to: '@aws-sdk/client-sqs' },
      { from: 'image-repository/dynamodb/lists/find.ts', to: 'sqlite/database.ts' },
      { from: 'object-store/object-store.ts', to: 'object-store/disk/disk.ts' },
      { from: 'job-queue/job-queue.ts', to: 'job-queue/sqlite/sqlite.ts' },
      { from: 'operations/images/delete-image.ts', to: 'job-queue/sqlite/sqlite.ts' },
      { from: 'operations/upkeep/sweep.ts', to: 'coordination/sqlite/sqlite.ts' },
      { from: 'image-repository/dynamodb/usage/recount.ts', to: 'coordination/dynamodb/dynamodb.ts' },
      { from: 'operations/keys/create-key.ts', to: 'key-repository/sqlite/sqlite.ts' },
      { from: 'key-repository/dynamodb/dynamodb.ts', to: 'image-repository/dynamodb/lists/find.ts' },
      { from: 'authenticator/api-key.ts', to: 'key-repository/sqlite/sqlite.ts' },
      { from: 'services.ts', to: 'job-queue/sqlite/sqlite.ts' },
      { from: 'domain/image/image.ts', to: 'observer/observer.ts' },
      { from: 'operations/images/delete-image.ts', to: 'observer/guarded.ts' },
      { from: 'observer/observer.ts', to: 'logger.ts' },
      { from: 'lambda/http.ts', to: 'bin/compose-process.ts' },
      { from: 'lambda/compose-function.ts', to: 'operations/checks/check-originals.ts' }, // a start for each burst of requests
      { from: 'lambda/worker.ts', to: 'job-queue/sqs/sqs.ts' },
      { from: 'lambda/compose-function.ts', to: 'telemetry/telemetry.ts' },
      { from: 'telemetry/emf/emf.ts', to: '@opentelemetry/api' },
      { from: 'archive/record-json.ts', to: 'archive/sqlite/sqlite.ts' },
      { from: 'archive/dynamodb/dynamodb.ts', to: 'image-repository/dynamodb/lists/find.ts' },
      { from: 'archive/sqlite/sqlite.ts', to: '@aws-sdk/client-dynamodb' },
      { from: 'stray.ts', to: 'node:fs' },
    ];
    assert.deepEqual(
      broken.filter((one) => violation(one) === undefined),
      [],
    );
  });

  it('keeps S3 and the shared parts of both stores apart from the disk store', () => {
    const shared = ['s3/', 'signing/', 'staging/'].map((folder) => `object-store/${folder}`);
    const crossing = FILES.filter((file) => shared.some((start) => file.startsWith(start)))
      .flatMap(importsOf)
      .filter(({ to }) => to.startsWith('object-store/disk/'));
    assert.deepEqual(crossing, []);
  });

  it('lets only the archive scan a table', () => {
    const scanners = FILES.filter((file) => {
      const { module } = parseSync(file, readFileSync(join(SRC, file), 'utf8'));
      return module.staticImports
        .flatMap(({ entries }) => entries)
        .some(({ importName: { name } }) => name === 'ScanCommand' || name === 'paginateScan');
    });
    assert.deepEqual(scanners, ['archive/dynamodb/scan.ts']);
    const whole = FILES.filter((file) => /\bnew DynamoDB\(/.test(readFileSync(join(SRC, file), 'utf8')));
    assert.deepEqual(whole, [], "expected clients without the SDK's `scan` method");
  });

  it('has no cycles', () => {
    const edges = new Map(FILES.map((file) => [file, importsOf(file).map(({ to }) => to)]));
    const cycles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      else if (!done.has(file)) for (const to of edges.get(file) ?? []) visit(to, [...path, file]);
      done.add(file);
    };
    for (const file of FILES) visit(file, []);
    assert.deepEqual(cycles, []);
  });

  it('lets the gallery import nothing of the service but its client', () => {
    const web = join(SRC, '../../web/src');
    const sources = globSync('**/*.{ts,tsx}', { cwd: web }).filter((file) => !isExempt(file));
    assert.ok(sources.length > 20, `${sources.length} files found`);
    const foreign = sources.flatMap((file) => {
      const { module } = parseSync(file, readFileSync(join(web, file), 'utf8'));
      return module.staticImports
        .map((one) => one.moduleRequest.value)
        .filter((to) =>
          to.startsWith('.')
            ? relative(web, join(web, dirname(file), to)).startsWith('..')
            : /^(?:node:|@safelight\/(?!client$))/.test(to),
        )
        .map((to) => `${file} imports ${to}`);
    });
    assert.deepEqual(foreign, []);
  });

  it('lets no command of the CLI import the program, which lists them', () => {
    const cli = join(SRC, '../../cli/src');
    const commands = globSync('commands/**/*.ts', { cwd: cli }).filter((file) => !isExempt(file));
    assert.ok(commands.length > 10, `${commands.length} files found`);
    const importers = commands.filter((file) => readFileSync(join(cli, file), 'utf8').includes("/program.ts'"));
    assert.deepEqual(importers, []);
  });

  it('limits process.env to the binaries', () => {
    const readers = FILES.filter((file) => /\bprocess\.env\b/.test(readFileSync(join(SRC, file), 'utf8')));
    assert.deepEqual(
      readers.filter((file) => !file.startsWith('bin/') && !file.startsWith('lambda/')).toSorted(),
      // libuv and OpenTelemetry's packages read these variables themselves.
      ['outbound/process-names.ts', 'telemetry/receiver-agent.ts'],
    );
  });
});

describe('the folders', () => {
  it('have at most 25 source files on one level', () => {
    const sources = globSync('**/*.*', { cwd: SRC }).filter((file) => !isExempt(file));
    const crowded = [...Map.groupBy(sources, dirname)].filter(([, files]) => files.length > 25);
    assert.deepEqual(
      crowded.map(([folder, files]) => `${folder}: ${files.length}`),
      [],
    );
  });
});
