import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ABSENT,
  ALL_ROUTES,
  type AskedRoute,
  askedRoutes,
  type CreateService,
  type Crossing,
  createCrossing,
  headersOf,
  MALFORMED,
  ROWS,
  statusIn,
  type Told,
} from './crossing.ts';
import { IMAGE_CASES, type ImageCase } from './image-cases.ts';
import {
  type AlbumRow,
  CALLERS,
  type Caller,
  type CallerName,
  type GuestRow,
  type ImageRow,
  isByGuest,
  type Row,
  type Statuses,
  type Viewers,
} from './truth-table.ts';

/** Every route for every caller and every image. */
export function describeCrossProduct(name: string, skip: string | false, create: CreateService): void {
  describe(`the cross product of routes, callers and images ${name}`, { skip }, () => {
    let crossing: Crossing;
    before(async () => {
      crossing = await createCrossing(create);
    });
    after(() => crossing[Symbol.asyncDispose]());

    it('has a row for each route, and none besides', () => {
      const routes = ALL_ROUTES.map(({ method, path }) => `${method} ${path}`);
      assert.deepEqual(Object.keys(ROWS).toSorted(), routes.toSorted());
    });

    for (const route of askedRoutes())
      for (const caller of CALLERS) {
        const { row } = route;
        it(`${route.method} ${route.path} by ${caller.name}`, async () => {
          switch (row.kind) {
            case 'public':
              return assert.equal((await crossing.askFor(caller.name, route, '')).status, row.status);
            case 'caller':
              return asCaller(caller, route);
            case 'administer':
              return asAdmin(caller, route, row);
            case 'create':
            case 'list':
              return forEachUser(caller, route, row);
            case 'album':
              return forEachAlbum(caller, route, row);
            case 'guest':
              return asGuest(caller, route, row);
            case 'signed':
              return withSignature(caller, route, row);
            case 'image':
            case 'batch':
              return forEachImage(caller, route, row);
          }
        });
      }

    async function asCaller(caller: Caller & { name: CallerName }, route: AskedRoute): Promise<void> {
      const told = await crossing.askFor(caller.name, route, '');
      assert.equal(told.status, caller.scopes === null ? 401 : 200, told.body);
      assert.deepEqual(told.calls, []);
      if (told.status !== 200 || route.method === 'HEAD') return;
      const { user_id: user, users, user_prefixes: prefixes } = JSON.parse(told.body) as CallerJson;
      assert.equal(user, caller.self);
      const everyone = ['a service for everyone', 'an admin'].some((name) => caller.name.startsWith(name));
      assert.deepEqual(users, everyone ? null : caller.prefixes ? [] : caller.users);
      assert.deepEqual(prefixes, caller.prefixes);
    }

    async function asAdmin(
      caller: Caller & { name: CallerName },
      route: AskedRoute,
      row: Extract<Row, { kind: 'administer' }>,
    ): Promise<void> {
      const { key } = await crossing.keyOf({ owner: 'ada', scopes: ['images:read'] });
      const path = route.path
        .replace(':key_id', key.id)
        .replace(':webhook_id', await crossing.webhook())
        .replace(':user_id', 'ada');
      const told = await crossing.askFor(caller.name, { ...route, path }, '');
      assert.equal(told.status, refusalFor(caller, row.scope ?? 'admin') ?? row.status, told.body);
    }

    async function forEachUser(
      caller: Caller & { name: CallerName },
      route: AskedRoute,
      row: Extract<Row, { kind: 'create' | 'list' }>,
    ): Promise<void> {
      const isList = row.kind === 'list';
      for (const named of caller.names === undefined ? ([null, 'ada', 'bob'] as const) : [null]) {
        const request = isList ? {} : row.request();
        const headers = { ...headersOf(request), ...(named !== null && { 'x-user-id': named }) };
        const told = await crossing.ask(caller.name, crossing.pathOf(route.path, ABSENT, caller.name), {
          ...request,
          method: route.method,
          headers,
        });
        const user = named ?? caller.self;
        const isClosed = !isList && row.isClosedToTokens === true && caller.isToken === true;
        const needed = isList ? 'read' : (row.scope ?? 'upload');
        const refusal = isClosed ? 403 : refusalFor(caller, needed, row);
        const isOnDynamodb = name.includes('DynamoDB');
        const isOfOneUser = isList && (row.isOfOneUser || (row.isOfOneUserInDynamodb && isOnDynamodb));
        const mayBeOfAll = isList ? !isOfOneUser : row.isForAnyone === true;
        const ok = row.isSearched && isOnDynamodb ? 400 : isList ? 200 : row.status;
        const expected = refusal ?? statusFor(caller, user, mayBeOfAll) ?? ok;
        const isBatch = !isList && row.isBatch === true && refusal === undefined && expected !== 403;
        assert.equal(statusIn(told, isBatch), expected, `named ${named}: ${told.body}`);
        if (expected === 401 || expected === 403) assert.deepEqual(told.calls, []);
        if (!isList || expected !== 200 || route.method !== 'GET') continue;
        if (route.path === '/images/months') {
          const { body } = await crossing.ask(caller.name, '/images?limit=1000', { headers });
          assert.equal(countedIn(told.body), JSON.parse(body).count);
        } else if (route.path === '/tags') {
          for (const { tag, images } of tagsIn(told.body)) {
            const { body } = await crossing.ask(caller.name, `/images?limit=1000&tag=${tag}`, { headers });
            assert.equal(images, JSON.parse(body).count);
          }
        } else assertOwners(told.body, user, caller);
      }
    }

    async function forEachAlbum(
      caller: Caller & { name: CallerName },
      route: AskedRoute,
      row: AlbumRow,
    ): Promise<void> {
      const askFor = (albumId: string, id = ABSENT) => {
        const path = crossing.pathOf(route.path, id, caller.name, albumId);
        return crossing.ask(caller.name, path, { ...row.request?.(), method: route.method }, albumId);
      };
      const absent = await askFor(ABSENT);
      const isLacking = caller.isService === true && row.scope === 'write';
      const refusal = refusalFor(caller, row.scope, row) ?? (isLacking && !caller.names ? 400 : undefined);
      assert.equal(absent.status, refusal ?? 404, absent.body);
      if (refusal !== undefined) assert.deepEqual(absent.calls, [], 'refused before any look-up');
      for (const owner of ['ada', 'bob'] as const) {
        const told = await askFor(await crossing.album(owner));
        const isSeen = refusal === undefined && caller.users.includes(owner);
        if (isSeen) assert.equal(told.status, row.status, `${owner}: ${told.body}`);
        else assert.deepEqual(told, absent, owner); // the calls too
      }
      if (row.ofGuests && refusal === undefined) await forEachContribution(askFor, row.ofGuests, row);
    }

    /** What guests added is there at the album whose link they used, whatever else is in it. */
    async function forEachContribution(
      askFor: (albumId: string, id: string) => Promise<Told>,
      own: Statuses,
      { changesImage }: AlbumRow,
    ): Promise<void> {
      const { full, empty } = crossing.guestAlbums;
      for (const image of IMAGE_CASES) {
        const isOwn = isByGuest(image.by);
        const isChanged = changesImage && isOwn && own[image.state] === 200;
        const id = isChanged ? await crossing.gallery.fresh(image) : crossing.gallery.shared(image);
        assert.equal((await askFor(empty, id)).status, 404, `at another album: ${image.name}`);
        const told = await askFor(full, id);
        assert.equal(told.status, isOwn ? own[image.state] : 404, `${image.name}: ${told.body}`);
      }
    }

    async function asGuest(caller: Caller & { name: CallerName }, route: AskedRoute, row: GuestRow): Promise<void> {
      const isGuest = caller.name === 'a guest of an album';
      const askFor = (albumId: string, id = ABSENT) => {
        const path = crossing.pathOf(route.path, id, caller.name, albumId);
        return crossing.ask(caller.name, path, { ...row.request?.(), method: route.method }, id);
      };
      const { full, empty } = crossing.guestAlbums;
      const absent = await askFor(ABSENT);
      assert.equal(absent.status, isGuest ? 404 : 403, absent.body);
      assert.equal((await askFor(MALFORMED)).status, 404);
      if (!isGuest) {
        assert.deepEqual(absent.calls, [], 'refused before any look-up');
        assert.deepEqual(await askFor(full), absent);
      } else if (row.uploads) {
        return forEachUpload(askFor, row.uploads, row);
      } else if (!row.isOfPicture) {
        assert.equal((await askFor(full)).status, row.status);
      } else
        for (const image of IMAGE_CASES) {
          const id = crossing.gallery.shared(image);
          const isShown = image.owner === 'ada' && image.state === 'ready';
          assert.equal((await askFor(full, id)).status, isShown ? row.status : 404, `in the album: ${image.name}`);
          assert.equal((await askFor(empty, id)).status, 404, `in no album: ${image.name}`);
        }
    }

    /** The guest gets its own uploads alone, by the link that it made them by, whether or not they are in the album. */
    async function forEachUpload(
      askFor: (albumId: string, id?: string) => Promise<Told>,
      own: Statuses,
      { changesImage }: GuestRow,
    ): Promise<void> {
      const { full, empty } = crossing.guestAlbums;
      const none = await askFor(full);
      assert.equal(none.status, 404, none.body);
      for (const image of IMAGE_CASES) {
        const isOwn = image.by === 'guest';
        const isChanged = changesImage && isOwn && own[image.state] === 200;
        const id = isChanged ? await crossing.gallery.fresh(image) : crossing.gallery.shared(image);
        assert.equal((await askFor(empty, id)).status, 404, `by another link: ${image.name}`);
        const told = await askFor(full, id);
        assert.equal(told.status, isOwn ? own[image.state] : 404, `${image.name}: ${told.body}`);
        if (!isOwn) assert.deepEqual({ ...told, calls: [] }, { ...none, calls: [] }, image.name);
      }
    }

    async function withSignature(
      caller: Caller & { name: CallerName },
      route: AskedRoute,
      row: Extract<Row, { kind: 'signed' }>,
    ): Promise<void> {
      const isHolder = caller.name === row.holder;
      const expected = isHolder ? row.own : row.others;
      const absent = await crossing.askFor(caller.name, route, ABSENT);
      assert.equal(absent.status, isHolder ? 404 : row.others.absent);
      for (const image of IMAGE_CASES) {
        const told = await crossing.askFor(caller.name, route, crossing.gallery.shared(image));
        assert.equal(told.status, expected[image.state], `${image.name}: ${told.body}`);
        if (told.status === absent.status) assert.deepEqual(told, absent, image.name); // the calls too
      }
      if (absent.status === 403) assert.deepEqual(absent.calls, [], 'refused before any look-up');
      assert.equal((await crossing.askFor(caller.name, route, MALFORMED)).status, 404);
    }

    /**
     * A preset for a caller without a credential: by signature, or because the image is public and ready. The look-up
     * comes first.
     */
    async function withoutCredential(
      caller: Caller & { name: CallerName },
      route: AskedRoute,
      { signed, isClosedToAll }: NonNullable<ImageRow['shared']>,
    ): Promise<void> {
      const refusal = caller.name === 'nobody' ? 401 : 403;
      const absent = await crossing.askFor(caller.name, route, ABSENT);
      assert.equal(absent.status, refusal, absent.body);
      assert.equal(absent.cacheControl, 'no-store');
      const malformed = await crossing.askFor(caller.name, route, MALFORMED);
      // The words differ: no URL was ever signed for such an id.
      const codeOf = ({ body }: { readonly body: string }) => (JSON.parse(body || '{}') as { code?: string }).code;
      assert.deepEqual(
        { ...malformed, calls: [], body: codeOf(malformed) },
        { ...absent, calls: [], body: codeOf(absent) },
      );
      for (const image of IMAGE_CASES) {
        const told = await crossing.askFor(caller.name, route, crossing.gallery.shared(image));
        const isPublic = image.visibility === 'public' && image.state === 'ready';
        const isOpen = isPublic && !isClosedToAll && caller.name === 'nobody';
        if (isOpen) assert.equal(told.status, 200, `${image.name}: ${told.body}`);
        else if (caller.name === 'a holder of a signed preset URL')
          assert.equal(told.status, signed[image.state], `${image.name}: ${told.body}`);
        else assert.deepEqual(told, absent, image.name); // the calls too
      }
    }

    async function forEachImage(
      caller: Caller & { name: CallerName },
      route: AskedRoute,
      row: Extract<Row, { kind: 'image' | 'batch' }>,
    ): Promise<void> {
      if (row.shared && WITHOUT_CREDENTIAL.includes(caller.name)) return withoutCredential(caller, route, row.shared);
      const isBatch = row.kind === 'batch';
      const absent = await crossing.askFor(caller.name, route, ABSENT);
      const refusal = refusalFor(caller, row.scope, row) ?? (lacksUser(caller, row) ? 400 : undefined);
      assert.equal(statusIn(absent, isBatch && refusal === undefined), refusal ?? 404, absent.body);
      if (refusal !== undefined) assert.deepEqual(absent.calls, [], 'refused before any look-up');

      const malformed = await crossing.askFor(caller.name, route, MALFORMED);
      assert.deepEqual({ ...malformed, calls: [] }, { ...absent, calls: [] });
      assert.deepEqual(malformed.calls, []);

      for (const image of IMAGE_CASES) {
        const own = (isByGuest(image.by) && row.ofGuests) || row.own;
        const isDone = refusal === undefined && maySee(caller, image, row) && own[image.state] < 400;
        const isChanged = row.changesImage && isDone;
        const id = isChanged ? await crossing.gallery.fresh(image) : crossing.gallery.shared(image);
        const told = await crossing.askFor(caller.name, route, id);
        if (refusal !== undefined || !maySee(caller, image, row)) {
          assert.deepEqual(told, absent, image.name); // the calls too
          continue;
        }
        const expected = own[image.state];
        assert.equal(statusIn(told, isBatch), expected, `${image.name}: ${told.body}`);
        if (expected === 404 && !row.withoutLink?.includes(image.state))
          assert.deepEqual({ ...told, calls: [] }, { ...absent, calls: [] }, image.name);
      }
    }
  });
}

