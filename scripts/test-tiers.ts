// Which tests run when: `npm test` runs the tier `change`, CI `change` and `ci`, `npm run test:long` the tier `long`.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { Topic } from '../test/acceptance/suite.ts';

/**
 * `change`: shows that a change is sound, with npm packages alone, in some minutes.
 * `ci`: other servers and browsers, faults, kills, races, fleets, packages.
 * `long`: hours of use, ten thousand files, real waiting, more rounds of what goes by chance.
 */
export const TIERS = ['change', 'ci', 'long'] as const;
export type Tier = (typeof TIERS)[number];

/** Files and folders; of those that hold a file, the longest path has its tier. */
export const PATHS: Readonly<Record<string, Tier>> = {
  'scripts/': 'change',
  'scripts/functions/': 'ci',
  'scripts/observability/': 'ci',
  'scripts/observability/live-dashboard.test.ts': 'long',
  'scripts/observability/live.test.ts': 'long',
  'scripts/release/dry-run.test.ts': 'long',
  'bench/': 'ci',
  'test/servers/': 'ci',
  'test/servers/aws-commands/': 'change',
  'test/servers/installed.test.ts': 'change',
  'packages/server/test/acceptance/breakages.test.ts': 'change',
  'packages/server/test/acceptance/full-disk.test.ts': 'change',
  'test/acceptance/store-answer.test.ts': 'change',

  'deploy/aws/test/': 'change',
  'deploy/aws/test/stores.test.ts': 'ci',
  'deploy/aws/test/synth.test.ts': 'ci',
  'deploy/aws/test/walkthrough.test.ts': 'ci',

  'deploy/container/': 'long',
  'deploy/kubernetes/': 'long',

  'packages/cli/src/': 'change',
  'packages/cli/test/': 'ci',
  'packages/cli/test/commands.test.ts': 'change',
  'packages/cli/test/sync.test.ts': 'change',
  'packages/server/test/acceptance/counted.test.ts': 'long',
  'packages/cli/test/ten-thousand.test.ts': 'long',

  'packages/client/src/': 'change',
  'packages/client/test/': 'ci',
  'packages/client/test/bad-files.test.ts': 'change',
  'packages/client/test/folder.test.ts': 'change',
  'packages/client/test/lost-answers.test.ts': 'change',
  'packages/client/test/requests.test.ts': 'change',
  'packages/client/test/tokens.test.ts': 'change',
  'packages/client/test/uploader.test.ts': 'change',

  'packages/web/src/': 'change',
  'packages/web/test/': 'ci',
  'packages/web/test/serving.test.ts': 'change',
  // Scale: CI has what a trash does in `trash.test.ts`, and a large grid in `timeline.test.ts`.
  'packages/web/test/large-trash.test.ts': 'long',
  // Refused tiles: CI has their line in `tiles.test.ts`, and pauses of the service in `pauses.test.ts`.
  'packages/web/test/refused-tiles.test.ts': 'long',
  'packages/web/test/refused-with-key.test.ts': 'long',
  'packages/web/test/upload-storm.test.ts': 'long',

  'packages/server/src/': 'change',
  'packages/server/src/records/archive/dynamodb/': 'ci',
  'packages/server/src/records/archive/record-archive.test.ts': 'ci',
  'packages/server/src/admin/archive/place/s3/s3.test.ts': 'ci',
  'packages/server/src/records/events/dynamodb/': 'ci',
  'packages/server/src/records/images/dynamodb/capacity-at-scale.test.ts': 'long',
  'packages/server/src/imaging/heic/real-heics.test.ts': 'long',
  'packages/server/src/records/images/dynamodb/differential.test.ts': 'ci',
  'packages/server/src/records/images/dynamodb/dynamodb.test.ts': 'ci',
  'packages/server/src/records/images/dynamodb/growing-shards.test.ts': 'ci',
  'packages/server/src/records/images/dynamodb/large-lists.test.ts': 'ci',
  'packages/server/src/records/images/dynamodb/lists/hydrate.test.ts': 'ci',
  'packages/server/src/records/images/dynamodb/upkeep.test.ts': 'ci',
  'packages/server/src/records/usage/dynamodb/': 'ci',
  // A million images: CI has the plans of the same statements in `find-statements.test.ts`.
  'packages/server/src/records/images/sqlite/find-cost.test.ts': 'long',
  'packages/server/src/imaging/processes/decode-processes-order.test.ts': 'ci',
  'packages/server/src/imaging/render/render-agreement.test.ts': 'ci',
  'packages/server/src/jobs/sqs/faults.test.ts': 'ci',
  'packages/server/src/jobs/sqs/sqs.test.ts': 'ci',
  'packages/server/src/object-store/s3/if-match.test.ts': 'ci',
  'packages/server/src/object-store/s3/open.test.ts': 'ci',
  'packages/server/src/object-store/s3/put-first.test.ts': 'ci',
  'packages/server/src/object-store/s3/s3.test.ts': 'ci',
  'packages/server/src/object-store/s3/store-faults.test.ts': 'ci',
  'packages/server/src/object-store/s3/versions.test.ts': 'ci',
  // Twenty backups of some images: the tier `change` has the arithmetic in `read-share.test.ts`, and backups in
  // `make-backup.test.ts`.
  'packages/server/src/admin/backups/examine-originals.test.ts': 'ci',
  'packages/server/src/admin/provision/bucket/notification.test.ts': 'ci',
  'packages/server/src/admin/provision/bucket/provision-bucket.test.ts': 'ci',
  'packages/server/src/admin/provision/queue/provision-queue.test.ts': 'ci',
  'packages/server/src/admin/provision/table/': 'ci',
  'packages/server/src/callers/rate-limiter/redis/': 'ci',

  'packages/server/test/architecture.test.ts': 'change',
  'packages/server/test/observer.test.ts': 'change',
  'packages/server/test/access/': 'change',
  // Who may do what is decided above the records: CI has the same routes, callers and images on SQLite.
  'packages/server/test/access/cross-product-dynamodb.test.ts': 'long',
  'packages/server/test/access/cross-product-sqlite.test.ts': 'ci',
  'packages/server/test/access/users-that-are-none.test.ts': 'ci',
  'packages/server/test/backups/': 'ci',
  // Gigabytes: `restore-rules.test.ts` and `lines.test.ts` have the bounds one by one.
  'packages/server/test/backups/forged-target.test.ts': 'long',
  'packages/server/test/backups/on-aws.test.ts': 'long',
  'packages/server/test/backups/past-backups-on-aws.test.ts': 'long',
  'packages/server/test/caching/': 'ci',
  'packages/server/test/chance/': 'ci',
  'packages/server/test/chance/soak.test.ts': 'long',
  'packages/server/test/contract/': 'ci',
  'packages/server/test/docs/': 'ci',
  'packages/server/test/docs/authentication.test.ts': 'change',
  'packages/server/test/docs/examples.test.ts': 'change',
  'packages/server/test/docs/openapi-examples.test.ts': 'change',
  'packages/server/test/docs/openapi-problems.test.ts': 'change',
  'packages/server/test/docs/package-names.test.ts': 'change',
  'packages/server/test/docs/paths.test.ts': 'change',
  'packages/server/test/docs/prose.test.ts': 'change',
  'packages/server/test/docs/transform-reference.test.ts': 'change',
  'packages/server/test/docs/unit.test.ts': 'long',
  'packages/server/test/dynamodb/': 'ci',
  // CI has the same faults of a table at records and uploads, and a gate's own in `gates/`.
  'packages/server/test/dynamodb/faults-gates.test.ts': 'long',
  'packages/server/test/events/': 'ci',
  'packages/server/test/events/many-streams.test.ts': 'long',
  'packages/server/test/faults/': 'ci',
  'packages/server/test/faults/erasure-disk.test.ts': 'long',
  'packages/server/test/fleet/': 'ci',
  'packages/server/test/fleet/arrivals-kill.test.ts': 'long',
  // CI has the same kills and races on one process, and those of uploads and changes on a fleet.
  // More requests than `rolling-restart.test.ts` sends.
  'packages/server/test/fleet/rolling-restart-thousand.test.ts': 'long',
  'packages/server/test/fleet/trash-kill.test.ts': 'long',
  'packages/server/test/fleet/trash-races.test.ts': 'long',
  'packages/server/test/gates/': 'change',
  'packages/server/test/gates/clamd.test.ts': 'ci',
  'packages/server/test/gates/fair-places.test.ts': 'ci',
  'packages/server/test/gates/flood.test.ts': 'long',
  'packages/server/test/gates/kill.test.ts': 'ci',
  'packages/server/test/gates/processes.test.ts': 'ci',
  'packages/server/test/gates/readers.test.ts': 'ci',
  'packages/server/test/http/': 'change',
  'packages/server/test/http/idle-connections.test.ts': 'ci',
  'packages/server/test/http/nginx.test.ts': 'ci',
  'packages/server/test/http/pressure.test.ts': 'ci',
  'packages/server/test/http/real-stalls.test.ts': 'long',
  'packages/server/test/http/text-lengths.test.ts': 'ci',
  'packages/server/test/images/': 'change',
  'packages/server/test/images/access.test.ts': 'ci',
  'packages/server/test/lambda/': 'ci',
  'packages/server/test/links/': 'change',
  'packages/server/test/outbound/': 'ci',
  'packages/server/test/outbound/dead-names-in-a-fleet.test.ts': 'long',
  // Waits for each part's next connection; dial.test.ts has each failure, and real-program.test.ts a real one.
  'packages/server/test/outbound/failing-connects.test.ts': 'long',
  'packages/server/test/outbound/failing-connects-to-stores.test.ts': 'long',
  'packages/server/test/pages/': 'ci',
  'packages/server/test/pictures/': 'change',
  'packages/server/test/pictures/corpus.test.ts': 'ci',
  'packages/server/test/process/': 'ci',
  'packages/server/test/process/command-line.test.ts': 'change',
  'packages/server/test/process/drain.test.ts': 'change',
  'packages/server/test/process/environment-files.test.ts': 'change',
  'packages/server/test/process/private-files.test.ts': 'change',
  // Processes at each level of confinement: CI has the levels themselves in `src/imaging/confinement/`.
  'packages/server/test/process/required-decoders.test.ts': 'long',
  'packages/server/test/process/serve.test.ts': 'change',
  'packages/server/test/records/': 'ci',
  'packages/server/test/reconcile/': 'ci',
  'packages/server/test/reconcile/reconcile-on-aws.test.ts': 'long',
  'packages/server/test/renditions/': 'change',
  'packages/server/test/renditions/fair-turns.test.ts': 'ci',
  'packages/server/test/renditions/full-size-limits.test.ts': 'long',
  'packages/server/test/renditions/renditions-corpus.test.ts': 'ci',
  'packages/server/test/renditions/renditions-kill.test.ts': 'ci',
  'packages/server/test/renditions/working-copies-life.test.ts': 'ci',
  'packages/server/test/s3/': 'ci',
  'packages/server/test/s3/killed-copies.test.ts': 'long',
  'packages/server/test/shares/': 'ci',
  'packages/server/test/sharing/': 'change',
  'packages/server/test/telemetry/': 'ci',
  'packages/server/test/telemetry/lost-spans.test.ts': 'long',
  'packages/server/test/upkeep/': 'ci',
  'packages/server/test/upkeep/orphans.test.ts': 'change',
  'packages/server/test/upload-tokens/': 'change',
  'packages/server/test/upload-tokens/on-s3.test.ts': 'ci',
  'packages/server/test/uploads/': 'ci',
  'packages/server/test/uploads/grant-size.test.ts': 'change',
  'packages/server/test/uploads/idempotency.test.ts': 'change',
  'packages/server/test/uploads/max-megapixels.test.ts': 'change',
  'packages/server/test/uploads/undecoded-heic.test.ts': 'change',
  'packages/server/test/uploads/own-upload.test.ts': 'change',
  'packages/server/test/uploads/upload-life.test.ts': 'change',
  'packages/server/test/users/': 'ci',
  'packages/server/test/users/blocked-user.test.ts': 'change',
  'packages/server/test/usage/': 'ci',
  'packages/server/test/usage/quota-fleet-kill.test.ts': 'long',
  'packages/server/test/usage/quotas.test.ts': 'change',
  'packages/server/test/webhooks/': 'ci',
  'packages/server/test/webhooks/fleet.test.ts': 'long',
};

