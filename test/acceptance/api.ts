import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createClient, type SafelightClient } from '@safelight/client';
import type { Code, Grant, Image, Limits, Page, Problem, RenderLink, StoreRule } from './answers.ts';
import { STATUS } from './answers.ts';
import { eventually } from './eventually.ts';
import { createOwners } from './owners.ts';
import { patientFetch } from './patience.ts';
import type { Bytes } from './pictures.ts';
import { type StoreAnswer, storeAnswer } from './store-answer.ts';

/** The service as its clients know it: a base URL, and the content of `GET /`. */
export interface Api {
  readonly base: string;
  /** Whether the service knows no callers. Otherwise every request carries the credential of this run. */
  readonly isOpen: boolean;
  /** Whether the requests of this run count to rate limits. */
  readonly isRateLimited: boolean;
  /** The only user for whom the credential of this run may act; undefined: it may act for every user. */
  readonly asUser: string | undefined;
  /** The problem of a change to another user's image: with authentication it looks as if there were none. */
  readonly notOwner: 'forbidden' | 'image-not-found';
  readonly limits: Limits;
  /** Whether the service sends bytes itself or redirects to the store. */
  readonly bytes: string;
  /** Whether lists have `q`. */
  readonly search: boolean;
  /** How long images stay in the trash; 0: there is none. */
  readonly trashDays: number;
  /** Whether usage is counted, and limited by quotas. */
  readonly countsUsage: boolean;
  /** Whether images are counted by status. */
  readonly countsImages: boolean;
  /** Whether lists may be filtered by the members `order` and `sku` of metadata. */
  readonly filtersByMetadata: boolean;
  /** Whether images have to pass gates before they are ready. */
  readonly hasGates: boolean;
  /** Whether the service fetches pictures from hosts. */
  readonly ingests: boolean;
  /** Whether there is a log of events. */
  readonly hasEvents: boolean;
  /** The service as an admin knows it; undefined: this run has no credential of one. */
  readonly asAdmin: Pick<Api, 'send' | 'ask' | 'refused'> | undefined;
  /** Whether the store lacks one of S3's rules. Finalize then enforces the rule, or nothing does. */
  lacks(rule: StoreRule): boolean;
  /** The answer to a path or to an absolute URL, with redirects followed. */
  send(path: string, init?: RequestInit): Promise<Response>;
  /** The answer to a request as it is, which may name no user; `send` names the owner where a case changes an image. */
  sendAsIs(path: string, init?: RequestInit): Promise<Response>;
  /** The answer to a request without the credential of this run. */
  anonymously(path: string, init?: RequestInit): Promise<Response>;
  /** The JSON of a success. */
  ask<T>(path: string, init?: RequestInit): Promise<T>;
  /** Requires a well-formed problem of this code, which names the given field. */
  refused(code: Code, path: string, init?: RequestInit, field?: string): Promise<Problem>;
  grant(fields: object): Promise<Grant>;
  metadata(id: string): Promise<Image>;
  /** A signed URL of an image with these parameters. */
  link(id: string, asked: object): Promise<RenderLink>;
  /** The bytes of a 200. */
  read(path: string, headers?: Record<string, string>): Promise<Bytes>;
  list(query: Query): Promise<Page>;
  /** A list's first page, once it has these images in this order: indexes may lag. */
  listOf(query: Query, expected: readonly string[]): Promise<Page>;
  /** Every page from the first on; each cursor comes from the page before. */
  pages(query: Query): Promise<Page[]>;
  /** The client library, as a page or a program of that user has it. */
  clientOf(user: string): SafelightClient;
  /** Uploads an image by the client, for cases about something else. */
  upload(user: string, bytes: Bytes, fields?: UploadFields): Promise<Image>;
}

export type Query = Readonly<Record<string, string | number | readonly string[]>>;

interface UploadFields {
  readonly filename?: string;
  readonly tags?: readonly string[];
  readonly description?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly externalId?: string;
}

