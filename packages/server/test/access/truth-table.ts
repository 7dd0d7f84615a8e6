import { json } from '../services/service.ts';

/**
 * Who may do what. The table is written apart from `domain/access/policy.ts`, so that a mistake there shows; a route
 * without a row fails the cross product.
 */
export type Row =
  | { readonly kind: 'public'; readonly status: number }
  /** For every valid credential, whatever its scopes. */
  | { readonly kind: 'caller' }
  | SignedRow
  | CreateRow
  /** `isOfOneUser`: nobody gets it of all users at once. `isOfOneUserInDynamodb`: DynamoDB lacks all users at once. */
  | {
      readonly kind: 'list';
      readonly isOfOneUser?: true;
      readonly isOfOneUserInDynamodb?: true;
      readonly isSearched?: true;
      readonly viewers?: Viewers;
    }
  | ({ readonly kind: 'image'; readonly request?: () => RequestInit } & ImageRow)
  /** The statuses are those of the one member; the batch itself is a 200. */
  | ({ readonly kind: 'batch'; readonly request: (id: string) => RequestInit } & ImageRow)
  | AlbumRow
  | GuestRow
  | {
      readonly kind: 'administer';
      readonly status: number;
      readonly request?: () => RequestInit;
      /** Absent: for admins alone. */
      readonly scope?: 'moderate' | 'erase';
    };

/** A route about one album, for those who act for its owner. */
export interface AlbumRow {
  readonly kind: 'album';
  readonly scope: 'read' | 'write';
  readonly viewers?: Viewers;
  /** A route of one picture has that of no picture here. */
  readonly status: number;
  readonly request?: () => RequestInit;
  /** The URL names what a guest added: what a caller gets who may see the album. Other images are a 404. */
  readonly ofGuests?: Statuses;
  /** The request changes a picture that waits. */
  readonly changesImage?: true;
}

/** A route by a link of an album: the signature decides, and then the album. */
export interface GuestRow {
  readonly kind: 'guest';
  /** What whoever has the URL gets, of a picture if it is ready and in the album. */
  readonly status: number;
  /** The URL is that of one picture. */
  readonly isOfPicture?: true;
  /** The URL names an upload: what the guest gets who made it, and nobody else does. */
  readonly uploads?: Statuses;
  /** The request changes the upload. */
  readonly changesImage?: true;
  readonly request?: () => RequestInit;
}

interface CreateRow {
  readonly kind: 'create';
  /** Default: `upload`. */
  readonly scope?: 'read' | 'write';
  /** A request for everyone needn't name a user. */
  readonly isForAnyone?: true;
  /** A service that doesn't search refuses it. */
  readonly isSearched?: true;
  readonly viewers?: Viewers;
  readonly status: number;
  readonly request: () => RequestInit;
  /** The lack of a user is the error of each member. */
  readonly isBatch?: true;
  /** An upload token doesn't suffice. */
  readonly isClosedToTokens?: true;
}

/** A signature for this route decides, and nothing else. */
interface SignedRow {
  readonly kind: 'signed';
  readonly holder: CallerName;
  /** What its holder gets. */
  readonly own: Statuses;
  /** What everyone else gets; `absent`: for an image that never was. */
  readonly others: Statuses & { readonly absent: number };
}

/** The view tokens that suffice: each, those without tags, those with originals, those that upload. Absent: none. */
export type Viewers = 'each' | 'untagged' | 'with originals' | 'with upload';

export interface ImageRow {
  readonly viewers?: Viewers;
  readonly scope: 'read' | 'write' | 'moderate' | 'admin';
  /** `images:upload` suffices for the images that the same key uploaded. */
  readonly isOpenToUploader?: true;
  /** An upload token suffices that fixes the image. */
  readonly isOpenToReplacer?: true;
  /** What a caller gets who may see the image. */
  readonly own: Statuses;
  /** Otherwise for what a guest uploaded. */
  readonly ofGuests?: Statuses;
  /** The request changes the image for the requests after it. */
  readonly changesImage?: true;
  /** The states in which the image is there for its owner, and the link that the path names isn't. */
  readonly withoutLink?: readonly State[];
  /**
   * Open to the holder of a signed preset URL, and to nobody in particular if the image is public and ready, unless it
   * is closed to all.
   */
  readonly shared?: { readonly signed: Statuses; readonly isClosedToAll?: true };
}

