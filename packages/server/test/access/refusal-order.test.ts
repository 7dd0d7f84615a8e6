import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { json } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import {
  ABSENT,
  type AskedRoute,
  askedRoutes,
  type Crossing,
  createCrossing,
  headersOf,
  requestOf,
} from './crossing.ts';
import { IMAGE_CASES } from './image-cases.ts';
import type { CallerName } from './truth-table.ts';

const CASES = new Map(IMAGE_CASES.map((image) => [image.name, image]));
const caseOf = (name: string) => CASES.get(name) ?? assert.fail(name);

/** Routes that concern the images of a user. */
const ROUTES = askedRoutes().filter(
  ({ row }) =>
    ['create', 'list', 'image', 'batch'].includes(row.kind) &&
    !(row.kind === 'image' && (row.scope === 'admin' || row.scope === 'moderate')), // users may not use these
);

/** How a request of the route names a user besides the header. */
const otherPlaceOf = ({ row, path }: AskedRoute): 'query' | 'body' =>
  row.kind === 'batch' || path === '/images/uploads' ? 'body' : 'query';

describe('a request that names users', () => {
  let crossing: Crossing;
  before(async () => {
    crossing = await createCrossing(createSharingService);
  });
  after(() => crossing[Symbol.asyncDispose]());

  const idsOf = (): string[] =>
    ["ada's ready", "bob's ready"].map((name) => crossing.gallery.shared(caseOf(name))).concat(ABSENT);

  /** Asks for ada's image, bob's and none: the answers must be equal, and come without any call. */
  async function refused(
    caller: CallerName,
    route: AskedRoute,
    { header = {}, other }: { header?: Record<string, string>; other?: string },
  ): Promise<number> {
    const statuses = new Set<number>();
    for (const id of idsOf()) {
      const init = requestOf(route.row, route.method, id);
      const inBody = other !== undefined && otherPlaceOf(route) === 'body';
      const body = inBody ? JSON.stringify({ ...JSON.parse(String(init.body)), user_id: other }) : init.body;
      const plain = crossing.pathOf(route.path, id, caller);
      const query = `${plain.includes('?') ? '&' : '?'}user_id=${other}`;
      const path = other !== undefined && !inBody ? plain + query : plain;
      const told = await crossing.ask(caller, path, {
        ...init,
        headers: { ...headersOf(init), ...header },
        body: body ?? null,
      });
      assert.deepEqual(told.calls, [], told.body);
      statuses.add(told.status);
    }
    assert.equal(statuses.size, 1);
    return [...statuses][0] ?? 0;
  }

  for (const route of ROUTES) {
    const name = `${route.method} ${route.path}`;
    it(`is a 403 if the user is foreign, and a 400 if there are two: ${name}`, async () => {
      for (const caller of ['a user', 'a service for a list'] as const)
        assert.equal(await refused(caller, route, { header: { 'X-User-Id': 'bob' } }), 403);
      for (const caller of ['a service for everyone', 'an admin', 'a user'] as const)
        assert.equal(await refused(caller, route, { header: { 'X-User-Id': 'ada', 'User-Id': 'bob' } }), 400);
    });

    const place = otherPlaceOf(route);
    if (route.path !== '/images/uploads')
      it(`is the same with the user in the ${place}: ${name}`, async () => {
        for (const caller of ['a user', 'a service for a list'] as const)
          assert.equal(await refused(caller, route, { other: 'bob' }), 403);
        for (const caller of ['a service for everyone', 'an admin', 'a user'] as const)
          assert.equal(await refused(caller, route, { header: { 'X-User-Id': 'ada' }, other: 'bob' }), 400);
      });
  }
});

describe('a batch of grants with one foreign user', () => {
  const uploads = [
    { user_id: 'ada', content_type: 'image/jpeg' },
    { user_id: 'bob', content_type: 'image/jpeg' },
    { user_id: 'ada', content_type: 'image/jpeg' },
  ];
  for (const caller of ['a user', 'a service for a list', 'a user with images:upload only'] as const)
    it(`is a 403 as a whole and grants nothing: ${caller}`, async () => {
      await using crossing = await createCrossing(createSharingService);
      const told = await crossing.ask(caller, '/images/uploads', json({ uploads }));
      assert.equal(told.status, 403, told.body);
      assert.deepEqual(told.calls, []);
    });
});

describe('a precondition', () => {
  let crossing: Crossing;
  before(async () => {
    crossing = await createCrossing(createSharingService);
  });
  after(() => crossing[Symbol.asyncDispose]());

  const idOf = (name: string): string => crossing.gallery.shared(caseOf(name));
  const ANY = { 'If-None-Match': '*' };
  const patch = (ifMatch: string): RequestInit => ({
    ...json({ description: 'changed' }, { 'If-Match': ifMatch }),
    method: 'PATCH',
  });
  const PRECONDITIONS: readonly [path: string, init: RequestInit, own: number][] = [
    ['/metadata', { headers: ANY }, 304],
    ['/original', { headers: ANY }, 304],
    ['', { headers: ANY }, 304],
    ['/renditions/thumb', { headers: ANY }, 304],
    ['/original', { headers: { 'If-Match': '"another"' } }, 412],
    ['/renditions/thumb', { headers: { 'If-Match': '"another"' } }, 412],
    ['/original', { headers: { 'If-Unmodified-Since': 'Thu, 01 Jan 2015 00:00:00 GMT' } }, 412],
    ['/original', { headers: { Range: 'bytes=999999-' } }, 416],
    ['', patch('"99"'), 412],
    ['/metadata', patch('"99"'), 412],
  ];
  for (const [path, init, own] of PRECONDITIONS)
    it(`comes after ownership: ${own} of ${init.method ?? 'GET'} /images/:id${path}`, async () => {
      const askFor = (id: string) => crossing.ask('a user', `/images/${id}${path}`, init, id);
      assert.equal((await askFor(idOf("ada's ready"))).status, own);
      const absent = await askFor(ABSENT);
      assert.equal(absent.status, 404);
      for (const state of ['ready', 'pending', 'rejected', 'trashed', 'deleted'])
        assert.deepEqual(await askFor(idOf(`bob's ${state}`)), absent, state);
    });
});
