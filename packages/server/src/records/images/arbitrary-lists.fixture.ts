import fc from 'fast-check';
import { v7 } from 'uuid';
import { FACTOR, repeatsOf } from '../../../test/repeats.ts';
import type { WallClock } from '../../domain/facts/wall-clock.ts';
import type { Json } from '../../domain/image/image.ts';
import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import type { MediaType } from '../../domain/image/media-type.ts';
import type { FindQuery } from './image-repository.ts';
import { type Listed, type ListedStatus, NOW } from './sample-images.fixture.ts';

/** Limits the time for shrinking, so that a failure is reported before the test times out. Passing runs take less. */
export const LIST_PROPERTY = {
  numRuns: repeatsOf('listModels').count,
  interruptAfterTimeLimit: 120_000 * Math.max(1, FACTOR),
} as const;

/** Few values, so that filters match, and few moments, so that some ids differ in their random part only. */
const contentTypes = fc.constantFrom('image/jpeg' as const, 'image/png' as const);
const times = fc.integer({ min: 0, max: 5 }).map((hours) => new Date(NOW.getTime() - hours * 3_600_000));

const ids: fc.Arbitrary<ImageId> = fc
  .record({ time: times, random: fc.uint8Array({ minLength: 16, maxLength: 16 }) })
  .map(({ time, random }) => {
    const id = parseImageId(v7({ msecs: time.getTime(), random }));
    if (id === undefined) throw new Error('uuid made no UUID');
    return id;
  });

/** Ordered, because a range that ends before it starts is empty. */
const dates = fc
  .tuple(times, times)
  .chain(([one, other]) =>
    fc.subarray([
      { createdFrom: one < other ? one : other },
      { createdBefore: new Date((one < other ? other : one).getTime() + 1) },
    ]),
  )
  .map((bounds): { createdFrom?: Date; createdBefore?: Date } => Object.assign({}, ...bounds));

/** Few, so that some images have the same; and the first and the last that there are. */
const CLOCKS = [
  ...['0001-01-01T00:00:00.000', '1969-12-31T23:59:59.999', '2019-05-04T10:00:00.000', '2026-11-20T12:00:00.000'],
  ...['2026-11-20T11:00:00.000', '9999-12-31T23:59:59.999'],
].map((clock) => clock as WallClock);

const clocks = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...CLOCKS) },
  fc.constantFrom<null | undefined>(null, undefined),
);

const captureDates = fc
  .tuple(fc.nat(CLOCKS.length - 1), fc.nat(CLOCKS.length - 1))
  .map(([one, other]) => ({ takenFrom: CLOCKS[Math.min(one, other)], takenBefore: CLOCKS[Math.max(one, other)] }))
  .chain(({ takenFrom, takenBefore }) => fc.subarray([{ takenFrom }, { takenBefore }]))
  .map((bounds): { takenFrom?: WallClock; takenBefore?: WallClock } => Object.assign({}, ...bounds));

/** Rarely set, because each filter excludes most images: with few filters, lists have several pages. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, arbitrary);

export interface Sample extends Listed {
  readonly id: ImageId;
  readonly status: ListedStatus;
}

/** `at` selects one of the stored images. */
export type Change =
  | { readonly kind: 'insert'; readonly sample: Sample }
  | { readonly kind: 'delete'; readonly at: number }
  | { readonly kind: 'publish'; readonly at: number }
  | { readonly kind: 'trash'; readonly at: number }
  | { readonly kind: 'restore'; readonly at: number }
  | { readonly kind: 'tag'; readonly at: number; readonly tags: readonly string[] }
  | { readonly kind: 'metadata'; readonly at: number; readonly metadata: { readonly [name: string]: Json } }
  | { readonly kind: 'filter'; readonly at: number; readonly filteredBy: readonly string[] }
  /** undefined: nobody sets a date. */
  | { readonly kind: 'take'; readonly at: number; readonly takenByHand: WallClock | null | undefined }
  /** Other bytes take the place of the picture's. */
  | {
      readonly kind: 'replace';
      readonly at: number;
      readonly contentType: MediaType;
      readonly takenByHand: WallClock | null | undefined;
    }
  | { readonly kind: 'maintain'; readonly at: number; readonly maintainAt: Date | null }
  | { readonly kind: 'crash'; readonly at: number; readonly rendition: string; readonly crashedAt: Date };

