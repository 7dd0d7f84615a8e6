import fc from 'fast-check';
import { v7 } from 'uuid';
import { type ImageId, parseImageId } from '../domain/image-id.ts';
import type { FindQuery } from './image-repository.ts';
import { type Listed, type ListedStatus, NOW } from './sample-images.fixture.ts';

/** A failure is shrunk no longer than this, so that it is told before the test's own time is up. */
export const LIST_PROPERTY = { numRuns: 100, interruptAfterTimeLimit: 20_000 } as const;

/** Few of everything, so that filters meet, and few moments, so that ids differ in their random part alone. */
const userIds = fc.constantFrom('ada', 'bob');
const tagLists = fc.subarray(['red', 'blue', 'green', 'Red']);
const contentTypes = fc.constantFrom('image/jpeg' as const, 'image/png' as const);
const times = fc.integer({ min: 0, max: 5 }).map((hours) => new Date(NOW.getTime() - hours * 3_600_000));

const ids: fc.Arbitrary<ImageId> = fc
  .record({ time: times, random: fc.uint8Array({ minLength: 16, maxLength: 16 }) })
  .map(({ time, random }) => {
    const id = parseImageId(v7({ msecs: time.getTime(), random }));
    if (id === undefined) throw new Error('uuid made no UUID');
    return id;
  });

export interface Sample extends Listed {
  readonly id: ImageId;
  readonly status: ListedStatus;
}

const samples: fc.Arbitrary<Sample> = fc.record({
  id: ids,
  status: fc.oneof(
    { weight: 4, arbitrary: fc.constant('ready' as const) },
    fc.constantFrom('pending' as const, 'rejected' as const, 'expired' as const),
  ),
  userId: userIds,
  tags: tagLists,
  contentType: contentTypes,
});

export const populations: fc.Arbitrary<Sample[]> = fc.uniqueArray(samples, {
  minLength: 5,
  maxLength: 40,
  selector: ({ id }) => id,
});

/** `at` picks among the images there are. */
export type Change =
  | { readonly kind: 'insert'; readonly sample: Sample }
  | { readonly kind: 'delete'; readonly at: number }
  | { readonly kind: 'publish'; readonly at: number }
  | { readonly kind: 'tag'; readonly at: number; readonly tags: readonly string[] };

const changes: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), sample: samples }),
  fc.record({ kind: fc.constantFrom('delete' as const, 'publish' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('tag' as const), at: fc.nat(), tags: tagLists }),
);

/** What happens after the first page, after the second ... */
export const changesBetweenPages: fc.Arbitrary<Change[][]> = fc.array(fc.array(changes, { maxLength: 6 }), {
  maxLength: 8,
});

const position = {
  userId: userIds,
  createdFrom: times,
  createdBefore: times,
  after: ids,
  order: fc.constantFrom('newest' as const, 'oldest' as const),
  limit: fc.constantFrom(1, 2, 3, 7, 1_000),
};

export const queries: fc.Arbitrary<FindQuery> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(
      {
        ...position,
        status: fc.constant('ready' as const),
        tags: tagLists,
        tagMode: fc.constantFrom('all' as const, 'any' as const),
        contentType: contentTypes,
      },
      { requiredKeys: ['status', 'tags', 'tagMode', 'order', 'limit'] },
    ),
  },
  fc.record(
    { ...position, status: fc.constantFrom('pending' as const, 'rejected' as const, 'expired' as const) },
    { requiredKeys: ['status', 'order', 'limit'] },
  ),
);