export interface Caller {
  /** Absent: the service must be open. */
  readonly token?: string | undefined;
  /** The user whose credential it is; absent: it may act for every user. */
  readonly asUser?: string | undefined;
  /** The credential of an admin. */
  readonly adminToken?: string | undefined;
  /** Sends the requests. */
  readonly fetch?: typeof patientFetch;
}

export async function connect(base: string, caller: Caller = {}): Promise<Api> {
  const { token, asUser, adminToken, fetch = patientFetch } = caller;
  const origin = base.replace(/\/+$/, '');

  const owners = createOwners(newUser);
  const pathOf = (url: string): string => url.slice(origin.length);
  const learned = (fetch: typeof patientFetch) => async (url: string, init: RequestInit) => {
    const answer = await fetch(url, init);
    await owners.learn(pathOf(url), init, answer);
    return answer;
  };

  /** Presigned requests carry their own signature, and refuse another one beside it. */
  const isOurs = (url: string): boolean => url.startsWith(`${origin}/`) && !url.startsWith(`${origin}/objects/`);
  const absolute = (path: string): string => (/^https?:/.test(path) ? path : `${origin}${path}`);
  const sendAsIs = (path: string, init: RequestInit = {}): Promise<Response> => {
    const url = absolute(path);
    if (token === undefined || !isOurs(url)) return fetch(url, init);
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
    return learned(fetch)(url, { ...init, headers });
  };
  const send = (path: string, init: RequestInit = {}): Promise<Response> =>
    sendAsIs(path, token === undefined || asUser !== undefined ? init : owners.naming(pathOf(absolute(path)), init));

  const ask = async <T>(path: string, init?: RequestInit): Promise<T> => {
    const response = await send(path, init);
    const text = await response.text();
    assert.equal(
      response.status,
      success(path, init),
      `${init?.method ?? 'GET'} ${path} answered ${response.status}: ${text}`,
    );
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
    return JSON.parse(text) as T;
  };

  const clientOf = (userId?: string): SafelightClient =>
    createClient({
      baseUrl: origin,
      token,
      userId,
      fetch: (input, init = {}) => learned(globalThis.fetch)(String(input), init),
    });
  const anyone = clientOf();
  const {
    limits,
    bytes,
    search: searches,
    trash_days: trashDays,
    gates,
    ingest,
    events,
    store,
  } = await anyone.service();
  const { headers } = await send('/images?limit=1', { method: 'HEAD' });
  const list = (query: Query) => ask<Page>(`/images?${search(query)}`);
  const usage = await send(`/usage?user_id=${asUser ?? newUser()}`);
  const count = await send(`/images?user_id=${asUser ?? newUser()}&count_total=true&limit=1`);
  // A 400 by its status if the names are known, and by a name otherwise: never a 503, which this would wait out.
  const filtered = await send(`/images?user_id=${asUser ?? newUser()}&metadata.order=a&metadata.sku=a&status=pending`);
  const filtersByMetadata = (await filtered.text()).includes('"?status"');
  await Promise.all([usage.body?.cancel(), count.body?.cancel()]);
  const refused: Api['refused'] = async (code, path, init, field) =>
    requireProblem(await send(path, init), code, field);
  const ofOpen = token === undefined ? { send, ask, refused } : undefined;

  return {
    base: origin,
    isOpen: token === undefined,
    isRateLimited: headers.has('ratelimit-policy'),
    asUser,
    notOwner: token === undefined ? 'forbidden' : 'image-not-found',
    limits,
    bytes,
    search: searches,
    trashDays,
    countsUsage: usage.status !== 404,
    countsImages: count.status === 200,
    filtersByMetadata,
    hasGates: gates,
    ingests: ingest === true,
    hasEvents: events === true,
    asAdmin: adminToken === undefined ? ofOpen : await connect(base, { token: adminToken, fetch }),
    lacks: (rule) => store.lacks.includes(rule),
    send,
    sendAsIs,
    anonymously: (path, init) => fetch(absolute(path), init),
    ask,
    refused,
    grant: (fields) => ask('/images/upload', json({ content_type: 'image/png', ...fields })),
    metadata: (id) => anyone.images.get(id),
    link: (id, asked) => ask(`/images/${id}/render-url`, json(asked)),
    async read(path, headers = {}) {
      const response = await send(path, { headers });
      const bytes = await bodyOf(response);
      assert.equal(response.status, 200, `${path} answered ${response.status}: ${Buffer.from(bytes).subarray(0, 500)}`);
      return bytes;
    },
    list,
    listOf: (query, expected) =>
      eventually(async () => {
        const page = await list(query);
        assert.deepEqual(ids(page.images), expected, search(query));
        return page;
      }),
    async pages(query) {
      const pages = [await list(query)];
      for (let next = pages[0]?.next_cursor ?? null; next !== null; next = pages.at(-1)?.next_cursor ?? null) {
        assert.ok(pages.length < 1_000, 'expected an end of the list');
        pages.push(await list({ ...query, cursor: next }));
      }
      return pages;
    },
    clientOf,
    upload: (user, body, fields) => clientOf(user).upload(new Blob([body]), fields),
  };
}