/** The tests here that go by chance run again in the long tier, with as many times the rounds (`repeats.ts`). */
export const LONG_REPEATS = '4';
export const REPEATED: readonly string[] = [
  'packages/server/src/records/images/dynamodb/differential.test.ts',
  'packages/server/src/records/images/dynamodb/dynamodb.test.ts',
  'packages/server/src/records/images/sqlite/sqlite.test.ts',
  'packages/server/src/imaging/render/render-agreement.test.ts',
  'packages/server/test/chance/',
  'packages/server/test/fleet/arrivals.test.ts',
  'packages/server/test/fleet/kill.test.ts',
  'packages/server/test/fleet/races.test.ts',
  'packages/server/test/gates/kill.test.ts',
  'packages/server/test/renditions/renditions-kill.test.ts',
  'packages/server/test/renditions/working-copies.test.ts',
  'packages/server/test/shares/gallery-hour.test.ts',
  'packages/server/test/usage/quota-kill.test.ts',
];

/** CI runs a part of these: not each combination, but each of what is combined. The long tier runs them whole. */
const IN_PART: readonly string[] = [
  'deploy/aws/test/walkthrough.test.ts',
  'packages/cli/test/sync.test.ts',
  'packages/server/test/docs/examples.test.ts',
  'packages/server/test/backups/kill.test.ts',
  'packages/server/test/dynamodb/faults-records.test.ts',
  'packages/server/test/dynamodb/faults-uploads.test.ts',
  'packages/server/test/events/kill.test.ts',
  'packages/server/test/gates/readers.test.ts',
  'packages/server/test/process/earlier-settings.test.ts',
  'packages/server/test/process/readiness.test.ts',
  'packages/server/test/renditions/renditions-corpus.test.ts',
  'packages/server/test/s3/faults.test.ts',
  'packages/server/test/uploads/crashing-uploads.test.ts',
  'packages/server/test/users/commands.test.ts',
  'packages/server/test/users/kill.test.ts',
  'packages/web/test/modes.test.ts',
  'packages/web/test/refused-tiles.test.ts',
  'packages/web/test/timeline.test.ts',
  'scripts/functions/zips.test.ts',
  'scripts/pack.test.ts',
];

