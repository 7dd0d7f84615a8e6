import type { SafelightCode, SafelightError } from '../errors.ts';
import type { Api, ApiRequest } from '../http/api.ts';
import { handedUrl } from '../http/handed-url.ts';
import { pagesOf, unexpected } from '../http/pages.ts';
import type { components, operations } from '../openapi.ts';
import type { Image, ShareLink } from './image.ts';
import { listQueryOf } from './list-query.ts';
import { isResultOf } from './update-result.ts';

type ListQuery = NonNullable<operations['listImages']['parameters']['query']>;
type Dates = 'start_date' | 'end_date';
type Changes = components['schemas'] extends { ImageChanges: infer Known } ? Known : Readonly<Record<string, unknown>>;

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

export interface UpdateOptions {
  /** Only if the image still has this revision; otherwise `revision-conflict`. */
  readonly revision?: number;
}

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
  /** All that match, the newest first, page by page as they are needed. */
  list(options?: ListOptions): AsyncGenerator<Image, void, void>;
  get(id: string): Promise<Image>;
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
  update(id: string, changes: Changes, options?: UpdateOptions): Promise<Image>;
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

const at = (id: string): string => `/images/${encodeURIComponent(id)}`;

/** The first of two deletes removed it. */
const goneIf =
  (code: SafelightCode) =>
  (error: SafelightError): void => {
    if (error.code !== code) throw error;
  };

export function createImages(api: Api): Images {
  const get = async (id: string): Promise<Image> => (await api.json(`${at(id)}/metadata`)) as Image;
  return {
    async *list({ signal, metadata, ...options } = {}) {
      const query = listQueryOf(options, metadata);
      const ask = (cursor: string | undefined) => api.json('/images', { query: { ...query, cursor }, signal });
      for await (const { items } of pagesOf<Image>('images', ask)) yield* items;
    },
    get,
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
      const { download_url } = Object(await api.json(`${at(id)}/download`, { query, signal }));
      return handedUrl(download_url, api.baseUrl);
    },
    update: async (id, changes, { revision } = {}) =>
      (await api.json(at(id), {
        method: 'PATCH',
        body: changes,
        ...(revision !== undefined && {
          headers: { 'if-match': `"${revision}"` },
          afterLostAnswer: async (error) => {
            if (error.code !== 'revision-conflict') throw error;
            const image = await get(id);
            if (!isResultOf(image, changes, revision)) throw error;
            return image;
          },
        }),
      })) as Image,
    async trash(id) {
      await api.json(`${at(id)}/trash`, { method: 'POST' });
    },
    restore: async (id) =>
      (await api.json(`${at(id)}/restore`, {
        method: 'POST',
        afterLostAnswer: (error) => {
          if (error.code !== 'image-not-found') throw error;
          return get(id);
        },
      })) as Image,
    trashedRendition: (id, preset, options = {}) =>
      api.blob(`${at(id)}/renditions/${encodeURIComponent(preset)}`, {
        query: { trashed: true },
        headers: { accept: RENDITIONS },
        ...options,
      }),
    async delete(id) {
      await api.json(at(id), { method: 'DELETE', afterLostAnswer: goneIf('image-not-found') });
    },
    createLink: async (id, { preset, expiresIn } = {}) =>
      (await api.json(`${at(id)}/links`, {
        method: 'POST',
        isOnce: true,
        body: {
          what: preset === undefined ? 'original' : 'preset',
          ...(preset !== undefined && { preset }),
          ...(expiresIn !== undefined && { expires_in: expiresIn }),
        },
      })) as ShareLink,
    links: async (id) => ((await api.json(`${at(id)}/links`)) as { readonly links: readonly ShareLink[] }).links,
    async revokeLink(id, linkId) {
      const path = `${at(id)}/links/${encodeURIComponent(linkId)}`;
      await api.json(path, { method: 'DELETE', afterLostAnswer: goneIf('link-not-found') });
    },
    async revokeLinks(id) {
      await api.json(`${at(id)}/revoke-links`, { method: 'POST' });
    },
    review: (id, options = {}) => api.blob(`${at(id)}/review`, options),
    decide: async (id, { privateReason, ...decision }) =>
      (await api.json(`${at(id)}/decision`, {
        method: 'POST',
        body: { ...decision, private_reason: privateReason },
      })) as Decisions,
    decisions: async (id) => (await api.json(`${at(id)}/decisions`)) as Decisions,
  };
}
