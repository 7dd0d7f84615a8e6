import assert from 'node:assert/strict';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { KeyTerms } from '../../src/domain/access/api-key.ts';
import { withAlbumLinks } from '../../src/domain/album/album.ts';
import type { AlbumId } from '../../src/domain/album/album-id.ts';
import { NO_CONTRIBUTIONS } from '../../src/domain/album/album-link.ts';
import type { AlbumMember } from '../../src/domain/album/album-member.ts';
import { placeOfAddition } from '../../src/domain/album/album-place.ts';
import { withMember } from '../../src/domain/album/membership.ts';
import { type ImageId, parseImageId } from '../../src/domain/image/image-id.ts';
import type { LinkId } from '../../src/domain/image/share-link.ts';
import { parseTransform } from '../../src/domain/rendition/transform-parameters.ts';
import { pageRoutes, ROUTES } from '../../src/http/app.ts';
import type { Observer } from '../../src/observe/observer/observer.ts';
import { createKey } from '../../src/operations/keys/create-key.ts';
import { moveEvents } from '../../src/operations/upkeep/move-events.ts';
import { createWebhook } from '../../src/operations/webhooks/create-webhook.ts';
import { json, type TestService } from '../services/service.ts';
import { createGallery, type Gallery, IMAGE_CASES, LINK } from './image-cases.ts';
import { CALLERS, type Caller, type CallerName, ROWS_WITH_QUERY, type Row, rowsWith } from './truth-table.ts';

export type CreateService = (options: {
  environment: Record<string, string>;
  observe: Observer;
}) => Promise<Pick<TestService, 'services' | 'request' | typeof Symbol.asyncDispose>>;

/** An answer without what differs from request to request, and the calls to repository and store before it. */
export interface Told {
  readonly status: number;
  readonly cacheControl: string | null;
  /** Names. */
  readonly headers: readonly string[];
  readonly body: string;
  readonly calls: readonly string[];
}

export interface AskedRoute {
  readonly method: string;
  readonly path: string;
  readonly row: Row;
}

const HOUR_MS = 3_600_000;
/** The id of the link of an album to which guests added nothing. */
const OTHER_LINK = 'B'.repeat(22) as LinkId;
/** That of the link of each album. */
const REVISION = 'AAAAAAAA';
const GUEST_RIGHTS = ['view', 'download', 'contribute'] as const;

interface PathIds {
  readonly id: string;
  readonly albumId: string;
}

const TERMS: KeyTerms = { name: 'test', owner: null, actsAs: null, scopes: [], expiresAt: null };
const EVERY: KeyTerms['scopes'] = ['images:read', 'images:write'];
export const ABSENT = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';
export const MALFORMED = 'no-image-id';
const NOWHERE = '01a1f82b-80d8-703c-9c86-1b8ba42038d2' as ImageId;

const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 16, height: 12 }));
export const ALL_ROUTES = [...ROUTES, ...pageRoutes({ auth: [] })];
export const ROWS = rowsWith(picture);

/** The route table and the rows with a query, and a HEAD for every GET. */
export const askedRoutes = (): AskedRoute[] =>
  [...ALL_ROUTES.map(({ method, path }) => `${method} ${path}`), ...Object.keys(ROWS_WITH_QUERY)].flatMap((route) => {
    const [method = '', path = ''] = route.split(' ');
    const row = ROWS[route] ?? ROWS_WITH_QUERY[route];
    if (row === undefined) return []; // it fails the test of the rows
    return (method === 'GET' ? ['GET', 'HEAD'] : [method]).map((asked) => ({ method: asked, path, row }));
  });

