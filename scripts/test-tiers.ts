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

/** The tests here that go by chance run again in the long tier, with as many times the rounds (`repeats.ts`). */
export const LONG_REPEATS = '4';
export const REPEATED: readonly string[] = [
  'packages/server/src/records/images/dynamodb/differential.ci.test.ts',
  'packages/server/src/records/images/dynamodb/dynamodb.ci.test.ts',
  'packages/server/src/records/images/sqlite/sqlite.test.ts',
  'packages/server/src/imaging/render/render-agreement.ci.test.ts',
  'packages/server/test/chance/',
  'packages/server/test/fleet/arrivals.ci.test.ts',
  'packages/server/test/fleet/kill.ci.test.ts',
  'packages/server/test/fleet/races.ci.test.ts',
  'packages/server/test/gates/kill.ci.test.ts',
  'packages/server/test/renditions/working-copies.test.ts',
  'packages/server/test/uploads/parts-kill.ci.test.ts',
  'packages/server/test/usage/quota-kill.ci.test.ts',
];

/** CI runs a part of these: not each combination, but each of what is combined. The long tier runs them whole. */
export const IN_PART: readonly string[] = [
  'packages/cli/test/sync.test.ts',
  'packages/server/test/docs/examples.test.ts',
  'packages/server/test/backups/replacements.ci.test.ts',
  'packages/server/test/dynamodb/faults-records.ci.test.ts',
  'packages/server/test/dynamodb/faults-uploads.ci.test.ts',
  'packages/server/test/events/kill.ci.test.ts',
  'packages/server/test/gates/readers.ci.test.ts',
  'packages/server/test/replacements/kill.ci.test.ts',
  'packages/server/test/process/readiness.ci.test.ts',
  'packages/server/test/s3/faults.ci.test.ts',
  'packages/server/test/uploads/crashing-uploads.ci.test.ts',
  'packages/server/test/users/commands.ci.test.ts',
  'packages/server/test/users/kill.ci.test.ts',
  'packages/web/test/modes.ci.test.ts',
  'packages/web/test/refused-tiles.long.test.ts',
  'packages/web/test/timeline.ci.test.ts',
  'scripts/functions/zips.ci.test.ts',
  'scripts/pack.test.ts',
];

/** All topics that the row doesn't name. */
const REST = 'the rest';
type Row = Readonly<Partial<Record<Tier, readonly Topic[] | typeof REST>>>;

/** Topics about bytes that clients get: from the store, or through the service. */
const READ_FROM_S3: readonly Topic[] = ['bytes', 'renditions', 'full-size-jpeg', 'links', 'render-links'];

/** Topics that can differ where records are in DynamoDB. */
const ON_DYNAMODB: readonly Topic[] = [
  'metadata-filters', // the first: it waits for the rows, beside the others
  'albums',
  'lists',
  'cursors',
  'counts',
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

/** Topics that can differ where records and jobs are in PostgreSQL, besides those on DynamoDB. */
const ON_POSTGRES: readonly Topic[] = ['events', 'external-ids', 'facts', 'life', 'direct-uploads'];

/** Topics that can differ by who asks. */
const ON_CALLERS: readonly Topic[] = [
  'authentication',
  'own',
  'keys',
  'prefixes',
  'users',
  'upload-tokens',
  'view-tokens',
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
 * Topics that authentication leaves as they are, once a request is admitted: CI has them on the open service, by
 * default and on other stores.
 */
const AFTER_ADMISSION: readonly Topic[] = [
  'cameras',
  'canonical-uploads',
  'cursors',
  'field-limits',
  'full-size-jpeg',
  'parts',
  'post-grants',
  'refusals',
  'renditions',
  'search',
];

/** What runs of the acceptance suite, by the way in which a service runs: `WAY.test.ts`. */
export const WAYS = {
  acceptance: { change: REST },
  closed: {
    change: ['authentication', 'own', 'upload-tokens', 'view-tokens', 'links', 'visibility'],
    ci: REST,
    long: [...PIXELS, ...AFTER_ADMISSION],
  },
  // What processes remember of callers, and forget in time, is in `fleet/revocation.ci.test.ts`.
  'closed-stateless': { long: REST },
  // That functions pass on queries, bodies and credentials is in `closed-lambda`.
  lambda: { ci: ['life', 'direct-uploads', 'parts', 'bytes', 'renditions', 'replacements'], long: REST },
  'closed-lambda': { ci: WHO_MAY, long: REST },
  // Usage and quotas on DynamoDB are in DynamoDB's way.
  stateless: { ci: ['life', 'direct-uploads', 'parts', 'canonical-uploads', 'idempotency'], long: REST },
  // Its bucket and its renditions are as in `stateless`.
  'stateless-postgres': { ci: [...ON_DYNAMODB, ...ON_POSTGRES], long: REST },
  // Callers are as in `closed`; keys, uses of tokens and their revocation are records.
  'closed-stateless-postgres': { ci: ['keys', 'upload-tokens', 'view-tokens'], long: REST },
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
  // CI shares Redis in `fleet/rate-limits.ci.test.ts`, and tells limits in `rate-limits`.
  'rate-limits-stateless': { long: ['rate-limits'] },
} as const satisfies Record<string, Row>;

export type Way = keyof typeof WAYS;

/** The way that a test file is. */
const wayOf = (file: string): Way | undefined => {
  const way = /^packages\/server\/test\/acceptance\/(.+)\.test\.ts$/.exec(file)?.[1];
  return way !== undefined && Object.hasOwn(WAYS, way) ? (way as Way) : undefined;
};

/** By its name: `x.ci.test.ts`, `x.long.test.ts`; another is of the first tier. */
const ownTier = (file: string): Tier => TIERS.find((tier) => file.endsWith(`.${tier}.test.ts`)) ?? 'change';

/**
 * The tiers in which something of a file runs. The first is its own; the others have more topics, rounds or
 * combinations.
 */
export function tiersOf(file: string): readonly Tier[] {
  const way = wayOf(file);
  if (way !== undefined) return TIERS.filter((tier) => tier in WAYS[way]);
  const tier = ownTier(file);
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