/** All topics that the row doesn't name. */
const REST = 'the rest';
type Row = Readonly<Partial<Record<Tier, readonly Topic[] | typeof REST>>>;

/** Topics about bytes that clients get: from the store, or through the service. */
const READ_FROM_S3: readonly Topic[] = ['bytes', 'renditions', 'full-size-jpeg', 'links', 'render-links'];

/** Topics that can differ where records are in DynamoDB. */
const ON_DYNAMODB: readonly Topic[] = [
  'lists',
  'cursors',
  'fields',
  'search',
  'metadata',
  'idempotency',
  'batches',
  'usage',
  'quotas',
  'trash',
  'full-size-jpeg',
];

/** Topics that can differ by who asks. */
const ON_CALLERS: readonly Topic[] = [
  'authentication',
  'own',
  'keys',
  'upload-tokens',
  'links',
  'visibility',
  'unknown-names',
];

/**
 * The topics about callers, without `unknown-names`: the other topics show that functions pass on queries and bodies.
 */
const WHO_MAY = ON_CALLERS.filter((topic) => topic !== 'unknown-names');

/** Topics about pixels: every way renders with the same code. How a way gets and stores them is in the other topics. */
const PIXELS: readonly Topic[] = ['looks', 'transforms', 'focal-point', 'rendition-bytes'];

