import { unexpected } from '../http/answer.ts';
import type { Api, ApiRequest, RepeatableRequest } from '../http/api.ts';
import { handedUrl } from '../http/handed-url.ts';
import { listOf } from '../http/pages.ts';
import { requireCode, type UpdateOptions, update } from '../http/update.ts';
import type { components, operations } from '../openapi.ts';
import type { Image, ShareLink } from './image.ts';
import { listQueryOf } from './list-query.ts';

type ListQuery = NonNullable<operations['listImages']['parameters']['query']>;
type Dates = 'start_date' | 'end_date';
type BodyOf<Operation extends 'changeImage' | 'changeImages'> =
  operations[Operation]['requestBody']['content']['application/json'];
/** A body whose lists may be readonly. */
type Sent<Body> = { readonly [Name in keyof Body]: SentValue<Body[Name]> };
type SentValue<Value> = Value extends readonly (infer Item)[] ? readonly Item[] : Value;

/** The fields of an image that `update` replaces, as the service names them; null clears one. */
export type ImageChanges = Sent<BodyOf<'changeImage'>>;
/** Tags, visibility, metadata and dates for many images, or a move of each one's date. */
export type BatchChanges = Sent<BodyOf<'changeImages'>>;
/** A status, or a problem, for each image in the order of the request. */
export type BatchResults = operations['changeImages']['responses'][200]['content']['application/json'];
/** What a picture says about itself, with what no other answer has: its position and its texts. */
export type Facts = components['schemas']['Facts'];
/** How many images were taken in a month such as `2024-07`. */
export type MonthCount = components['schemas']['MonthList']['months'][number];

/** A tag in use, and how many ready images have it: `more` than 1,000 aren't counted. */
export type TagCount = components['schemas']['TagList']['tags'][number];

export interface ListOptions extends Omit<ListQuery, 'cursor' | 'tag' | 'count_total' | Dates> {
  /** Several: all of them, or any of them with `tag_mode`. */
  readonly tag?: string | readonly string[];
  /** Only images of one user with exactly these texts in their metadata: names of the service's METADATA_FILTERS. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** ISO 8601, or Unix seconds. */
  readonly start_date?: string | number;
  readonly end_date?: string | number;
  readonly signal?: AbortSignal;
}

export interface FindOptions extends Pick<ApiRequest, 'signal'> {
  /** Whose image; absent: that of the caller. */
  readonly user_id?: string;
  /** Only in this state; `trashed`: in the trash. */
  readonly status?: 'pending' | 'held' | 'ready' | 'trashed';
}

export interface CountOptions extends Pick<ApiRequest, 'signal'> {
  /** Whose images; absent: those of the caller. */
  readonly user_id?: string;
  /** In which state; absent: `ready`. */
  readonly status?: 'pending' | 'held' | 'ready' | 'trashed';
}

export interface MonthsOptions extends Pick<ApiRequest, 'signal'> {
  /** Whose images; absent: those of the caller, or of all if nobody is named. */
  readonly user_id?: string;
}

export interface TagsOptions extends MonthsOptions {
  /** How the tags begin. */
  readonly prefix?: string;
}

/** An image that has the bytes of a digest. */
export type KnownBytes = components['schemas']['KnownList']['images'][number];

export interface NewLink {
  /** A preset's name; absent: the original. */
  readonly preset?: string;
  /** Seconds, 60 to a year; absent: a week. */
  readonly expiresIn?: number;
}

export interface DownloadOptions extends Pick<ApiRequest, 'signal'> {
  /** `jpeg`: in the size of the original, sRGB and without EXIF; absent: the bytes that were uploaded. */
  readonly format?: 'jpeg';
  /** `inline`: a browser shows it; absent: a browser saves it. */
  readonly disposition?: 'attachment' | 'inline';
}