/**
 * Who uploaded an image: its user, the user's key that has `images:upload` only, an upload token or a view token that
 * this key minted, the guest of an album, or another guest by the same link.
 */
export type By = 'user' | 'key' | 'token' | 'view token' | 'guest' | 'other guest';

export const isByGuest = (by: By): by is 'guest' | 'other guest' => by === 'guest' || by === 'other guest';

/** Makes a request that of the guest whose uploads are `guest`'s. */
export const GUEST_SECRET = 'a'.repeat(32);

export type State = 'ready' | 'held' | 'pending' | 'rejected' | 'trashed' | 'deleted';
export type Statuses = Readonly<Record<State, number>>;

const BYTES: Statuses = { ready: 200, held: 409, pending: 409, rejected: 409, trashed: 404, deleted: 404 };
const RECORD: Statuses = { ready: 200, held: 200, pending: 200, rejected: 200, trashed: 404, deleted: 404 };
const VERIFIED: Statuses = { ready: 200, held: 200, pending: 409, rejected: 409, trashed: 404, deleted: 404 };
const CHANGED: Statuses = { ready: 200, held: 200, pending: 200, rejected: 409, trashed: 404, deleted: 404 };
const COMPLETED: Statuses = { ready: 200, held: 200, pending: 409, rejected: 400, trashed: 404, deleted: 404 };
/** The pending one wasn't granted in parts. */
const PARTS: Statuses = { ready: 200, held: 200, pending: 400, rejected: 200, trashed: 404, deleted: 404 };
const DELETED: Statuses = { ready: 200, held: 200, pending: 200, rejected: 200, trashed: 200, deleted: 404 };
const TRASHED: Statuses = { ready: 200, held: 409, pending: 409, rejected: 409, trashed: 200, deleted: 404 };
/** For what concerns the trash alone. */
const RESTORED: Statuses = { ready: 404, held: 404, pending: 404, rejected: 404, trashed: 200, deleted: 404 };
const TRASHED_BY_SIGNATURE: Statuses = {
  ready: 404,
  held: 409,
  pending: 409,
  rejected: 409,
  trashed: 404,
  deleted: 404,
};
const LINKED: Statuses = { ready: 201, held: 409, pending: 409, rejected: 409, trashed: 404, deleted: 404 };
const OF_READY_ALONE: Statuses = { ready: 200, held: 404, pending: 404, rejected: 404, trashed: 404, deleted: 404 };
/** For what waits for the owner of an album. */
const AWAITED: Statuses = { ready: 409, held: 200, pending: 409, rejected: 409, trashed: 409, deleted: 404 };
const UPLOADED: Statuses = { ready: 200, held: 200, pending: 409, rejected: 200, trashed: 404, deleted: 404 };
const TAKEN_BACK: Statuses = { ...UPLOADED, pending: 200 };
const FORBIDDEN = { ready: 403, held: 403, pending: 403, rejected: 403, trashed: 403, deleted: 403, absent: 403 };

const OPEN_TO_ALL: Row = { kind: 'public', status: 200 };
type OneImage = Extract<Row, { kind: 'image' }>;
const reads = (own: Statuses, request = (): RequestInit => ({})): OneImage => ({
  kind: 'image',
  scope: 'read',
  own,
  request,
});
const writes = (own: Statuses, request = (): RequestInit => ({ method: 'POST' })): OneImage => ({
  kind: 'image',
  scope: 'write',
  own,
  request,
});
const patches = (): RequestInit => ({ ...json({ description: 'changed' }), method: 'PATCH' });
const deletes = (): RequestInit => ({ method: 'DELETE' });
const idsOf = (id: string): RequestInit => json({ image_ids: [id] });
const takenOf = (id: string): RequestInit => json({ image_ids: [id], taken_at: '2019-05-04' });