/**
 * Topics about records and callers that another way has in CI on the same stores: DynamoDB's way, or functions with
 * keys. That functions pass on queries, bodies and credentials is in the other topics.
 */
const OF_OTHER_WAYS: readonly Topic[] = [...new Set([...ON_DYNAMODB, ...ON_CALLERS])];

/**
 * Topics that authentication leaves as they are, once a request is admitted: CI has them on the open service, by
 * default and on other stores.
 */
const AFTER_ADMISSION: readonly Topic[] = [
  'cameras',
  'canonical-uploads',
  'cursors',
  'field-limits',
  'full-size-jpeg',
  'post-grants',
  'refusals',
  'renditions',
  'search',
];

/** What runs of the acceptance suite, by the way in which a service runs: `WAY.test.ts`. */
export const WAYS = {
  acceptance: { change: REST },
  closed: {
    change: ['authentication', 'own', 'upload-tokens', 'links', 'visibility'],
    ci: REST,
    long: [...PIXELS, ...AFTER_ADMISSION],
  },
  // What processes remember of callers, and forget in time, is in `fleet/revocation.test.ts`.
  'closed-stateless': { long: REST },
  lambda: { ci: REST, long: [...PIXELS, ...OF_OTHER_WAYS, 'cameras', 'docs', 'field-limits', 'renditions'] },
  'closed-lambda': { ci: WHO_MAY, long: REST },
  // Usage and quotas on DynamoDB are in DynamoDB's way.
  stateless: { ci: ['life', 'direct-uploads', 'canonical-uploads', 'idempotency'], long: REST },
  // Renditions and full-size JPEGs are made by requests, not by jobs; batches and other forms of uploads make the same
  // jobs.
  queue: { ci: ['life', 'direct-uploads', 'trash'], long: REST },
  dynamodb: { ci: [...ON_DYNAMODB, 'events'], long: REST },
  // Uploads that a service with a table takes too are in `stateless`.
  's3-redirect': { ci: ['grants', 'post-grants', 'batches', ...READ_FROM_S3], long: REST },
  // Uploads are as with redirects, and renditions are made as with them.
  's3-stream': { ci: ['bytes', 'links', 'render-links'], long: REST },
  gates: { change: ['gates', 'events'] },
  'gates-stateless': { long: ['gates'] }, // CI has the same stores with functions
  'gates-lambda': { ci: ['gates'] },
  'rate-limits': { change: ['rate-limits'] },
  // CI shares Redis in `fleet/rate-limits.test.ts`, and tells limits in `rate-limits`.
  'rate-limits-stateless': { long: ['rate-limits'] },
} as const satisfies Record<string, Row>;