/** What a moderator says of a held image, at one gate. */
export interface GateDecision {
  readonly gate: string;
  /** The SHA-256 of the bytes that were looked at. */
  readonly sha256: string;
  readonly verdict: 'pass' | 'refuse';
  /** For the uploader, of a refusal. */
  readonly reason?: string;
  /** For moderators. */
  readonly privateReason?: string;
}

/** The images of the user. Errors: `SafelightError`. */
export interface Images {
  /** All that match, the newest first or in another `order`, page by page as they are needed. */
  list(options?: ListOptions): AsyncGenerator<Image, void, void>;
  /**
   * The months in which ready images were taken, the latest first. Errors: `unavailable` from a service without an
   * order by capture, which `service()` says with `taken`.
   */
  months(options?: MonthsOptions): AsyncGenerator<MonthCount, void, void>;
  /** The first 50 tags of a user's ready images. Errors: `search-unsupported` from a service that doesn't search. */
  tags(options?: TagsOptions): Promise<readonly TagCount[]>;
  /**
   * Images that have the bytes of up to 1,000 files already, by SHA-256 in hex or base64. Errors: `search-unsupported`
   * as of `tags`.
   */
  known(sha256: readonly string[], options?: MonthsOptions): Promise<readonly KnownBytes[]>;
  get(id: string): Promise<Image>;
  /** Errors: `image-not-ready` before the bytes are verified. */
  facts(id: string): Promise<Facts>;
  /** The image that has this id of your own, unless it is in the trash; undefined: there is none. */
  find(externalId: string, options?: FindOptions): Promise<Image | undefined>;
  /**
   * How many images of one user are in one state. Errors: `invalid-request` from a service that counts no images,
   * `unavailable` until its operator has made it count those of an earlier version.
   */
  count(options?: CountOptions): Promise<number>;
  /**
   * A URL of the original. Anyone may open it, for some minutes. Errors: `unexpected-answer` for one that isn't http or
   * https.
   */
  downloadUrl(id: string, options?: DownloadOptions): Promise<string>;
  update(id: string, changes: ImageChanges, options?: UpdateOptions): Promise<Image>;
  /**
   * Changes up to 1,000 images. With `revisions` it fails once an answer is lost, because a repeat would report
   * conflicts for what the first request has changed.
   */
  change(changes: BatchChanges, options?: Pick<ApiRequest, 'signal'>): Promise<BatchResults>;
  /** Moves it to the trash, from which it can be restored for some time. */
  trash(id: string): Promise<void>;
  restore(id: string): Promise<Image>;
  /** A preset of an image in the trash: no URL of it can be put into an `<img>`. */
  trashedRendition(id: string, preset: string, options?: Pick<ApiRequest, 'signal' | 'retries'>): Promise<Blob>;
  /** For good. */
  delete(id: string): Promise<void>;
  createLink(id: string, link?: NewLink): Promise<ShareLink>;
  links(id: string): Promise<readonly ShareLink[]>;
  revokeLink(id: string, linkId: string): Promise<void>;
  /** Ends every signed URL and link of the image. */
  revokeLinks(id: string): Promise<void>;
  /** A small JPEG of a held image, for those who decide about it. */
  review(id: string, options?: Pick<ApiRequest, 'signal' | 'retries'>): Promise<Blob>;
  /**
   * Passes or refuses a held image at a gate. Repeated, it changes nothing; `already-decided` if somebody has said
   * otherwise.
   */
  decide(id: string, decision: GateDecision): Promise<Decisions>;
  /** What gates and moderators said of the image. */
  decisions(id: string): Promise<Decisions>;
}

export type Decisions = components['schemas']['DecisionList'];

/** What every browser can show that runs this, as it asks for it in an `<img>`. */
const RENDITIONS = 'image/avif,image/webp,*/*;q=0.8';

