import type { SafelightError } from '../errors.ts';
import type { Api, ApiRequest, RepeatableRequest } from '../http/api.ts';
import { listOf } from '../http/pages.ts';
import { requireCode, type UpdateOptions, update } from '../http/update.ts';
import type { Image } from '../images/image.ts';
import type { components, operations } from '../openapi.ts';

type ListQuery = NonNullable<operations['listAlbums']['parameters']['query']>;
type BodyOf<Operation extends 'createAlbum' | 'changeAlbum' | 'createAlbumLink' | 'changeAlbumLink'> =
  operations[Operation]['requestBody']['content']['application/json'];

/** A set of images of one user under a title. */
export type Album = operations['describeAlbum']['responses'][200]['content']['application/json'];
/** An album to create, with fields as the service names them. Without `order` the one of addition. */
export type NewAlbum = Readonly<BodyOf<'createAlbum'>>;
/** The fields of an album that `update` replaces, as the service names them; null clears one. */
export type AlbumChanges = Readonly<BodyOf<'changeAlbum'>>;
/** How far a deletion is. */
export type AlbumDeletion = operations['deleteAlbum']['responses'][202]['content']['application/json'];
/** A status, or a problem, for each image in the order of the request. */
export type AlbumResults = operations['changeAlbumImages']['responses'][200]['content']['application/json'];

/** Shows the images of an album to whoever has its URL. */
export type AlbumLink = components['schemas']['AlbumLink'];
/** What a new link allows, with fields as the service names them. Without any: to look at the images for a week. */
export type NewAlbumLink = Readonly<BodyOf<'createAlbumLink'>>;
/** The fields of a link that `change` replaces, as the service names them. */
export type AlbumLinkChanges = Readonly<BodyOf<'changeAlbumLink'>>;

/** What became of a picture that a guest added. */
export type ContributionDecision = components['schemas']['ContributionDecision'];

export interface AlbumListOptions extends Omit<ListQuery, 'cursor'>, Pick<ApiRequest, 'signal'> {}

export interface AlbumDeleteOptions {
  /** Whether its images go to the trash. They stay in other albums. */
  readonly withImages?: boolean;
}

export interface AddImagesOptions extends Pick<ApiRequest, 'signal'> {
  /** Where each image comes back, as the result of its removal says. Absent: they come last. */
  readonly places?: readonly string[];
}

/** The albums of the user. Errors: `SafelightError`, such as `album-not-found`. */
export interface Albums {
  /** All of them, the newest first, page by page as they are needed. `images.list({ album })` has the images of one. */
  list(options?: AlbumListOptions): AsyncGenerator<Album, void, void>;
  get(id: string): Promise<Album>;
  /** Fails once an answer is lost, because a repeat would create a second album. */
  create(album: NewAlbum): Promise<Album>;
  update(id: string, changes: AlbumChanges, options?: UpdateOptions): Promise<Album>;
  /** Hides the album at once; its images leave it one after another. Repeated, it says how far that is. */
  delete(id: string, options?: AlbumDeleteOptions): Promise<AlbumDeletion>;
  /** Adds up to 1,000 images. `unchanged`: it was there already. */
  addImages(id: string, imageIds: readonly string[], options?: AddImagesOptions): Promise<AlbumResults>;
  /** Takes up to 1,000 images out of the album. Each result has the `place` for `addImages` to bring it back. */
  removeImages(id: string, imageIds: readonly string[], options?: Pick<ApiRequest, 'signal'>): Promise<AlbumResults>;
  /** Moves up to 1,000 images in the order by hand behind the image `after`; null: to the beginning. */
  moveImages(
    id: string,
    imageIds: readonly string[],
    after: string | null,
    options?: Pick<ApiRequest, 'signal'>,
  ): Promise<AlbumResults>;
  readonly links: AlbumLinks;
  readonly contributions: Contributions;
}

/**
 * Pictures that guests add by a link with `contribute` and `approve`, until the owner has decided. Errors:
 * `SafelightError`, such as `album-not-found` and `image-not-found`.
 */