export type Way = keyof typeof WAYS;

/** The way that a test file is. */
const wayOf = (file: string): Way | undefined => {
  const way = /^packages\/server\/test\/acceptance\/(.+)\.test\.ts$/.exec(file)?.[1];
  return way !== undefined && Object.hasOwn(WAYS, way) ? (way as Way) : undefined;
};

/** The longest path of the table that holds this file. */
export const pathOf = (file: string): string | undefined =>
  Object.keys(PATHS)
    .filter((path) => (path.endsWith('/') ? file.startsWith(path) : file === path))
    .toSorted((one, other) => other.length - one.length)[0];

/**
 * The tiers in which something of a file runs. The first is its own; the others have more topics, rounds or
 * combinations.
 */
export function tiersOf(file: string): readonly Tier[] {
  const way = wayOf(file);
  if (way !== undefined) return TIERS.filter((tier) => tier in WAYS[way]);
  const path = pathOf(file);
  if (path === undefined) throw new Error(`expected a tier for ${file} in scripts/test-tiers.ts; there is none`);
  const tier = PATHS[path] as Tier;
  const isMore = tier !== 'long' && [...REPEATED, ...IN_PART].some((one) => file.startsWith(one));
  return isMore ? [tier, 'long'] : [tier];
}

/** All test files, as paths below the repository, in order. */
export const testFiles = (): string[] =>
  globSync(
    [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'test/{acceptance,servers}/**/*.test.ts',
      'deploy/aws/test/*.test.ts',
      'deploy/container/*.test.ts',
      'deploy/kubernetes/*.test.ts',
      'bench/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    { cwd: join(import.meta.dirname, '..') },
  ).toSorted();

export const filesOf = (tiers: readonly Tier[]): string[] =>
  testFiles().filter((file) => tiersOf(file).some((tier) => tiers.includes(tier)));

/** The variable that names the tiers of a run, for the files that have tests in several. Without it everything runs. */
export const TEST_TIERS = 'TEST_TIERS';

/** Whether this run has that tier, for a file of which CI runs a part. A file that was named runs whole. */
export const isInRun = (tier: Tier): boolean => (process.env[TEST_TIERS]?.split(',') ?? TIERS).includes(tier);

/** The topics of a way, out of all, that are in this run. */
export function topicsOf(way: Way, all: readonly Topic[]): readonly Topic[] {
  const row: Row = WAYS[way];
  const named = Object.values(row).flatMap((topics) => (topics === REST ? [] : topics));
  const rest = all.filter((topic) => !named.includes(topic));
  return TIERS.filter(isInRun).flatMap((tier) => (row[tier] === REST ? rest : (row[tier] ?? [])));
}