const CREATES = /^\/(?:uploads|images|albums|keys|webhooks|upload-tokens|view-tokens)(?:\?|$)/;
/** A link, or the upload of a guest by one. */
const CREATES_BELOW = /^\/(?:images\/[^/]+\/links|albums\/[^/]+\/links(?:\/[^/]+\/uploads)?)(?:\?|$)/;

/** The canonical uploads and new albums, keys, tokens and links answer 201; every other route answers 200. */
const success = (path: string, init?: RequestInit): number =>
  init?.method === 'POST' && (CREATES.test(path) || CREATES_BELOW.test(path)) ? 201 : 200;

/** The id of a new user: the service may hold other data. */
export const newUser = (): string => `acceptance-${randomUUID()}`;

export const search = (query: Query): string => {
  const parameters = new URLSearchParams();
  for (const [name, values] of Object.entries(query)) {
    for (const value of [values].flat()) parameters.append(name, String(value));
  }
  return String(parameters);
};

export const json = (body: unknown, headers: Record<string, string> = {}, method = 'POST'): RequestInit => ({
  method,
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

export const bodyOf = async (response: Response): Promise<Bytes> => new Uint8Array(await response.arrayBuffer());

export const ids = (images: readonly Image[]): string[] => images.map((image) => image.image_id);

/** Uploads bytes as the grant says. The caller checks the store's answer. */
export const put = (grant: Grant, body: Bytes, headers: Record<string, string> = {}): Promise<StoreAnswer> =>
  storeAnswer(
    patientFetch(grant.upload_url, { method: grant.method, headers: { ...grant.headers, ...headers }, body }),
  );

/** A PUT that the store accepts, with S3's 200 or another store's 204. */
export async function putGood(grant: Grant, body: Bytes): Promise<void> {
  const status = await put(grant, body);
  assert.ok(status === 200 || status === 204, `the PUT was answered ${status}`);
}

export async function requireProblem(response: Response, code: Code, field?: string): Promise<Problem> {
  const text = await response.text();
  assert.equal(response.status, STATUS[code], `expected ${code}; got ${response.status}: ${text}`);
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const problem = JSON.parse(text) as Problem;
  assert.equal(problem.code, code, text);
  assert.equal(problem.status, response.status);
  assert.equal(problem.request_id, response.headers.get('x-request-id'));
  for (const name of ['type', 'title', 'detail', 'request_id'] as const) {
    assert.ok(typeof problem[name] === 'string' && problem[name] !== '', `${name}: ${text}`);
  }
  assert.equal(problem.error, problem.detail, text);
  if (field !== undefined) {
    assert.ok(
      problem.errors?.some((error) => error.pointer.includes(field)),
      `expected errors to point at ${field}; got ${text}`,
    );
  }
  return problem;
}