/** None of the images waits for a decision about these bytes. */
const UNDECIDED: Statuses = { ready: 409, pending: 409, held: 409, rejected: 409, trashed: 409, deleted: 404 };
const DECISION = { gate: 'human-review', sha256: '0'.repeat(64), verdict: 'pass' };

const GRANT = { content_type: 'image/jpeg' };
const BY_GUEST = { 'Guest-Secret': GUEST_SECRET };

export const rowsWith = (picture: Uint8Array<ArrayBuffer>): Readonly<Record<string, Row>> => {
  const form = (): RequestInit => {
    const body = new FormData();
    body.set('file', new File([picture], 'my.jpg', { type: 'image/jpeg' }));
    return { method: 'POST', body };
  };
  return {
    'GET /': OPEN_TO_ALL,
    'GET /health': OPEN_TO_ALL,
    'GET /livez': OPEN_TO_ALL,
    'GET /readyz': OPEN_TO_ALL,
    'GET /openapi.json': OPEN_TO_ALL,
    'GET /docs': OPEN_TO_ALL,
    'GET /docs/start.js': OPEN_TO_ALL,
    'GET /docs/problems': OPEN_TO_ALL,
    'GET /docs/problems.css': OPEN_TO_ALL,
    'GET /docs/swagger-ui.css': OPEN_TO_ALL,
    'GET /docs/swagger-ui-bundle.js': OPEN_TO_ALL,
    'GET /docs/favicon-32x32.png': OPEN_TO_ALL,
    'GET /redoc': OPEN_TO_ALL,
    'GET /redoc/start.js': OPEN_TO_ALL,
    'GET /redoc/redoc.css': OPEN_TO_ALL,
    'GET /redoc/logo-mini.svg': OPEN_TO_ALL,
    'GET /redoc/logo-mini-full.svg': OPEN_TO_ALL,
    'GET /redoc/redoc.standalone.js': OPEN_TO_ALL,

    'GET /signed-in': OPEN_TO_ALL,
    'GET /app.json': OPEN_TO_ALL,
    'GET /lamp.svg': OPEN_TO_ALL,
    'GET /assets/:name': { kind: 'public', status: 404 }, // no file is named `:name`

    'GET /whoami': { kind: 'caller' },

    'POST /uploads': { kind: 'create', status: 201, viewers: 'with upload', request: () => json(GRANT) },
    'POST /images': { kind: 'create', status: 201, viewers: 'with upload', request: form },
    'POST /images/upload': { kind: 'create', status: 200, viewers: 'with upload', request: form },
    'POST /images/uploads': {
      kind: 'create',
      status: 200,
      isBatch: true,
      viewers: 'with upload',
      request: () => json({ uploads: [GRANT] }),
    },

    'POST /upload-tokens': { kind: 'create', status: 201, isClosedToTokens: true, request: () => json({}) },

    'POST /view-tokens': {
      kind: 'create',
      scope: 'read',
      status: 201,
      isClosedToTokens: true,
      request: () => json({}),
    },
    'POST /view-tokens/revoke': {
      kind: 'create',
      scope: 'read',
      status: 200,
      isForAnyone: true,
      isClosedToTokens: true,
      request: () => json({ token_id: `v${'A'.repeat(22)}` }),
    },

    'POST /images/known': {
      kind: 'create',
      scope: 'read',
      status: 200,
      isSearched: true,
      isClosedToTokens: true,
      request: () => json({ sha256: ['0'.repeat(64)] }),
    },

    'POST /albums': {
      kind: 'create',
      scope: 'write',
      status: 201,
      isClosedToTokens: true,
      request: () => json({ title: 'Lisbon' }),
    },
    'GET /albums': { kind: 'list', isOfOneUser: true },
    'GET /albums/:album_id': { kind: 'album', scope: 'read', status: 200 },
    'PATCH /albums/:album_id': {
      kind: 'album',
      scope: 'write',
      status: 200,
      request: () => ({ ...json({ title: 'Porto' }), method: 'PATCH' }),
    },
    'DELETE /albums/:album_id': { kind: 'album', scope: 'write', status: 202, request: deletes },
    'POST /albums/:album_id/images': {
      kind: 'album',
      scope: 'write',
      status: 200,
      request: () => json({ add: ['no-image-id'] }),
    },

    'POST /albums/:album_id/links': { kind: 'album', scope: 'write', status: 201, request: () => json({}) },
    'GET /albums/:album_id/links': { kind: 'album', scope: 'read', status: 200 },
    'PATCH /albums/:album_id/links/:link_id': {
      kind: 'album',
      scope: 'write',
      status: 200,
      request: () => ({ ...json({ card: true }), method: 'PATCH' }),
    },
    'DELETE /albums/:album_id/links/:link_id': { kind: 'album', scope: 'write', status: 200, request: deletes },
    'GET /albums/:album_id/links/:link_id': { kind: 'guest', status: 200 },
    // The link has no password.
    'POST /albums/:album_id/links/:link_id/unlock': {
      kind: 'guest',
      status: 400,
      request: () => json({ password: 'correct horse' }),
    },
    'GET /s/albums/:album_id/:link_id': { kind: 'guest', status: 200 },
    'GET /albums/:album_id/links/:link_id/images': { kind: 'guest', status: 200 },
    'GET /albums/:album_id/links/:link_id/images/:id/renditions/:preset': {
      kind: 'guest',
      status: 200,
      isOfPicture: true,
    },
    'GET /albums/:album_id/links/:link_id/images/:id/download': { kind: 'guest', status: 200, isOfPicture: true },
    'POST /albums/:album_id/links/:link_id/uploads': {
      kind: 'guest',
      status: 201,
      request: () => json({ ...GRANT, size: 1 }, BY_GUEST),
    },
    'POST /albums/:album_id/links/:link_id/uploads/:id/complete': {
      kind: 'guest',
      status: 404,
      uploads: UPLOADED,
      request: () => ({ method: 'POST', headers: BY_GUEST }),
    },
    'DELETE /albums/:album_id/links/:link_id/uploads/:id': {
      kind: 'guest',
      status: 404,
      uploads: TAKEN_BACK,
      changesImage: true,
      request: () => ({ method: 'DELETE', headers: BY_GUEST }),
    },
    'GET /albums/:album_id/contributions': { kind: 'album', scope: 'read', status: 200 },
    'GET /albums/:album_id/contributions/:id/preview': {
      kind: 'album',
      scope: 'read',
      status: 404,
      ofGuests: AWAITED,
    },
    'PUT /albums/:album_id/contributions/:id': {
      kind: 'album',
      scope: 'write',
      status: 404,
      ofGuests: AWAITED,
      changesImage: true,
      request: () => ({ ...json({ verdict: 'pass' }), method: 'PUT' }),
    },

    'GET /images': { kind: 'list', viewers: 'each' },
    // These view tokens show no metadata.
    'GET /images/months': { kind: 'list', isOfOneUserInDynamodb: true },
    'GET /tags': { kind: 'list', isOfOneUser: true, isSearched: true },
    'GET /events': { kind: 'list', viewers: 'untagged' },
    'GET /usage': { kind: 'list', isOfOneUser: true },

    'GET /images/:id': { ...reads(BYTES), viewers: 'with originals' },
    'GET /images/:id/original': { ...reads(BYTES), viewers: 'with originals' },
    'GET /images/:id/download': { ...reads(BYTES), viewers: 'with originals' },
    'GET /images/:id/renditions/:preset': { ...reads(BYTES), viewers: 'each', shared: { signed: BYTES } },
    'GET /images/:id/renditions/:preset/download': reads(BYTES),
    'GET /images/:id/metadata': {
      kind: 'image',
      scope: 'read',
      own: RECORD,
      isOpenToUploader: true,
      viewers: 'each',
    },
    'GET /images/:id/facts': reads(VERIFIED),
    'POST /images/:id/render-url': reads(RECORD, () => json({ w: 8 })),
    'POST /images/:id/complete': { ...writes(COMPLETED), isOpenToUploader: true, viewers: 'with upload' },
    'POST /uploads/:id/parts': {
      ...writes(PARTS, () => json({})),
      isOpenToUploader: true,
      viewers: 'with upload',
    },
    'PATCH /images/:id': writes(CHANGED, patches),
    'PUT /images/:id/content': {
      ...writes(BYTES, () => ({ method: 'PUT', headers: { 'Content-Type': 'image/jpeg' }, body: picture })),
      isOpenToReplacer: true,
      changesImage: true,
    },
    'PATCH /images/:id/metadata': writes(CHANGED, patches),
    'DELETE /images/:id': { ...writes(DELETED, deletes), changesImage: true },
    'POST /images/:id/trash': { ...writes(TRASHED), changesImage: true },
    'POST /images/:id/restore': { ...writes(RESTORED), changesImage: true },
    'DELETE /images/:id/renditions': writes(BYTES, deletes),
    'DELETE /images/:id/renditions/:preset': writes(BYTES, deletes),

    'POST /render-urls': {
      kind: 'batch',
      scope: 'read',
      own: RECORD,
      request: (id) => json({ renders: [{ image_id: id, w: 8 }] }),
    },
    'POST /images/delete': { kind: 'batch', scope: 'write', own: DELETED, changesImage: true, request: idsOf },
    'POST /images/trash': { kind: 'batch', scope: 'write', own: TRASHED, changesImage: true, request: idsOf },
    'POST /images/change': { kind: 'batch', scope: 'write', own: VERIFIED, request: takenOf },
    'POST /images/restore': { kind: 'batch', scope: 'write', own: RESTORED, changesImage: true, request: idsOf },

    'POST /images/:id/links': writes(LINKED, () => json({ what: 'original' })),
    'GET /images/:id/links': reads(RECORD),
    'DELETE /images/:id/links/:link_id': {
      ...writes(OF_READY_ALONE, deletes),
      changesImage: true,
      withoutLink: ['held', 'pending', 'rejected'],
    },
    'POST /images/:id/revoke-links': { ...writes(RECORD), changesImage: true },

    'GET /images/:id/render': { kind: 'signed', holder: 'a holder of a signed URL', own: BYTES, others: FORBIDDEN },
    'GET /images/:id/links/:link_id': {
      kind: 'signed',
      holder: 'a holder of a link',
      own: OF_READY_ALONE,
      others: FORBIDDEN,
    },
    'GET /s/:id/:link_id': { kind: 'signed', holder: 'a holder of a link', own: OF_READY_ALONE, others: FORBIDDEN },

    'GET /gates': { kind: 'administer', status: 200, scope: 'moderate' },
    // Refused for its gate, behind the guards: the service has none.
    'POST /gates/rescan': { kind: 'administer', status: 400, request: () => json({ gate: 'scan' }) },
    'POST /gates/:gate/drop': { kind: 'administer', status: 200, request: () => json({}) },
    'GET /images/:id/decisions': { ...reads({ ...RECORD, trashed: 200 }), scope: 'moderate' },
    'POST /images/:id/decision': { ...writes(UNDECIDED, () => json(DECISION)), scope: 'moderate' },
    // The owner of the album decides about what guests add.
    'GET /images/:id/review': { ...reads({ ...UNDECIDED, held: 200 }), ofGuests: UNDECIDED, scope: 'moderate' },
    'GET /users': { kind: 'administer', status: 200 },
    // Without a confirmation, and of a user whose deletion nobody has asked for.
    'DELETE /users/:user_id': { kind: 'administer', status: 400, scope: 'erase', request: deletes },
    'GET /users/:user_id/deletion': { kind: 'administer', status: 404, scope: 'erase' },
    'POST /users/:user_id/export': {
      kind: 'administer',
      status: 202,
      scope: 'erase',
      request: () => ({ method: 'POST' }),
    },
    'GET /users/:user_id/export': { kind: 'administer', status: 200, scope: 'erase' }, // the row before asked for it
    'GET /quotas/:user_id': { kind: 'administer', status: 200 },
    'PUT /quotas/:user_id': {
      kind: 'administer',
      status: 200,
      request: () => ({ ...json({ bytes: null, images: 1_000, pending: 1_000 }), method: 'PUT' }),
    },
    'DELETE /quotas/:user_id': { kind: 'administer', status: 200, request: deletes },

    'POST /keys': {
      kind: 'administer',
      status: 201,
      request: () => json({ name: 'another', owner: 'ada', scopes: ['images:read'] }),
    },
    'GET /keys': { kind: 'administer', status: 200 },
    'GET /keys/:key_id': { kind: 'administer', status: 200 },
    'POST /keys/:key_id/rotate': { kind: 'administer', status: 201, request: () => ({ method: 'POST' }) },
    'DELETE /keys/:key_id': { kind: 'administer', status: 200, request: deletes },

    'POST /webhooks': { kind: 'administer', status: 201, request: () => json({ url: 'https://shop.example/hooks' }) },
    'GET /webhooks': { kind: 'administer', status: 200 },
    'GET /webhooks/:webhook_id': { kind: 'administer', status: 200 },
    'PATCH /webhooks/:webhook_id': {
      kind: 'administer',
      status: 200,
      request: () => ({ ...json({ paused: true }), method: 'PATCH' }),
    },
    'POST /webhooks/:webhook_id/rotate': { kind: 'administer', status: 200, request: () => ({ method: 'POST' }) },
    'POST /webhooks/:webhook_id/test': { kind: 'administer', status: 200, request: () => ({ method: 'POST' }) },
    'GET /webhooks/:webhook_id/deliveries': { kind: 'administer', status: 200 },
    'POST /webhooks/:webhook_id/replay': {
      kind: 'administer',
      status: 202,
      request: () => json({ event_ids: ['1-2'] }),
    },
    'DELETE /webhooks/:webhook_id': { kind: 'administer', status: 200, request: deletes },
  };
};