/** One is also the name of a member of every object. */
const FILTERS = ['order', '__proto__', 'sku'] as const;
/** They have no row: no text, or one that is empty, too long or not well-formed. */
const WITHOUT_ROWS = [17, true, null, ['A17'], '', 'x'.repeat(101), '\ud800'] as const;

interface Named {
  readonly userIds: fc.Arbitrary<string>;
  readonly values: readonly string[];
  readonly tagLists: fc.Arbitrary<string[]>;
}

/** Arbitrary list queries with these users and tags. */
function listsOf({ userIds, tagLists, values }: Named) {
  const members = fc.tuple(
    fc.constantFrom(...FILTERS),
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, fc.constantFrom<Json>(...WITHOUT_ROWS)),
  );
  /** By JSON, because an assignment to `__proto__` makes no member. */
  const metadata = fc
    .uniqueArray(members, { maxLength: 3, selector: ([name]) => name })
    .map((some): { readonly [name: string]: Json } =>
      JSON.parse(`{${some.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`),
    );
  /** Mostly in force, so that lists find images. */
  const filteredBy = fc.oneof({ weight: 3, arbitrary: fc.constant([...FILTERS]) }, fc.subarray([...FILTERS]));
  const samples: fc.Arbitrary<Sample> = fc.record({
    id: ids,
    status: fc.oneof(
      { weight: 4, arbitrary: fc.constant('ready' as const) },
      fc.constantFrom('pending' as const, 'trashed' as const, 'rejected' as const, 'expired' as const),
    ),
    userId: userIds,
    tags: tagLists,
    contentType: contentTypes,
    metadata,
    filteredBy,
  });

  const populations: fc.Arbitrary<Sample[]> = fc.uniqueArray(samples, {
    minLength: 5,
    maxLength: 20,
    size: 'max',
    selector: ({ id }) => id,
  });

  const changes: fc.Arbitrary<Change> = fc.oneof(
    fc.record({ kind: fc.constant('insert' as const), sample: samples }),
    fc.record({ kind: fc.constantFrom('delete' as const, 'publish' as const), at: fc.nat() }),
    fc.record({ kind: fc.constantFrom('trash' as const, 'restore' as const), at: fc.nat() }),
    fc.record({ kind: fc.constant('tag' as const), at: fc.nat(), tags: tagLists }),
    fc.record({ kind: fc.constant('metadata' as const), at: fc.nat(), metadata }),
    fc.record({ kind: fc.constant('take' as const), at: fc.nat(), takenByHand: clocks }),
    fc.record({ kind: fc.constant('filter' as const), at: fc.nat(), filteredBy }),
    fc.record({
      kind: fc.constant('replace' as const),
      at: fc.nat(),
      contentType: contentTypes,
      takenByHand: clocks,
    }),
    fc.record({ kind: fc.constant('maintain' as const), at: fc.nat(), maintainAt: fc.option(times) }),
    fc.record({
      kind: fc.constant('crash' as const),
      at: fc.nat(),
      rendition: fc.constantFrom('r1', 'r2'),
      crashedAt: times,
    }),
  );

  /** The changes after the first page, after the second, and so on. */
  const changesBetweenPages: fc.Arbitrary<Change[][]> = fc.array(fc.array(changes, { maxLength: 6 }), {
    maxLength: 8,
  });

  const position = {
    userId: seldom(userIds),
    dates: seldom(dates),
    after: seldom(ids),
    order: fc.constantFrom('newest' as const, 'oldest' as const),
    limit: fc.constantFrom(1, 2, 3, 7, 1_000),
  };

  const filters = fc.uniqueArray(fc.record({ name: fc.constantFrom(...FILTERS), value: fc.constantFrom(...values) }), {
    minLength: 1,
    maxLength: 2,
    selector: ({ name }) => name,
  });

  const queries: fc.Arbitrary<FindQuery> = fc
    .oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          ...position,
          status: fc.constant('ready' as const),
          tags: fc.oneof({ weight: 2, arbitrary: tagLists }, fc.constant([])),
          tagMode: fc.constantFrom('all' as const, 'any' as const),
          contentType: seldom(contentTypes),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          ...position,
          userId: userIds,
          status: fc.constant('ready' as const),
          tags: fc.oneof(tagLists, fc.constant([])),
          tagMode: fc.constantFrom('all' as const, 'any' as const),
          contentType: seldom(contentTypes),
          metadata: filters,
        }),
      },
      fc.record({ ...position, status: fc.constantFrom('pending' as const, 'rejected' as const) }),
      fc.record({ ...position, status: fc.constantFrom('expired' as const, 'trashed' as const), userId: userIds }),
    )
    .map(({ dates, ...query }) => ({ ...query, ...dates }));

  const captureQueries: fc.Arbitrary<FindQuery> = fc
    .record({
      userId: position.userId,
      limit: position.limit,
      order: fc.constantFrom('taken-newest' as const, 'taken-oldest' as const),
      status: fc.constant('ready' as const),
      tags: fc.oneof(tagLists, fc.constant([])),
      tagMode: fc.constantFrom('all' as const, 'any' as const),
      contentType: seldom(contentTypes),
      dates: seldom(captureDates),
    })
    .map(({ dates: bounds, ...query }) => ({ ...query, ...bounds }));

  return { populations, changesBetweenPages, queries, captureQueries };
}