/** A closed service with a credential for each caller, and an image of each case. */
export interface Crossing extends AsyncDisposable {
  readonly gallery: Gallery;
  /** `id` is left out of the body, so that the answers for two images compare. */
  ask(caller: CallerName, path: string, init: RequestInit, id?: string): Promise<Told>;
  /** The request for an image, as the route's row makes it. */
  askFor(caller: CallerName, route: AskedRoute, id: string): Promise<Told>;
  /** `albumId`: default `id`. */
  pathOf(path: string, id: string, caller: CallerName, albumId?: string): string;
  keyOf(terms: Partial<KeyTerms>): ReturnType<typeof createKey>;
  /** The id of a new album of that user, which has a link. */
  album(owner: 'ada' | 'bob'): Promise<string>;
  /**
   * The ids of two albums of ada: one with each of her images that isn't deleted, to which guests added theirs, and one
   * without images, which has another link.
   */
  readonly guestAlbums: { readonly full: string; readonly empty: string };
  /** The id of a webhook. */
  webhook(): Promise<string>;
}

/** Its key, and who is blocked, are read at most once in five seconds, whatever it asks for. */
const OF_THE_CALLER = new Set(['getKey', 'recordKeyUse', 'blocks', 'revocationsOf']);

const REPLACERS = new Map<CallerName, 'it' | 'another'>(
  CALLERS.flatMap((one) => ('replaces' in one ? [[one.name, one.replaces]] : [])),
);

const NAMED = new Map<CallerName, string>(CALLERS.flatMap((one) => ('names' in one ? [[one.name, one.names]] : [])));