/** Rows of routes with a query that decides otherwise than the route does. */
export const ROWS_WITH_QUERY: Readonly<Record<string, Row>> = {
  'GET /images?album=:album_id': { kind: 'album', scope: 'read', viewers: 'each', status: 200 },
  'DELETE /users/:user_id?confirm=ada': { kind: 'administer', status: 202, scope: 'erase', request: deletes },
  'GET /images/:id/download?format=jpeg': { ...reads(BYTES), viewers: 'with originals' },
  'GET /images/:id/renditions/:preset?trashed=true': {
    ...reads(RESTORED),
    viewers: 'each',
    shared: { signed: TRASHED_BY_SIGNATURE, isClosedToAll: true },
  },
};

/** A kind of caller. */
export interface Caller {
  readonly name: string;
  /** What its credential permits; `null`: it has none that counts. */
  readonly scopes: readonly ('read' | 'upload' | 'write' | 'moderate' | 'admin' | 'erase')[] | null;
  /** Whom it may act for. */
  readonly users: readonly string[];
  /** The beginnings of their ids, which are all that its credential says. */
  readonly prefixes?: readonly string[];
  /** The user that it acts for without naming one. */
  readonly self: string | null;
  /** The user that each of its requests names, which narrows what it may do. */
  readonly names?: string;
  /** How images that it may see without `images:read` were uploaded. */
  readonly uploads?: readonly By[];
  /** Its credential is an upload token. */
  readonly isToken?: true;
  /** The upload token fixes what it replaces: the image that each request is about, or another one. */
  readonly replaces?: 'it' | 'another';
  /** Its credential is a view token, which has no scopes. */
  readonly views?: { readonly tags: readonly string[]; readonly originals: boolean; readonly upload: boolean };
  /** It says for whom it changes something. */
  readonly isService?: true;
  /** Whether it may list everyone's images at once. */
  readonly isForEveryone?: true;
}

