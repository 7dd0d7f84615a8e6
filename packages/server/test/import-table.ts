/**
 * What a part of `packages/server/src` may import besides itself. Folders end with `/`. The first row that holds a file
 * counts.
 */
export interface Zone {
  readonly at: readonly string[];
  readonly may: readonly string[];
  readonly packages?: readonly string[];
  readonly builtins?: 'all' | readonly string[];
}

/** The rules of images, and what is true of any program. */
const RULES: readonly string[] = ['domain/', 'flow/', 'text/'];

/** Look-ups of host names, for everything that connects. */
const NAMES = 'outbound/process-names.ts';
const EVENTS_OF_SERVICE = 'observe/observer/';

const within = (folder: string, ...files: readonly string[]): readonly string[] => files.map((file) => folder + file);

/** The interfaces that operations use, and the parts of them that every adapter shares. */
const PORTS: readonly string[] = [
  ...within('records/', 'albums/album-repository.ts'),
  ...within('records/', 'archive/record-archive.ts', 'archive/unreadable.ts', 'archive/user-records.ts'),
  ...within('records/', 'coordination/coordination.ts', 'coordination/requests.ts'),
  ...within('records/', 'coordination/filter-bookmarks.ts', 'coordination/filter-names.ts'),
  ...within('records/', 'coordination/facts-bookmarks.ts', 'coordination/walk-bookmarks.ts'),
  ...within('records/', 'erasures/blocked-users.ts', 'erasures/erasure-repository.ts'),
  ...within('records/', 'events/event-log.ts', 'events/event-reader.ts', 'events/void-position.ts'),
  ...within('records/', 'images/image-repository.ts', 'keys/key-repository.ts'),
  ...within('records/', 'revocations/revocation-repository.ts'),
  ...within('records/', 'usage/usage-repository.ts', 'webhooks/webhook-repository.ts'),
  ...within(
    'object-store/',
    'disk-space.ts',
    'handed-files.ts',
    'multipart.ts',
    'object-store.ts',
    'presigner.ts',
    'staging.ts',
    'zip.ts',
  ),
  ...within('imaging/', 'imaging.ts', 'rendition-cache.ts'),
  ...['jobs/job-queue.ts', 'gates/gate.ts', 'observe/health/', EVENTS_OF_SERVICE],
  ...within('outbound/', 'downloads.ts', 'outbound.ts', 'outbound-error.ts'),
];

/** The wings from the lowest to the highest: each imports only those before it. */
export const WINGS: readonly string[] = [
  ...['text', 'domain', 'flow', 'http-semantics', 'outbound', 'aws', 'observe', 'records', 'object-store', 'jobs'],
  ...['imaging', 'gates', 'callers', 'services.ts', 'operations', 'http', 'run', 'admin', 'bin'],
];

/** Each may also import those before it. */
const inOrder = (zones: readonly Zone[]): readonly Zone[] =>
  zones.map((zone, index) => ({ ...zone, may: [...zone.may, ...zones.slice(0, index).flatMap(({ at }) => at)] }));

const BELOW: readonly Zone[] = [
  { at: ['domain/'], may: ['text/'], packages: ['ipaddr.js'], builtins: ['node:crypto', 'node:net', 'node:zlib'] },
  { at: ['text/'], may: [], builtins: ['node:crypto'] },
  {
    at: ['flow/'],
    may: ['domain/'],
    builtins: ['node:async_hooks', 'node:events', 'node:stream', 'node:timers/promises'],
  },
  { at: ['http-semantics/'], may: ['domain/', 'text/'] },
  {
    at: ['outbound/'],
    may: RULES,
    packages: ['ipaddr.js', 'undici'],
    builtins: ['node:dns', 'node:events', 'node:net', 'node:tls'],
  },
  { at: ['aws/'], may: [...RULES, NAMES], builtins: 'all' },
];

const OBSERVE: readonly Zone[] = [
  { at: ['observe/health/'], may: ['domain/'] },
  { at: [EVENTS_OF_SERVICE], may: [...RULES, 'observe/health/'] },
  {
    // In the functions' bundles, without OpenTelemetry.
    at: within('observe/telemetry/', 'emf/', 'metrics/catalog.ts', 'metrics/measures.ts'),
    may: ['domain/', 'http-semantics/', EVENTS_OF_SERVICE, 'observe/health/'],
  },
  { at: ['observe/telemetry/telemetry-config.ts'], may: [] },
  {
    at: ['observe/telemetry/'],
    may: [...RULES, NAMES, EVENTS_OF_SERVICE],
    packages: ['@opentelemetry/'],
    builtins: 'all',
  },
  { at: ['observe/'], may: ['text/', EVENTS_OF_SERVICE], packages: ['pino', 'pino-pretty'], builtins: 'all' },
];

