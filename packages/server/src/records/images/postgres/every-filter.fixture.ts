import type { ReadyFilter } from '../../../domain/image/image-filter.ts';
import type { ListOrder } from '../../../domain/lists/list-position.ts';
import type { FindQuery } from '../image-repository.ts';
import { readyQuery, searchQuery } from '../list-model.fixture.ts';
import { ALBUM, ALBUM_TAGS, timeAt } from './many-images.fixture.ts';

/** The default of lists. */
export const LIMIT = 50;

const USERS = [undefined, 'ada', 'eve', 'olga', 'nobody'];
const TYPES = [undefined, 'image/jpeg', 'image/webp'] as const;
const TAGS: readonly Pick<ReadyFilter, 'tags' | 'tagMode'>[] = [
  { tags: [], tagMode: 'all' },
  { tags: ['everywhere'], tagMode: 'all' },
  { tags: ['album 0'], tagMode: 'all' },
  { tags: ['absent'], tagMode: 'all' },
  { tags: ['red', 'blue'], tagMode: 'all' },
  { tags: ['everywhere', 'album 0'], tagMode: 'all' },
  { tags: ['everywhere', ...ALBUM_TAGS], tagMode: 'all' },
  { tags: ['red', 'blue'], tagMode: 'any' },
  { tags: ['red', 'absent'], tagMode: 'any' },
  { tags: ['everywhere', ...ALBUM_TAGS], tagMode: 'any' },
];
const ORDERS: readonly ListOrder[] = ['newest', 'oldest', 'taken-newest', 'taken-oldest'];

/** Pages of the `count` images of `addManyImages`, with each filter in each combination that has another plan. */
export const everyFilter = (count: number): Readonly<Record<string, readonly FindQuery[]>> => ({
  ...Object.fromEntries(ORDERS.map((order) => [order, inOrder(order, count)])),
  'of an album': ORDERS.flatMap((order) =>
    TYPES.flatMap((contentType) =>
      TAGS.map((tags) => readyQuery({ ...tags, userId: 'ada', album: ALBUM, contentType, order, limit: LIMIT })),
    ),
  ),
  'in the orders of an album': (['added', 'manual'] as const).map((order) =>
    readyQuery({ userId: 'ada', album: ALBUM, order, limit: LIMIT }),
  ),
  'with metadata': ['red', 'none', 'absent'].flatMap((value) =>
    TAGS.map((tags) => readyQuery({ ...tags, userId: 'ada', metadata: [{ name: 'order', value }], limit: LIMIT })),
  ),
  'with words': [['sea'], ['se'], ['absent'], ['sea', 'red'], ['red', 'blue'], ['sea', 'eve']].flatMap((words) =>
    TAGS.flatMap((tags) =>
      [true, false].map((searchesFacts) => searchQuery('ada', words, { ...tags, searchesFacts, limit: LIMIT })),
    ),
  ),
  'of a visibility or another state': [
    readyQuery({ visibility: 'public', limit: LIMIT }),
    ...(['pending', 'rejected'] as const).flatMap((status) =>
      [undefined, 'bob', 'dan'].map((userId): FindQuery => ({ status, userId, order: 'newest', limit: LIMIT })),
    ),
  ],
});

function inOrder(order: ListOrder, count: number): readonly FindQuery[] {
  const dates = { createdFrom: timeAt(0.25, count), createdBefore: timeAt(0.75, count) };
  const ranges = order.startsWith('taken') ? [{}] : [{}, dates];
  return USERS.flatMap((userId) =>
    TYPES.flatMap((contentType) =>
      TAGS.flatMap((tags) =>
        ranges.map((range) => readyQuery({ ...tags, ...range, userId, contentType, order, limit: LIMIT })),
      ),
    ),
  );
}
