import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { listen } from '../services/listening-service.ts';
import { json, post } from '../services/service.ts';
import { type Places, reservePlaces, startNginx } from './nginx.ts';

/** What a viewer gets from the cache. */
export interface View {
  readonly status: number;
  /** `HIT` if the service wasn't asked; null from the service itself. */
  readonly cache: string | null;
  readonly headers: Headers;
  /** The SHA-256 of its body. */
  readonly hash: string;
  readonly text: string;
}

/** The JSON of an image. */
export interface ImageJson {
  readonly image_id: string;
  readonly renditions: Readonly<Record<string, string>>;
}

/** A closed service behind nginx. Its `request` and `as` ask the service itself. */
export interface CachedService extends ClosedService {
  readonly folder: string;
  /** The origin of nginx. PUBLIC_URL makes it the origin of all URLs in JSON. */
  readonly origin: string;
  /** How many requests have reached the service by its socket, through nginx. */
  readonly asked: () => number;
  /** Through nginx: a URL of it, or a path. */
  view(target: string, headers?: Record<string, string>): Promise<View>;
  /** Asks the service itself, past the cache. */
  viewAtOrigin(target: string, headers?: Record<string, string>): Promise<View>;
  /** The time of service and nginx, in milliseconds since 1970. */
  now(): number;
  /** Sets it; never back. */
  setTime(milliseconds: number): Promise<void>;
  /** From now on nothing listens where nginx expects the service. */
  leave(): Promise<void>;
}

export interface CachedServiceOptions {
  /** Starts what stands in front of the service. Default: nginx. */
  readonly start?: typeof startNginx;
  /** Besides the variables of docs/caching.md. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** `configure`: the http block of nginx, for a service at `upstream`. */
export async function createCachedService(
  configure: (places: Places, upstream: string) => string,
  { start = startNginx, environment = {} }: CachedServiceOptions = {},
): Promise<CachedService> {
  await using stack = new AsyncDisposableStack();
  const places = stack.use(await reservePlaces());
  const origin = `http://${places.address}`;
  const documented = {
    PUBLIC_URL: origin,
    CACHE_TAGS: 'on',
    TRUSTED_PROXIES: '127.0.0.1',
    PROXY_HEADERS: 'x-forwarded',
  };
  const service = stack.use(await createClosedService({ environment: { ...documented, ...environment } }));
  let asked = 0;
  const counted: ClosedService['fetch'] = (...request) => {
    asked++;
    return service.fetch(...request);
  };
  const listening = stack.use(await listen({ ...service, fetch: counted }));
  const cache = stack.use(await start(places, configure(places, listening.address)));
  const held = stack.move();
  return {
    ...service,
    folder: places.folder,
    origin,
    asked: () => asked,
    view: async (target, headers = {}) => viewOf(await fetch(new URL(target, origin), { headers })),
    viewAtOrigin: async (target, headers = {}) => {
      const { pathname, search } = new URL(target, origin);
      return viewOf(await service.request(`${pathname}${search}`, { headers }));
    },
    now: () => service.clock.now().getTime(),
    async setTime(milliseconds) {
      const seconds = Math.ceil((milliseconds - Date.now()) / 1000);
      service.clock.offsetMs = seconds * 1000;
      await cache.advance(seconds);
    },
    leave: async () => listening[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function viewOf(response: Response): Promise<View> {
  const bytes = Buffer.from(await response.arrayBuffer());
  return {
    status: response.status,
    cache: response.headers.get('x-cache-status'),
    headers: response.headers,
    hash: createHash('sha256').update(bytes).digest('hex'),
    text: bytes.toString('latin1'),
  };
}

/** A new image of the key's user. */
export async function uploadTo(service: ClosedService, key: string, seed: number): Promise<ImageJson> {
  const bytes = new Uint8Array(await testImage({ type: 'image/jpeg', width: 320, height: 240, seed }));
  const answer = await service.as(key, '/images/upload', post(bytes, 'image/jpeg'));
  assert.equal(answer.status, 200);
  return (await answer.json()) as ImageJson;
}

/** The answer of a request that must succeed. */
export async function done(answer: Promise<Response>): Promise<Record<string, string>> {
  const response = await answer;
  const text = await response.text();
  assert.ok(response.ok, `${response.status} ${text}`);
  return JSON.parse(text) as Record<string, string>;
}

export const makePublic = (service: ClosedService, key: string, id: string) =>
  done(service.as(key, `/images/${id}`, { ...json({ visibility: 'public' }), method: 'PATCH' }));

export const makePrivate = (service: ClosedService, key: string, id: string) =>
  done(service.as(key, `/images/${id}`, { ...json({ visibility: 'private' }), method: 'PATCH' }));

export const linkTo = async (service: ClosedService, key: string, id: string, terms: Record<string, unknown>) =>
  (await done(service.as(key, `/images/${id}/links`, json(terms))))['url'] ?? '';

export const renderOf = async (service: ClosedService, key: string, id: string, terms: Record<string, unknown>) =>
  (await done(service.as(key, `/images/${id}/render-url`, json(terms))))['url'] ?? '';