/** What the service is made of, each behind its port. ADAPTERS holds their adapters apart. */
const STORES_AND_TOOLS: readonly Zone[] = [
  { at: ['records/coordination/requests.ts'], may: [] },
  {
    at: ['records/'],
    may: [...RULES, EVENTS_OF_SERVICE, 'aws/'],
    packages: ['@aws-sdk/client-dynamodb', 'lru-cache', 'pg', 'zod'],
    builtins: 'all',
  },
  {
    at: ['object-store/'],
    may: [...RULES, 'http-semantics/', EVENTS_OF_SERVICE, 'aws/'],
    packages: ['@aws-sdk/client-s3', '@fastify/busboy', 'lru-cache', 'yazl'],
    builtins: 'all',
  },
  {
    at: ['jobs/'],
    may: [...RULES, EVENTS_OF_SERVICE, 'aws/', 'records/postgres/', 'records/sqlite/'],
    packages: ['@aws-sdk/client-sqs'],
    builtins: 'all',
  },
  { at: ['imaging/confinement/launcher.js'], may: [], packages: ['koffi'], builtins: 'all' },
  {
    at: ['imaging/'],
    may: [...RULES, EVENTS_OF_SERVICE],
    packages: ['lru-cache', 'sharp', 'thumbhash'],
    builtins: 'all',
  },
  {
    at: ['gates/'],
    may: [...RULES, NAMES, EVENTS_OF_SERVICE, 'outbound/outbound.ts', 'outbound/receive-answer.ts'],
    packages: ['standardwebhooks'],
    builtins: 'all',
  },
  {
    at: ['callers/'],
    may: [
      ...[...RULES, NAMES, EVENTS_OF_SERVICE],
      ...within('records/', 'keys/key-repository.ts', 'revocations/revocation-repository.ts'),
    ],
    packages: ['@redis/client', 'jose', 'lru-cache'],
    builtins: 'all',
  },
];

const OPERATIONS: readonly Zone[] = [
  { at: ['services.ts'], may: [...RULES, ...PORTS] },
  {
    at: ['operations/'],
    may: ['services.ts', ...RULES, ...PORTS, 'http-semantics/content-disposition.ts', 'outbound/url-fault.ts'],
    packages: ['standardwebhooks'],
    builtins: ['node:crypto', 'node:timers/promises'],
  },
];

const HTTP_USES = {
  packages: ['hono', 'lru-cache', 'zod'],
  builtins: ['node:crypto', 'node:http', 'node:net', 'node:stream', 'node:timers/promises'],
} as const;

const OF_HTTP: readonly string[] = [...RULES, 'http-semantics/', 'services.ts', EVENTS_OF_SERVICE];
const AUTHENTICATOR = 'callers/authenticator/authenticator.ts';
const RATE_LIMITER = 'callers/rate-limiter/rate-limiter.ts';

/** The parts of HTTP that all resources use; each may also import those before it. */
const BELOW_RESOURCES: readonly Zone[] = inOrder([
  { at: ['http/problem.ts'], may: ['domain/'] },
  { at: ['http/route.ts'], may: OF_HTTP, ...HTTP_USES },
  { at: ['http/request/'], may: [...RULES, AUTHENTICATOR], ...HTTP_USES },
  {
    at: ['http/bodies/'],
    may: [...RULES, 'services.ts'],
    packages: ['@fastify/busboy'],
    builtins: [...HTTP_USES.builtins, 'node:fs/promises'],
  },
  { at: ['http/answers/'], may: [...OF_HTTP, 'operations/'], ...HTTP_USES },
  { at: ['http/steps/'], may: [...OF_HTTP, 'observe/log/'], ...HTTP_USES },
  { at: ['http/admission/'], may: [...OF_HTTP, 'operations/', AUTHENTICATOR, RATE_LIMITER], ...HTTP_USES },
]);

const A_RESOURCE_MAY: readonly string[] = [...OF_HTTP, 'operations/', ...BELOW_RESOURCES.flatMap(({ at }) => at)];

