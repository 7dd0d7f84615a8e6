import { type Albums, createAlbums } from './albums/albums.ts';
import { type EventOptions, eventsOf, type ImageEvent } from './events/events.ts';
import { type ApiRequest, createApi } from './http/api.ts';
import { createCredential, type TokenSource } from './http/credential.ts';
import { pageOrigin } from './http/page-origin.ts';
import type { Pause, Wait } from './http/retry.ts';
import type { Image } from './images/image.ts';
import { createImages, type Images } from './images/images.ts';
import { DEFAULT_PRESETS, type Presets } from './images/presets.ts';
import { createUrls, type Urls } from './images/urls.ts';
import type { operations } from './openapi.ts';
import { createUploader, type QueuePlatform } from './queue/create-uploader.ts';
import type { Uploader, UploaderOptions } from './queue/uploader.ts';
import { createAcceptedTypes } from './upload/accepted-types.ts';
import type { FromUrlOptions } from './upload/from-url.ts';
import { type Digest, fewAtOnce } from './upload/hash.ts';
import type { Send } from './upload/send.ts';
import { decided, type UploadOptions, upload } from './upload/upload.ts';
import { routeOfCaller, type UploadRoute } from './upload/upload-route.ts';
import { createUsers, type Users } from './users/users.ts';

export interface ClientOptions {
  /** The URL of the service, such as `https://images.example.org`. In a page absent for the page's own origin. */
  readonly baseUrl?: string | undefined;
  /**
   * An API key, an upload token, a JWT, or a function that fetches one. It is called once for all requests, and once
   * more after a 401 or `upload-token-used-up`. Absent: a service without authentication.
   */
  readonly token?: TokenSource | undefined;
  /**
   * Acts for this user: needed without authentication, and for keys of more than one user. Not blank, and without outer
   * spaces.
   */
  readonly userId?: string | undefined;
  /** Further attempts of each request after the first. 0 to 20, default 5. */
  readonly retries?: number | undefined;
  /** The service's presets, if they aren't the default ones; `service()` learns them too. */
  readonly presets?: Presets | undefined;
  /**
   * The `image_types` of the service, if they are known. Absent: the client asks for them once a file needs it;
   * `service()` learns them too.
   */
  readonly imageTypes?: Service['image_types'];
  /** Called before each pause that the service asks for with a Retry-After. */
  readonly onWait?: ((wait: Wait) => void) | undefined;
  /** Instead of the global one, for requests of the API. */
  readonly fetch?: typeof fetch | undefined;
  /**
   * Carries bytes to the store. Default: XMLHttpRequest in browsers, and `node:http` in Node, since they tell progress.
   */
  readonly send?: Send | undefined;
  /**
   * Who grants uploads, such as a link of an album. Absent: the service, by this client's credential. Images of another
   * route may have no more than an id and a status.
   */
  readonly route?: UploadRoute | undefined;
}

/** What differs between browsers and Node. */
export interface Platform {
  readonly send: (fetching: typeof fetch) => Send;
  readonly digest: Digest;
  readonly pause: Pause;
  readonly queue: QueuePlatform;
}

/**
 * What the service says of itself: its limits, its presets, and unless it is an older one its image types and whether
 * it has events, lists by capture and uploads by URL.
 */
export type Service = Omit<Described, Later> & Partial<Pick<Described, Later>>;
/** What older versions don't say. */
type Later = 'image_types' | 'events' | 'taken' | 'ingest';
type Described = operations['describeService']['responses']['200']['content']['application/json'];

/** A Safelight service. Every method's errors are `SafelightError`; wrong arguments are TypeError or RangeError. */
export interface SafelightClient {
  /** Uploads one file, and resolves with the verified image. */
  upload(file: Blob, options?: UploadOptions): Promise<Image>;
  /**
   * Has the service fetch a picture from its URL, if the service says `ingest`, and resolves with the verified image.
   * Of a picture that didn't come the error is `fetch-failed`.
   */
  uploadFromUrl(url: string, options?: FromUrlOptions): Promise<Image>;
  /** A queue of uploads. */
  uploader(options?: UploaderOptions): Uploader;
  readonly images: Images;
  readonly albums: Albums;
  readonly users: Users;
  readonly urls: Urls;
  /**
   * The type of a file by its first bytes, if the service accepts it. Errors: `unsupported-type`, `empty-upload`, and
   * those of `service`.
   */
  typeOf(file: Blob, signal?: AbortSignal): Promise<string>;
  service(request?: Pick<ApiRequest, 'signal' | 'retries'>): Promise<Service>;
  /**
   * What becomes of images, as it happens, if the service has EVENTS=on. `for await (const event of client.events())`.
   */
  events(options?: EventOptions): AsyncGenerator<ImageEvent, void, void>;
  /** Any request of docs/api.md that has no method here; resolves with the answer's JSON. */
  request(path: string, request?: ApiRequest): Promise<unknown>;
}

export function createClientOn(platform: Platform, options: ClientOptions): SafelightClient {
  const { token, userId, retries = 5, onWait } = options;
  const baseUrl = baseOf(options.baseUrl ?? pageOrigin());
  const { pause, digest } = platform;
  const fetching = options.fetch ?? ((...request) => globalThis.fetch(...request));
  const api = createApi({
    baseUrl,
    credential: createCredential(token),
    userId,
    retries,
    pause,
    onWait,
    fetch: fetching,
  });
  const send = options.send ?? platform.send(fetching);
  const service: SafelightClient['service'] = async (request) => {
    const told = (await api.json('/', request)) as Service;
    presets = told.presets;
    learn(told.image_types);
    return told;
  };
  const { learn, typeOf } = createAcceptedTypes(options.imageTypes, service);
  const { route = routeOfCaller(api) } = options;
  const hashing = fewAtOnce(digest);
  const uploading = { route, baseUrl, typeOf, retries, pause, onWait, send, digest: hashing, memory: {} };
  let presets = options.presets ?? DEFAULT_PRESETS;
  return {
    upload: (file, more) => upload(uploading, file, more),
    uploadFromUrl: async (url, more) => (await import('./upload/from-url.ts')).uploadFromUrl(api, url, more),
    uploader: (more = {}) =>
      createUploader(
        {
          ...platform.queue,
          openStore: ({ name, folder }) => platform.queue.openStore({ name: `safelight ${baseUrl} ${name}`, folder }),
          upload: (file, each) => upload(uploading, file, each),
          decided: (id, signal) => decided(uploading, id, { signal }),
          digest: uploading.digest,
          pause,
        },
        more,
      ),
    images: createImages(api),
    albums: createAlbums(api),
    users: createUsers(api),
    urls: createUrls({ presets: () => presets }),
    typeOf,
    service,
    events: (more) => eventsOf({ api, userId, pause }, more),
    request: (path, request) => api.json(path, request),
  };
}

/** Errors: TypeError for what isn't a URL, and for one whose query or fragment would hide each path. */
function baseOf(url: string): string {
  if (!/^https?:[^?#]*$/.test(url) || !URL.canParse(url))
    throw new TypeError(
      `expected baseUrl as a URL such as https://images.example.org, without a query; got ${JSON.stringify(url)}`,
    );
  return url.replace(/\/+$/, '');
}