const WITHOUT_CREDENTIAL: readonly CallerName[] = [
  'nobody',
  'a holder of a signed URL',
  'a holder of a signed preset URL',
  'a guest of an album',
  'a holder of a link',
];

/** Undefined: the credential permits it. */
function refusalFor(
  { scopes, views, replaces }: Caller,
  needed: 'read' | 'upload' | 'write' | 'moderate' | 'admin' | 'erase',
  {
    isOpenToUploader,
    isOpenToReplacer,
    viewers,
  }: Pick<ImageRow, 'isOpenToUploader' | 'isOpenToReplacer' | 'viewers'> = {},
): number | undefined {
  if (scopes === null) return 401;
  if (views) return viewers !== undefined && suffices(views, viewers) ? undefined : 403;
  if (scopes.includes(needed) || (isOpenToReplacer && replaces)) return undefined;
  return isOpenToUploader && scopes.includes('upload') ? undefined : 403;
}

function suffices({ tags, originals, upload }: NonNullable<Caller['views']>, viewers: Viewers): boolean {
  return { each: true, untagged: tags.length === 0, 'with originals': originals, 'with upload': upload }[viewers];
}

/** A user who is missing in a change may be missing by mistake. */
const lacksUser = ({ isService }: Caller, { scope, isOpenToUploader }: ImageRow): boolean =>
  isService === true && scope === 'write' && isOpenToUploader !== true;