/** The schemas and the JSON of images, but neither their routes nor their operations. */
const IMAGES_IN_JSON = within('http/images/', 'image-json.ts', 'image-schemas.ts', 'image-view.ts');

/** A resource imports nothing of another one, except images in JSON. */
const resource = (folder: string, ...may: readonly string[]): Zone => ({
  at: [`http/${folder}/`],
  may: [...A_RESOURCE_MAY, ...IMAGES_IN_JSON, ...may],
  ...HTTP_USES,
});

const RESOURCES: readonly Zone[] = [
  ...['images', 'counts', 'uploads', 'tokens', 'renditions', 'links', 'keys', 'events', 'gates', 'users'].map(
    (folder) => resource(folder),
  ),
  resource('albums', 'http/images/batch-answer.ts'),
  resource(
    'album-links',
    ...within('http/links/', 'link-answer.ts', 'link-page.ts', 'link-schemas.ts'),
    'http/tokens/upload-token-schemas.ts',
  ),
  resource(
    'contributions',
    'http/album-links/album-link-schemas.ts',
    ...within('http/uploads/', 'upload-fields.ts', 'upload-json.ts', 'upload-schemas.ts'),
  ),
  resource('webhooks', 'http/contract/plain-schema.ts', 'http/events/event-schemas.ts'),
  resource('usage', 'records/usage/usage-repository.ts'),
  resource('service', 'observe/version.ts'),
  resource('objects', 'object-store/object-endpoint.ts'),
  { ...resource('pages', 'callers/authenticator/sign-in.ts'), builtins: 'all' },
];

const ABOVE_RESOURCES: readonly Zone[] = [
  resource('compatibility', 'http/images/', 'http/uploads/'),
  resource('contract', 'http/images/', 'http/uploads/', 'http/webhooks/message.openapi.ts', 'observe/version.ts'),
  ...inOrder([
    { at: ['http/app-services.ts'], may: [...A_RESOURCE_MAY, ...RESOURCES.flatMap(({ at }) => at)] },
    { at: ['http/router.ts'], may: [], ...HTTP_USES },
    {
      at: ['http/request-done.ts', 'http/request-span.ts', 'http/exchange.ts'],
      may: [...A_RESOURCE_MAY, 'observe/telemetry/metrics/catalog.ts'],
      ...HTTP_USES,
    },
    {
      at: ['http/app.ts'],
      may: [
        ...[...OF_HTTP, 'http/', AUTHENTICATOR, 'callers/authenticator/sign-in.ts', RATE_LIMITER],
        ...['observe/log/logger.ts', 'object-store/object-endpoint.ts'],
      ],
      ...HTTP_USES,
    },
  ]),
];

/** How a process starts. */
const RUN: readonly Zone[] = [
  { at: ['run/memory/'], may: ['object-store/object-store.ts', 'object-store/staging.ts'], builtins: 'all' },
  {
    at: ['run/config/'],
    may: [
      ...RULES,
      'http-semantics/forwarding/follow-hops.ts',
      ...within('callers/authenticator/jwt/', 'algorithms.ts', 'key-place.ts', 'token-rules.ts', 'trusted-url.ts'),
      'object-store/s3/capabilities.ts',
      ...within('observe/', 'health/', 'observer/', 'log/log-levels.ts', 'telemetry/telemetry-config.ts'),
      ...within('outbound/', 'allowed-network.ts', 'url-fault.ts'),
    ],
    builtins: ['node:crypto', 'node:fs/promises', 'node:path'],
  },
  {
    // It alone knows which adapters there are.
    at: ['run/compose/'],
    may: [
      ...[...RULES, ...PORTS, 'services.ts', 'aws/', 'callers/', 'gates/', 'imaging/', 'jobs/', 'object-store/'],
      ...['outbound/', 'records/'],
      'operations/uploads/finalize-upload.ts', // bound in compose
      ...within('run/', 'config/', 'jobs.ts', 'memory/'),
    ],
    packages: ['uuid'],
    builtins: 'all',
  },
  { at: ['run/connections/'], may: ['domain/', EVENTS_OF_SERVICE, 'http/app.ts'], builtins: 'all' },
  {
    at: ['run/jobs.ts', 'run/requests.ts', 'run/worker.ts'],
    may: ['services.ts', 'operations/', ...RULES, ...PORTS, 'jobs/job-codec.ts'],
    builtins: ['node:timers/promises'],
  },
  {
    // A start for each burst of requests: no check of originals, and no OpenTelemetry.
    at: ['run/lambda/'],
    may: [
      ...within('run/', 'compose/compose.ts', 'config/', 'worker.ts'),
      'http/app.ts',
      ...within('operations/checks/', 'check-counted.ts', 'check-filters.ts', 'check-key-users.ts'),
      ...within('observe/', 'log/', 'observer/fan-out.ts', 'telemetry/emf/'),
    ],
  },
  {
    at: ['run/process/', 'run/serve.ts', 'run/work.ts'],
    may: [
      ...within('run/', 'compose/compose.ts', 'compose/early-confinement.ts', 'config/', 'connections/', 'memory/'),
      ...['run/worker.ts', 'domain/', 'http/app.ts', 'observe/', 'services.ts', 'records/sqlite/sqlite-error.ts'],
      ...within('operations/', 'checks/', 'keys/create-key.ts'), // the first key
    ],
    packages: ['@hono/node-server'],
    builtins: 'all',
  },
];

