import type { components, Service } from '@safelight/client';

/** The service's answers as its clients know them: by openapi.json. */
type Answers = components['schemas'];

export type Image = Answers['Image'];
/** Without `fields`. */
export type Page = Omit<Answers['ImageList'], 'images'> & { readonly images: readonly Image[] };
/** A grant whose bytes haven't come. */
export type Grant = Answers['Upload'] & {
  readonly upload_url: string;
  readonly expires_at: string;
  readonly fields: Readonly<Record<string, string>>;
};
export type UploadParts = Answers['UploadParts'];
export type Trashed = Answers['TrashedImage'];
export type RenditionDownload = Answers['RenditionDownload'];
export type Purge = Answers['Purge'];
export type RenderLink = Answers['RenderLink'];
export type CreatedKey = Answers['CreatedApiKey'];
export type UploadToken = Answers['UploadToken'];
export type ViewToken = Answers['ViewToken'];
export type ShareLink = Answers['ShareLink'];
export type ShareLinks = Answers['ShareLinkList'];
export type Usage = Answers['Usage'];
export type QuotaLimits = Usage['limits'];
export type Owner = Answers['UserUsage'];
export type Owners = Answers['UserUsageList'];
export type Problem = Answers['Problem'];
export type Limits = Service['limits'];

/** The results of a batch, each with the answer to its member or with its error. */
interface Results<Member, Named> {
  readonly count: number;
  readonly results: readonly (Partial<Member> & Named & { readonly error?: Problem })[];
}

export type Facts = Answers['Facts'];
export type Changes = Results<Pick<Image, 'status' | 'revision'>, { readonly image_id: string }>;
export type TrashResults = Results<Trashed, { readonly image_id: string }>;
export type RenderLinks = Results<RenderLink, { readonly index: number }>;

/** Rules that some stores lack; `GET /` lists them. */
export const STORE_RULES = ['conditional-writes', 'checksums', 'post-policy', 'header-signing'] as const;
export type StoreRule = (typeof STORE_RULES)[number];

/** Every code that a client can provoke, and its status. */
export const STATUS = {
  'invalid-request': 400,
  'malformed-body': 400,
  'unsupported-body': 400,
  'invalid-cursor': 400,
  'search-unsupported': 400,
  'empty-upload': 400,
  'upload-too-large': 400,
  'unsupported-type': 400,
  'type-mismatch': 400,
  'content-mismatch': 400,
  'unreadable-image': 400,
  'too-many-pixels': 400,
  'refused-by-gate': 400,
  'fetch-failed': 400,
  'rendition-failed': 400,
  unauthenticated: 401,
  forbidden: 403,
  'missing-scope': 403,
  'signature-invalid': 403,
  'upload-token-used-up': 403,
  'quota-exceeded': 403,
  'origin-not-allowed': 403,
  'image-not-found': 404,
  'album-not-found': 404,
  'link-not-found': 404,
  'unknown-preset': 404,
  'route-not-found': 404,
  'method-not-allowed': 405,
  'image-not-ready': 409,
  'too-many-links': 409,
  'upload-missing': 409,
  'already-decided': 409,
  'not-awaited': 409,
  'key-already-rotated': 409,
  'idempotency-conflict': 409,
  'external-id-taken': 409,
  'revision-conflict': 412,
  'range-not-satisfiable': 416,
  'rate-limited': 429,
  'insufficient-storage': 507,
} as const;

export type Code = keyof typeof STATUS;