export const { populations, changesBetweenPages, queries, captureQueries } = listsOf({
  userIds: fc.constantFrom('ada', 'bob'),
  tagLists: fc.subarray(['red', 'blue', 'green', 'Red']),
  values: ['A17', 'a17'],
});

/** Names that collide in the keys of a careless store, and the longest valid names. */
const HOSTILE_USERS = ['a', 'a#b', 'a#pending', 'a%23b', 'a%', '\u{1f98a}', '#'.repeat(128), '\u{1f98a}'.repeat(64)];
const HOSTILE_TAGS = [
  ...['b', 'b#b', 'b#0', '0', '#', '%', '%23', '%25', "'", '\u{1f4f7}\u{1f3fd}', 'e\u0301', '\u00e9', 'B'],
  ...['image/jpeg', 'pending', 'I', '\u{1f4f7}'.repeat(64), '#'.repeat(64), `${'%'.repeat(63)}#`, '~', '/'],
];

const HOSTILE_VALUES = ['b', 'b#b', '%23', '%', ' ', '__proto__', '\u{1f4f7}'.repeat(25), '#'.repeat(100)];

/** A list and the changes during it: with few users and tags, so that they match, and sometimes with many tags. */
export const hostileLists = fc
  .record({
    users: fc.subarray(HOSTILE_USERS, { minLength: 1, maxLength: 3 }),
    tags: fc.subarray(HOSTILE_TAGS, { minLength: 2, maxLength: 4 }),
    values: fc.subarray(HOSTILE_VALUES, { minLength: 1, maxLength: 2 }),
  })
  .chain(({ users, tags, values }) => {
    const lists = listsOf({
      userIds: fc.constantFrom(...users),
      values,
      tagLists: fc.oneof(
        { weight: 8, arbitrary: fc.subarray(tags) },
        fc.subarray(HOSTILE_TAGS, { minLength: 18, maxLength: 20 }),
      ),
    });
    return fc.record({
      population: lists.populations,
      query: lists.queries,
      captureQuery: lists.captureQueries,
      changes: lists.changesBetweenPages,
    });
  });