const ADMIN: readonly Zone[] = [
  {
    at: ['admin/archive/'],
    may: [...RULES, ...within('records/archive/', 'record-archive.ts', 'record-json.ts'), 'aws/', 'object-store/'],
    packages: ['@aws-sdk/client-s3', 'zod'],
    builtins: 'all',
  },
  {
    at: ['admin/backups/'],
    may: [
      ...[...RULES, ...PORTS, 'services.ts', 'operations/checks/', 'records/archive/record-json.ts'],
      ...within('admin/archive/', 'backup/', 'place/lock.ts', 'place/target.ts', 'sealed.ts'),
    ],
    builtins: ['node:crypto', 'node:stream', 'node:timers/promises'],
  },
  {
    at: ['admin/exports/'],
    may: [
      ...[...RULES, ...PORTS, 'services.ts', 'admin/archive/backup/lines.ts', 'object-store/staging/file-fault.ts'],
      ...within('operations/', 'imports/import-key.ts', 'users/export-user.ts', 'users/readable-name.ts'),
      // Lines have the names and the forms of the API, and pages its HTML.
      ...within('http/', 'answers/html-text.ts', 'answers/iso-time.ts', 'images/facts-json.ts'),
    ],
    packages: ['zod'],
    builtins: ['node:crypto', 'node:fs', 'node:fs/promises', 'node:path'],
  },
  {
    at: ['admin/imports/sources/own-export.ts'],
    may: [...RULES, 'admin/imports/', ...within('admin/exports/', 'export-manifest.ts', 'read-lines.ts')],
    packages: ['zod'],
    builtins: ['node:crypto', 'node:path'],
  },
  {
    at: within(
      'admin/imports/sources/',
      ...['folder.ts', 'folder-files.ts', 'sidecar.ts', 'source-entry.ts', 'table.ts', 'table-rows.ts'],
    ),
    may: [
      ...[...RULES, 'admin/imports/', 'admin/archive/place/folder/', 'object-store/staging/file-fault.ts'],
      ...['http/request/fields.ts', 'imaging/facts/text.ts', 'imaging/facts/xmp.ts'],
    ],
    packages: ['csv-parse'],
    builtins: 'all',
  },
  {
    at: ['admin/imports/sources/urls.ts'],
    may: [
      ...[...RULES, 'admin/imports/', 'admin/archive/backup/lines.ts', 'services.ts', 'outbound/outbound-error.ts'],
      ...within('operations/ingest/', 'fetch-fault.ts', 'require-fetchable.ts'),
    ],
    builtins: 'all',
  },
  {
    at: ['admin/imports/sources/'],
    may: [
      ...[...RULES, 'admin/imports/', 'aws/', 'records/dynamodb/'],
      'records/archive/dynamodb/scan.ts', // the one client that scans
      ...within('object-store/', 's3/', 'signing/sigv4.ts'),
    ],
    packages: ['@aws-sdk/client-s3', '@aws-sdk/client-dynamodb', 'zod'],
    builtins: 'all',
  },
  {
    at: ['admin/imports/'],
    may: [
      ...[...RULES, ...PORTS, 'admin/imports/', 'services.ts', 'operations/imports/'],
      'object-store/staging/file-fault.ts',
      // The fields of the API.
      ...within('http/', 'images/correction-schemas.ts', 'request/fields.ts', 'request/validation.ts'),
      'http/uploads/upload-fields.ts',
    ],
    packages: ['zod'],
    builtins: ['node:fs', 'node:fs/promises', 'node:path', 'node:timers/promises'],
  },
  {
    at: ['admin/provision/'],
    may: [
      ...[...RULES, ...PORTS, 'run/config/', 'records/dynamodb/', 'records/postgres/'],
      ...within('jobs/sqs/', 'attributes.ts', 'client.ts', 'diagnosis.ts', 'sqs-fault.ts'),
      ...within('object-store/s3/', 'capabilities.ts', 'client.ts', 'diagnosis.ts', 'lifecycle.ts'),
      ...within('records/images/dynamodb/', 'facets.ts', 'image-item.ts'), // the schema of a table, but not its lists
    ],
    packages: ['@aws-sdk/client-s3', '@aws-sdk/client-dynamodb', '@aws-sdk/client-sqs'],
    builtins: ['node:crypto', 'node:timers/promises', 'node:util'],
  },
  {
    at: ['admin/commands/'],
    may: [
      ...[...RULES, ...PORTS, 'admin/', 'services.ts', 'operations/', 'observe/version.ts'],
      'records/sqlite/sqlite-error.ts', // for the advice
      ...within('run/', 'compose/', 'config/', 'memory/chunk-collector.ts', 'process/'),
      // Keys and quotas take the fields of the API, and print its answers.
      ...within('http/', 'keys/key-json.ts', 'keys/key-schemas.ts', 'usage/usage-json.ts', 'usage/usage-schemas.ts'),
      'http/request/validation.ts',
    ],
    builtins: 'all',
  },
  {
    at: ['bin/'],
    may: [
      ...within('run/', 'compose/early-confinement.ts', 'process/command-line.ts', 'serve.ts', 'work.ts'),
      'admin/commands/',
    ],
    builtins: 'all',
  },
];