export interface Contributions {
  /** Those that wait, the oldest first, page by page as they are needed. */
  list(id: string, options?: Pick<ApiRequest, 'signal'>): AsyncGenerator<Image, void, void>;
  /** A small JPEG of one that waits. */
  preview(id: string, imageId: string, options?: Pick<ApiRequest, 'signal' | 'retries'>): Promise<Blob>;
  /**
   * `pass`: into the album. `refuse`: its bytes are removed for good. Repeated, it changes nothing; `already-decided`
   * if it was decided the other way, `not-awaited` while it waits for a gate of the service.
   */
  decide(id: string, imageId: string, verdict: 'pass' | 'refuse'): Promise<ContributionDecision>;
}

/** Errors: `SafelightError`, such as `album-not-found` and `link-not-found`. */
export interface AlbumLinks {
  /** Those that have neither expired nor been revoked, the oldest first. */
  list(id: string): Promise<readonly AlbumLink[]>;
  /** Fails once an answer is lost, because a repeat would create a second link. */
  create(id: string, link?: NewAlbumLink): Promise<AlbumLink>;
  /** The URL stays. */
  change(id: string, linkId: string, changes: AlbumLinkChanges): Promise<AlbumLink>;
  revoke(id: string, linkId: string): Promise<void>;
}

export function createAlbums(api: Api): Albums {
  const ask = async <Answer>(id: string, part: string, request?: RepeatableRequest): Promise<Answer> =>
    (await api.json(pathOf(id, part), request)) as Answer;
  const change = (id: string, body: object, { signal }: Pick<ApiRequest, 'signal'> = {}): Promise<AlbumResults> =>
    ask(id, '/images', { method: 'POST', body, signal });
  const get = (id: string): Promise<Album> => ask(id, '');
  const askLink = <Answer>(id: string, linkId: string, request: RepeatableRequest): Promise<Answer> =>
    ask(id, `/links/${encodeURIComponent(linkId)}`, request);
  return {
    list: (options = {}) => listOf(api, 'albums', '/albums', options),
    get,
    create: (album) => api.json('/albums', { method: 'POST', body: album, isOnce: true }) as Promise<Album>,
    update: (id, changes, { revision } = {}) => update(api, pathOf(id, ''), { changes, revision, read: () => get(id) }),
    delete: (id, { withImages } = {}) => ask(id, '', { method: 'DELETE', query: { with_images: withImages } }),
    addImages: (id, add, { places, ...options } = {}) => change(id, { add, places }, options),
    removeImages: (id, remove, options) => change(id, { remove }, options),
    moveImages: (id, imageIds, after, options) => change(id, { move: { image_ids: imageIds, after } }, options),
    links: {
      list: async (id) => (await ask<{ readonly links: readonly AlbumLink[] }>(id, '/links')).links,
      create: (id, link = {}) => ask(id, '/links', { method: 'POST', body: link, isOnce: true }),
      change: (id, linkId, changes) => askLink(id, linkId, { method: 'PATCH', body: changes }),
      async revoke(id, linkId) {
        const afterLostAnswer = (error: SafelightError) => requireCode(error, 'link-not-found');
        await askLink(id, linkId, { method: 'DELETE', afterLostAnswer });
      },
    },
    contributions: {
      list: (id, options = {}) => listOf(api, 'images', pathOf(id, CONTRIBUTIONS), options),
      preview: (id, imageId, options) => api.blob(contributionOf(id, imageId, '/preview'), options),
      decide: (id, imageId, verdict) =>
        api.json(contributionOf(id, imageId), { method: 'PUT', body: { verdict } }) as Promise<ContributionDecision>,
    },
  };
}

const CONTRIBUTIONS = '/contributions';
const contributionOf = (id: string, imageId: string, part = ''): string =>
  pathOf(id, `${CONTRIBUTIONS}/${encodeURIComponent(imageId)}${part}`);
const pathOf = (id: string, part: string): string => `/albums/${encodeURIComponent(id)}${part}`;