export async function createCrossing(create: CreateService): Promise<Crossing> {
  const calls: string[] = [];
  const observe: Observer = (event) => {
    if (event.event === 'store-call' && !OF_THE_CALLER.has(event.call)) calls.push(`${event.part} ${event.call}`);
  };
  await using stack = new AsyncDisposableStack();
  const service = stack.use(
    await create({ environment: { AUTH: 'api-key', RATE_LIMITS: 'off', USAGE: 'on', EVENTS: 'on' }, observe }),
  );
  const keyOf = (terms: Partial<KeyTerms>) => createKey(service.services, { ...TERMS, ...terms });
  const [ada, bob] = [await keyOf({ owner: 'ada', scopes: EVERY }), await keyOf({ owner: 'bob', scopes: EVERY })];
  const uploadKey = (await keyOf({ owner: 'ada', scopes: ['images:upload'] })).text;
  const minted = await service.request('/upload-tokens', json({}, { Authorization: `Bearer ${uploadKey}` }));
  const { token } = (await minted.json()) as { token: string };
  /** As if ada's key for uploads had minted it, which lacks `images:read`. */
  const viewOf = (name: CallerName, { tags, originals, upload }: NonNullable<Caller['views']>): string => {
    const { uploadTokens, viewTokens, clock } = service.services;
    const uploader = uploadTokens.tokenIn(token) ?? assert.fail();
    const { userId, mintedBy, expiresAt } = uploader;
    const id = `v${CALLERS.findIndex((one) => one.name === name)}`.padEnd(23, '0');
    const mint = { id, userId, mintedBy, expiresAt };
    const fixed = { ...uploader.fixed, ...(tags.length > 0 && { tags }) };
    return viewTokens.textOf({
      ...mint,
      issuedAt: clock.now(),
      onlyTags: tags,
      showsOriginals: originals,
      showsMetadata: false,
      upload: upload ? { ...uploader, ...mint, fixed } : null,
    });
  };
  const views = new Map<CallerName, string>(
    CALLERS.flatMap((one) => ('views' in one ? [[one.name, viewOf(one.name, one.views)]] : [])),
  );
  const everyone = (await keyOf({ actsAs: 'everyone', scopes: EVERY })).text;
  const admin = (await keyOf({ scopes: ['images:admin'] })).text;
  const viewText = (name: CallerName): string => views.get(name) ?? assert.fail(name);
  const credentials: Record<CallerName, string | null> = {
    'a viewer': viewText('a viewer'),
    'a viewer of tags': viewText('a viewer of tags'),
    'a viewer with everything': viewText('a viewer with everything'),
    'a viewer with everything of tags': viewText('a viewer with everything of tags'),
    nobody: null,
    'a holder of a signed URL': null,
    'a holder of a signed preset URL': null,
    'a holder of a link': null,
    'a guest of an album': null,
    'a holder of an invalid credential': `${ada.text.slice(0, -6)}000000`,
    'a user': ada.text,
    'a user with images:upload only': uploadKey,
    'an uploader': token,
    'an uploader that replaces the image': token,
    'an uploader that replaces another image': token,
    'a user with images:read only': (await keyOf({ owner: 'ada', scopes: ['images:read'] })).text,
    'a service for everyone': everyone,
    'a service for everyone that names ada': everyone,
    'a service for everyone with images:moderate only': (
      await keyOf({ actsAs: 'everyone', scopes: ['images:moderate'] })
    ).text,
    'a service for a list': (await keyOf({ actsAs: ['ada'], scopes: EVERY })).text,
    // Its owner is no user that it acts for.
    'a service by prefix': (await keyOf({ owner: 'bob', actsAs: { prefixes: ['ad', 'ado'] }, scopes: EVERY })).text,
    'a service for a list with users:erase only': (await keyOf({ actsAs: ['ada'], scopes: ['users:erase'] })).text,
    'an admin': admin,
    'an admin that names ada': admin,
  };
  const newAlbum = async (owner: 'ada' | 'bob', linkId: LinkId): Promise<string> => {
    const headers = { Authorization: `Bearer ${{ ada, bob }[owner].text}` };
    const made = await service.request('/albums', json({ title: 'Lisbon' }, headers));
    const { album_id: id } = (await made.json()) as { album_id: string };
    const { albums, clock } = service.services;
    const now = clock.now();
    const record = (await albums.get(id as AlbumId)) ?? assert.fail(id);
    const expiresAt = new Date(now.getTime() + HOUR_MS);
    const terms = { ...NO_CONTRIBUTIONS, allow: GUEST_RIGHTS, originals: false, card: false, password: null };
    const link = { ...terms, id: linkId, revision: REVISION, createdAt: now, expiresAt };
    assert.ok(await albums.replace(record, withAlbumLinks(record, [link], now)));
    return id;
  };
  const album: Crossing['album'] = (owner) => newAlbum(owner, LINK);
  const guestAlbums = { full: await album('ada'), empty: await newAlbum('ada', OTHER_LINK) };
  const linkOf = (albumId: string): LinkId => (albumId === guestAlbums.empty ? OTHER_LINK : LINK);
  const memberNow = (id: string): AlbumMember => ({
    albumId: guestAlbums.full as AlbumId,
    added: placeOfAddition(service.services.clock.now(), 0, id),
    moved: null,
  });
  const gallery = await createGallery(service, picture, {
    member: memberNow(service.services.newId()),
    credentials: {
      ada: ada.text,
      bob: bob.text,
      key: uploadKey,
      token,
      'view token': viewText('a viewer with everything'),
    },
  });
  await moveEvents(service.services, { holder: 'crossing', signal: new AbortController().signal });

  /** What the caller has in its hands for an image. The epoch of every image here is 0. */
  const signatureOf = (caller: CallerName, path: string, { id, albumId }: PathIds): string => {
    const { renderLinks, presetUrls, shareLinks, albumLinks, albumPictures, clock } = service.services;
    const image = { id: id as ImageId, epoch: 0 };
    const createdAt = clock.now();
    const expiresAt = new Date(createdAt.getTime() + HOUR_MS);
    if (caller === 'a holder of a signed URL') {
      const url = renderLinks.make(image, parseTransform([], String), null);
      return url.slice(url.indexOf('?'));
    }
    if (caller === 'a holder of a signed preset URL') return `?${presetUrls.queryFor(image, expiresAt)}`;
    if (caller === 'a guest of an album') {
      const place = { albumId: albumId as AlbumId, linkId: linkOf(albumId) };
      if (!path.includes('/links/:link_id/images/')) return `?${albumLinks.queryFor(place, expiresAt)}`;
      return `?${albumPictures.queryFor({ ...place, link: { revision: REVISION } }, image, expiresAt)}`;
    }
    const link = { id: LINK, preset: null, createdAt, expiresAt };
    return caller === 'a holder of a link' ? `?${shareLinks.queryFor({ image, link }, expiresAt)}` : '';
  };
  const pathOf: Crossing['pathOf'] = (path, id, caller, albumId = id) => {
    const signature = signatureOf(caller, path, { id, albumId });
    const filled = path
      .replace(':id', id)
      .replace(':album_id', albumId)
      .replace(':preset', 'thumb')
      .replace(':link_id', linkOf(albumId));
    return `${filled}${path.includes('?') ? signature.replace('?', '&') : signature}`;
  };

  /** A token that replaces fixes this image, or one that is nowhere. */
  const credentialFor = (caller: CallerName, id: string | undefined): string | null => {
    const replaces = REPLACERS.get(caller);
    if (replaces === undefined || !id) return credentials[caller];
    const { uploadTokens } = service.services;
    const uploader = uploadTokens.tokenIn(token) ?? assert.fail();
    const fixed = { ...uploader.fixed, replaces: (replaces === 'it' && parseImageId(id)) || NOWHERE };
    return uploadTokens.textOf({ ...uploader, fixed });
  };

  const ask: Crossing['ask'] = async (caller, path, init, id) => {
    const headers = new Headers(init.headers);
    const credential = credentialFor(caller, id);
    const named = NAMED.get(caller);
    if (named !== undefined) headers.set('x-user-id', named);
    if (credential !== null) headers.set('authorization', `Bearer ${credential}`);
    calls.length = 0;
    const answer = await service.request(path, { ...init, headers });
    const made = [...calls];
    const isJson = answer.headers.get('content-type')?.includes('json') === true;
    const text = isJson ? await answer.text() : '';
    if (!isJson) await answer.body?.cancel();
    const anonymous = id ? text.replaceAll(id, 'ID') : text;
    const body = anonymous.replaceAll(/"request_id":"[^"]*"/g, '"request_id":""');
    const cacheControl = answer.headers.get('cache-control');
    return { status: answer.status, cacheControl, headers: [...answer.headers.keys()].toSorted(), body, calls: made };
  };

  for (const one of IMAGE_CASES) {
    const image = await service.services.images.get(gallery.shared(one) as ImageId);
    if (image?.userId !== 'ada' || image.status === 'deleted' || image.status === 'rejected') continue;
    assert.ok(await service.services.images.replace(image, withMember(image, memberNow(image.id))), one.name);
  }
  for (const owner of ['ada', 'bob'] as const) await album(owner); // so that each has one to list

  const held = stack.move();
  return {
    gallery,
    ask,
    pathOf,
    keyOf,
    album,
    guestAlbums,
    async webhook() {
      const events = service.services.events ?? assert.fail('EVENTS is off');
      const [found] = await events.webhooks.list();
      if (found) return found.id;
      const terms = { url: 'https://shop.example/hooks', types: [], userId: null, userPrefix: null };
      return (await createWebhook(service.services, events, terms)).webhook.id;
    },
    askFor: (caller, { row, method, path }, id) =>
      ask(caller, pathOf(path, id, caller), requestOf(row, method, id), id),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

export function requestOf(row: Row, method: string, id: string): RequestInit {
  if (row.kind === 'batch') return row.request(id);
  return { ...('request' in row && row.request?.()), method };
}

/** The status of the answer, or of the only member of a batch. */
export function statusIn(told: Told, isBatch: boolean): number {
  if (!isBatch) return told.status;
  assert.equal(told.status, 200, told.body);
  const { results } = JSON.parse(told.body) as { results: { error?: { status: number } }[] };
  assert.equal(results.length, 1);
  return results[0]?.error?.status ?? 200;
}

export const headersOf = ({ headers }: RequestInit): Record<string, string> => Object.fromEntries(new Headers(headers));