export const ZONES: readonly Zone[] = [
  ...BELOW,
  ...OBSERVE,
  ...STORES_AND_TOOLS,
  ...OPERATIONS,
  ...[...BELOW_RESOURCES, ...RESOURCES, ...ABOVE_RESOURCES],
  ...RUN,
  ...ADMIN,
];

/**
 * Folders of adapters, wherever they are. A file imports those of its own technology; of others, only what composes or
 * configures stores does.
 */
export const ADAPTERS: readonly string[] = ['clamd', 'disk', 'dynamodb', 'postgres', 'redis', 's3', 'sqlite', 'sqs'];
export const KNOW_ADAPTERS: readonly string[] = [
  ...['run/compose/', 'admin/provision/'],
  ...['callers/rate-limiter/create-rate-limiter.ts', 'admin/archive/place/open-target.ts', 'admin/imports/sources/'],
];

/** Imports of another technology that are meant. */
export const ACROSS: readonly { readonly from: string; readonly to: string }[] = [
  { from: 'object-store/endpoint/', to: 'object-store/disk/' }, // it serves the files of the disk
  { from: 'admin/archive/place/folder/', to: 'object-store/disk/folders.ts' },
  { from: 'admin/commands/', to: 'records/sqlite/sqlite-error.ts' },
  { from: 'run/process/sentence.ts', to: 'records/sqlite/sqlite-error.ts' },
  { from: 'run/config/', to: 'object-store/s3/capabilities.ts' },
];

/** Restricts imports of these to files with these prefixes, even if the zone allows them elsewhere. */
export const PINNED: readonly { readonly name: string; readonly only: readonly string[] }[] = [
  { name: '@fastify/busboy', only: ['http/bodies/', 'object-store/'] },
  { name: 'ipaddr.js', only: ['domain/access/ip-address.ts', 'domain/access/network.ts', 'outbound/judge.ts'] },
  { name: 'standardwebhooks', only: ['operations/webhooks/', 'gates/http/'] },
  { name: 'observe/observer/guarded.ts', only: ['observe/', 'run/compose/'] },
  { name: 'records/coordination/dynamodb/dynamodb.ts', only: ['run/compose/'] },
  { name: 'records/images/dynamodb/lists/find.ts', only: ['records/images/'] },
];

/** The folders, by a segment of their path, that alone import a package. */
export const PACKAGE_OF: Readonly<Record<string, string>> = {
  '@aws-sdk/client-dynamodb': 'dynamodb',
  '@aws-sdk/client-s3': 's3',
  '@aws-sdk/client-sqs': 'sqs',
  '@redis/client': 'redis',
  jose: 'jwt',
  'node:sqlite': 'sqlite',
  pg: 'postgres',
};
