import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hrefOf, type Route, routeOf } from './routes.ts';

const ID = '019a0000-0000-7000-8000-000000000000';

it('reads an address as it was written, and shows the photos at any other', () => {
  const routes: readonly (readonly [string, Route])[] = [
    ['/', { view: 'photos', image: undefined, user: undefined }],
    [`/?image=${ID}`, { view: 'photos', image: ID, user: undefined }],
    ['/?view=trash', { view: 'trash', image: undefined, user: undefined }],
    [`/?view=trash&image=${ID}`, { view: 'trash', image: ID, user: undefined }],
    ['/?user=ada+lovelace', { view: 'photos', image: undefined, user: 'ada lovelace' }],
    [`/?view=trash&image=${ID}&user=ada`, { view: 'trash', image: ID, user: 'ada' }],
  ];
  const read = (href: string) => routeOf(new URL(href, 'http://localhost').searchParams);
  for (const [href, route] of routes) assert.deepEqual([hrefOf(route), read(href)], [href, route]);
  for (const href of ['/?view=nothing', '/?view=toString', '/?image=../keys', '/?view=photos', '/?user='])
    assert.deepEqual(read(href), { view: 'photos', image: undefined, user: undefined });
});