export function createImages(api: Api): Images {
  /** A request about one image. */
  const ask = async <Answer>(id: string, part: string, request?: RepeatableRequest): Promise<Answer> =>
    (await api.json(pathOf(id, part), request)) as Answer;
  const post = <Answer>(id: string, part: string, more?: RepeatableRequest): Promise<Answer> =>
    ask(id, part, { method: 'POST', ...more });
  const get = (id: string): Promise<Image> => ask(id, '/metadata');
  const facts = (id: string): Promise<Facts> => ask(id, '/facts');
  return {
    list: ({ signal, metadata, ...options } = {}) =>
      listOf(api, 'images', '/images', { ...listQueryOf(options, metadata), signal }),
    months: (options = {}) => listOf(api, 'months', '/images/months', options),
    tags: async ({ signal, ...query } = {}) => listIn('tags', await api.json('/tags', { query, signal })),
    known: async (sha256, { signal, ...owner } = {}) =>
      listIn('images', await api.json('/images/known', { method: 'POST', body: { ...owner, sha256 }, signal })),
    get,
    facts,
    async find(externalId, { signal, ...query } = {}) {
      const { images } = Object(await api.json('/images', { query: { ...query, external_id: externalId }, signal }));
      return Array.isArray(images) ? (images[0] as Image | undefined) : undefined;
    },
    async count({ signal, ...query } = {}) {
      const { total } = Object(await api.json('/images', { query: { ...query, limit: 1, count_total: true }, signal }));
      if (typeof total === 'number') return total;
      throw unexpected('a total');
    },
    async downloadUrl(id, { signal, ...query } = {}) {
      const { download_url } = Object(await ask(id, '/download', { query, signal }));
      return handedUrl(download_url, api.baseUrl);
    },
    update: (id, changes, { revision } = {}) =>
      update(api, pathOf(id, ''), {
        changes,
        revision,
        read: () => get(id),
        more: async () => isOfFacts(changes) && (await facts(id)),
      }),
    change: (changes, { signal } = {}) =>
      api.json('/images/change', {
        method: 'POST',
        body: changes,
        signal,
        isOnce: changes.revisions !== undefined,
      }) as Promise<BatchResults>,
    async trash(id) {
      await post(id, '/trash');
    },
    restore: (id) =>
      post(id, '/restore', {
        afterLostAnswer: (error) => {
          requireCode(error, 'image-not-found');
          return get(id);
        },
      }),
    trashedRendition: (id, preset, options) =>
      api.blob(pathOf(id, `/renditions/${encodeURIComponent(preset)}`), {
        query: { trashed: true },
        headers: { accept: RENDITIONS },
        ...options,
      }),
    async delete(id) {
      await ask(id, '', { method: 'DELETE', afterLostAnswer: (error) => requireCode(error, 'image-not-found') });
    },
    createLink: (id, { preset, expiresIn } = {}) =>
      post(id, '/links', {
        isOnce: true,
        body: { what: preset === undefined ? 'original' : 'preset', preset, expires_in: expiresIn },
      }),
    links: async (id) => (await ask<{ readonly links: readonly ShareLink[] }>(id, '/links')).links,
    async revokeLink(id, linkId) {
      await ask(id, `/links/${encodeURIComponent(linkId)}`, {
        method: 'DELETE',
        afterLostAnswer: (error) => requireCode(error, 'link-not-found'),
      });
    },
    async revokeLinks(id) {
      await post(id, '/revoke-links');
    },
    review: (id, options) => api.blob(pathOf(id, '/review'), options),
    decide: (id, { privateReason, ...decision }) =>
      post(id, '/decision', { body: { ...decision, private_reason: privateReason } }),
    decisions: (id) => ask(id, '/decisions'),
  };
}

/** Whether only `GET /images/{id}/facts` tells all that these changes set. */
const isOfFacts = (changes: object): boolean => 'taken_at' in changes || 'position' in changes;

const pathOf = (id: string, part: string): string => `/images/${encodeURIComponent(id)}${part}`;

/** Errors: `unexpected-answer` without it. */
function listIn<Item>(field: string, answer: unknown): readonly Item[] {
  const items = Object(answer)[field];
  if (Array.isArray(items)) return items;
  throw unexpected(field);
}
