import assert from 'node:assert/strict';
import type { KeyTerms } from '../../src/domain/access/api-key.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { parseTransform } from '../../src/domain/rendition/transform-parameters.ts';
import { ROUTES } from '../../src/http/app.ts';
import { docsRoutes } from '../../src/http/routes/docs.ts';
import type { Observer } from '../../src/observer/observer.ts';
import { createKey } from '../../src/operations/keys/create-key.ts';
import { testImage } from '../pictures/test-images.ts';
import type { TestService } from '../services/service.ts';
import { createGallery, type Gallery } from './image-cases.ts';
import { CALLERS, type CallerName, type Row, rowsWith } from './truth-table.ts';

export type CreateService = (options: {
  environment: Record<string, string>;
  observe: Observer;
}) => Promise<Pick<TestService, 'services' | 'request' | typeof Symbol.asyncDispose>>;

/** An answer without what differs from request to request, and the calls to repository and store before it. */
export interface Told {
  readonly status: number;
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

const TERMS: KeyTerms = { name: 'test', owner: null, actsAs: null, scopes: [], expiresAt: null };
const EVERY: KeyTerms['scopes'] = ['images:read', 'images:write'];
export const ABSENT = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';
export const MALFORMED = 'no-image-id';

const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 16, height: 12 }));
export const ALL_ROUTES = [...ROUTES, ...docsRoutes()];
export const ROWS = rowsWith(picture);

/** The route table, and a HEAD for every GET. */
export const askedRoutes = (): AskedRoute[] =>
  ALL_ROUTES.flatMap(({ method, path }) => {
    const row = ROWS[`${method} ${path}`];
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
  pathOf(path: string, id: string, caller: CallerName): string;
  keyOf(terms: Partial<KeyTerms>): ReturnType<typeof createKey>;
}

/** Its key is read at most once in five seconds, whatever it asks for. */
const OF_THE_CALLER = new Set(['getKey', 'recordKeyUse']);

const NAMED = new Map<CallerName, string>(CALLERS.flatMap((one) => ('names' in one ? [[one.name, one.names]] : [])));

export async function createCrossing(create: CreateService): Promise<Crossing> {
  const calls: string[] = [];
  const observe: Observer = (event) => {
    if (event.event === 'store-call' && !OF_THE_CALLER.has(event.call)) calls.push(`${event.part} ${event.call}`);
  };
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await create({ environment: { AUTH: 'api-key' }, observe }));
  const keyOf = (terms: Partial<KeyTerms>) => createKey(service.services, { ...TERMS, ...terms });
  const [ada, bob] = [await keyOf({ owner: 'ada', scopes: EVERY }), await keyOf({ owner: 'bob', scopes: EVERY })];
  const uploader = await keyOf({ owner: 'ada', scopes: ['images:upload'] });
  const everyone = (await keyOf({ actsAs: 'everyone', scopes: EVERY })).text;
  const admin = (await keyOf({ scopes: ['images:admin'] })).text;
  const credentials: Record<CallerName, string | null> = {
    nobody: null,
    'a holder of a signed URL': null,
    'a holder of an invalid credential': `${ada.text.slice(0, -6)}000000`,
    'a user': ada.text,
    'a user with images:upload only': uploader.text,
    'a user with images:read only': (await keyOf({ owner: 'ada', scopes: ['images:read'] })).text,
    'a service for everyone': everyone,
    'a service for everyone that names ada': everyone,
    'a service for a list': (await keyOf({ actsAs: ['ada'], scopes: EVERY })).text,
    'an admin': admin,
    'an admin that names ada': admin,
  };
  const keys = { ada: ada.text, bob: bob.text, uploader: uploader.text, uploaderId: uploader.key.id };
  const gallery = await createGallery(service, picture, keys);

  const signatureOf = (id: string, path: string): string => {
    const image = { id: id as ImageId, epoch: 0 };
    const hourLater = new Date(Date.now() + 3_600_000);
    if (path.endsWith('/:preset')) return `?${service.services.presetUrls.queryFor(image, hourLater)}`;
    const url = service.services.renderLinks.make(image, parseTransform([['w', '8']], String), null);
    return url.slice(url.indexOf('?'));
  };
  const pathOf: Crossing['pathOf'] = (path, id, caller) =>
    `${path.replace(':id', id).replace(':preset', 'thumb')}${caller === 'a holder of a signed URL' ? signatureOf(id, path) : ''}`;

  const ask: Crossing['ask'] = async (caller, path, init, id) => {
    const headers = new Headers(init.headers);
    const credential = credentials[caller];
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
    return { status: answer.status, headers: [...answer.headers.keys()].toSorted(), body, calls: made };
  };

  const held = stack.move();
  return {
    gallery,
    ask,
    pathOf,
    keyOf,
    askFor: (caller, { row, method, path }, id) =>
      ask(caller, pathOf(path, id, caller), requestOf(row, method, id), id),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

export function requestOf(row: Row, method: string, id: string): RequestInit {
  if (row.kind === 'batch') return row.request(id);
  return { ...('request' in row && row.request?.()), method };
}

/** Of the answer, or of the only member of a batch. */
export function statusIn(told: Told, isBatch: boolean): number {
  if (!isBatch) return told.status;
  assert.equal(told.status, 200, told.body);
  const { results } = JSON.parse(told.body) as { results: { error?: { status: number } }[] };
  assert.equal(results.length, 1);
  return results[0]?.error?.status ?? 200;
}

export const headersOf = ({ headers }: RequestInit): Record<string, string> => Object.fromEntries(new Headers(headers));