const ALL = ['read', 'upload', 'write'] as const;
const BOTH = ['ada', 'bob'];

export const CALLERS = [
  { name: 'nobody', scopes: null, users: [], self: null },
  { name: 'a holder of an invalid credential', scopes: null, users: [], self: null },
  { name: 'a holder of a signed URL', scopes: null, users: [], self: null },
  { name: 'a holder of a signed preset URL', scopes: null, users: [], self: null },
  { name: 'a holder of a link', scopes: null, users: [], self: null },
  { name: 'a guest of an album', scopes: null, users: [], self: null },
  { name: 'a user', scopes: ALL, users: ['ada'], self: 'ada' },
  {
    name: 'a user with images:upload only',
    scopes: ['upload'],
    users: ['ada'],
    self: 'ada',
    uploads: ['key', 'token', 'view token'],
  },
  {
    name: 'an uploader',
    scopes: ['upload'],
    users: ['ada'],
    self: 'ada',
    uploads: ['token', 'view token'],
    isToken: true,
  },
  {
    name: 'an uploader that replaces the image',
    scopes: ['upload'],
    users: ['ada'],
    self: 'ada',
    uploads: ['token', 'view token'],
    isToken: true,
    replaces: 'it',
  },
  {
    name: 'an uploader that replaces another image',
    scopes: ['upload'],
    users: ['ada'],
    self: 'ada',
    uploads: ['token', 'view token'],
    isToken: true,
    replaces: 'another',
  },
  {
    name: 'a viewer',
    scopes: [],
    users: ['ada'],
    self: 'ada',
    views: { tags: [], originals: false, upload: false },
  },
  {
    name: 'a viewer of tags',
    scopes: [],
    users: ['ada'],
    self: 'ada',
    views: { tags: ['sea'], originals: true, upload: false },
  },
  {
    name: 'a viewer with everything',
    scopes: [],
    users: ['ada'],
    self: 'ada',
    views: { tags: [], originals: true, upload: true },
  },
  {
    name: 'a viewer with everything of tags',
    scopes: [],
    users: ['ada'],
    self: 'ada',
    views: { tags: ['sea'], originals: true, upload: true },
  },
  { name: 'a user with images:read only', scopes: ['read'], users: ['ada'], self: 'ada' },
  { name: 'a service for everyone', scopes: ALL, users: BOTH, self: null, isService: true, isForEveryone: true },
  {
    name: 'a service for everyone with images:moderate only',
    scopes: ['moderate'],
    users: BOTH,
    self: null,
    isService: true,
    isForEveryone: true,
  },
  { name: 'a service for a list', scopes: ALL, users: ['ada'], self: null, isService: true },
  { name: 'a service by prefix', scopes: ALL, users: ['ada'], prefixes: ['ad', 'ado'], self: null, isService: true },
  {
    name: 'a service for a list with users:erase only',
    scopes: ['erase'],
    users: ['ada'],
    self: null,
    isService: true,
  },
  { name: 'an admin', scopes: [...ALL, 'moderate', 'admin'], users: BOTH, self: null, isForEveryone: true },
  { name: 'a service for everyone that names ada', scopes: ALL, users: ['ada'], self: 'ada', names: 'ada' },
  { name: 'an admin that names ada', scopes: [...ALL, 'moderate', 'admin'], users: ['ada'], self: 'ada', names: 'ada' },
] as const satisfies readonly Caller[];

export type CallerName = (typeof CALLERS)[number]['name'];