/** What a request gets that acts for that user, and concerns no image. Undefined: it succeeds. */
function statusFor(caller: Caller, user: string | null, mayBeOfAll: boolean): number | undefined {
  if (user !== null) return caller.users.includes(user) ? undefined : 403;
  return mayBeOfAll && caller.isForEveryone ? undefined : 400;
}

function maySee(caller: Caller, image: ImageCase, row: ImageRow): boolean {
  const { scope, viewers, isOpenToUploader } = row;
  if (!caller.users.includes(image.owner)) return false;
  const { views, replaces } = caller;
  if (row.isOpenToReplacer && replaces) return replaces === 'it';
  if (!views) return caller.scopes?.includes(scope) === true || caller.uploads?.includes(image.by) === true;
  const isOwn = isOpenToUploader && views.upload && image.by === 'view token';
  if (isOwn && image.state === 'rejected') return true; // it has no tags any more
  if (!views.tags.every((tag) => image.tags.includes(tag))) return false;
  if (isOwn) return true;
  return image.state === 'ready' && viewers !== 'with upload';
}

interface CallerJson {
  readonly user_id: string | null;
  readonly users: readonly string[] | null;
  readonly user_prefixes?: readonly string[];
}

interface Owned {
  readonly user_id: string;
  readonly status?: string;
  readonly tags?: readonly string[];
  readonly type?: string;
}

/** The images of all months. */
const countedIn = (body: string): number =>
  (JSON.parse(body) as { months: { images: number }[] }).months.reduce((sum, { images }) => sum + images, 0);

const tagsIn = (body: string) => (JSON.parse(body) as { tags: { tag: string; images: number }[] }).tags;

function assertOwners(body: string, user: string | null, { views }: Caller): void {
  const told = JSON.parse(body) as { images?: Owned[] | number; events?: Owned[]; albums?: Owned[]; user_id: string };
  const owned = [told.images, told.events, told.albums].find(Array.isArray) ?? [told];
  const owners = [...new Set(owned.map(({ user_id }) => user_id))].toSorted();
  assert.deepEqual(owners, user === null ? ['ada', 'bob'] : [user]);
  for (const { status, tags, type } of views ? owned : []) {
    if (type === undefined) assert.equal(status, 'ready');
    else assert.match(type, /^image\.(?:ready|updated|trashed|restored|replaced|deleted)$/);
    if (tags) assert.ok(views?.tags.every((tag) => tags.includes(tag)));
  }
}
