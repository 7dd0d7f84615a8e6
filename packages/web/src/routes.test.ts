import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ALL } from './library/library-query.ts';
import { hrefOf, type Route, routeOf } from './routes.ts';

const ID = '019a0000-0000-7000-8000-000000000000';
const PHOTOS: Route = { view: 'photos', image: undefined, user: undefined, query: ALL };
const TRASH: Route = { view: 'trash', image: undefined, user: undefined };
const ALBUMS: Route = { view: 'albums', image: undefined, user: undefined, album: undefined };
const read = (href: string): Route => routeOf(new URL(href, 'http://localhost').searchParams);

it('reads an address as it was written, and shows the photos at any other', () => {
  const filtered = { words: 'red boat', tags: ['a&b=c', 'sea'], type: 'image/heic', month: '2024-07' };
  const routes: readonly (readonly [string, Route])[] = [
    ['/', PHOTOS],
    [`/?image=${ID}`, { ...PHOTOS, image: ID }],
    ['/?view=trash', TRASH],
    [`/?view=trash&image=${ID}`, { ...TRASH, image: ID }],
    ['/?view=albums', ALBUMS],
    [`/?view=albums&album=${ID}&image=${ID}&user=ada`, { ...ALBUMS, album: ID, image: ID, user: 'ada' }],
    ['/?user=ada+lovelace', { ...PHOTOS, user: 'ada lovelace' }],
    [`/?view=trash&image=${ID}&user=ada`, { ...TRASH, image: ID, user: 'ada' }],
    [
      '/?user=ada&tag=a%26b%3Dc&tag=sea&q=red+boat&type=heic&month=2024-07&visibility=public',
      { ...PHOTOS, user: 'ada', query: { ...filtered, visibility: 'public' } },
    ],
  ];
  for (const [href, route] of routes) assert.deepEqual([hrefOf(route), read(href)], [href, route]);
  for (const href of ['/?view=nothing', '/?view=toString', '/?image=../keys', '/?view=photos', '/?user='])
    assert.deepEqual(read(href), PHOTOS);
  assert.deepEqual(read('/?view=albums&album=../keys'), ALBUMS);
});

it('ignores filters that no service has', () => {
  const long = 'x'.repeat(101);
  for (const address of [
    'q=',
    'q=%2B%20-',
    `q=${long}`,
    'tag=%20',
    'tag=a%00b',
    `tag=${long}`,
    'type=../a',
    'type=',
    'month=2024-13',
    'month=0000-01',
    'month=2024',
    'visibility=secret',
  ])
    assert.deepEqual(read(`/?${address}`), PHOTOS, address);
  const many = Array.from({ length: 25 }, (_, number) => `tag=${number}&tag=${number}`).join('&');
  const { query } = read(`/?${many}`) as Extract<Route, { view: 'photos' }>;
  assert.deepEqual(
    query.tags,
    Array.from({ length: 20 }, (_, number) => String(number)),
  );
});
