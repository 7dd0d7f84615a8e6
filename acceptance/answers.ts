/** The service's answers as a client sees them, written from the contract, not from the server's types. */
export interface Image {
  readonly image_id: string;
  readonly user_id: string;
  readonly filename: string;
  readonly content_type: string;
  readonly size: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly sha256: string | null;
  readonly status: 'pending' | 'ready' | 'rejected' | 'expired' | 'trashed';
  readonly tags: readonly string[];
  readonly description: string | null;
  readonly metadata: object;
  /** Fractions of width and height. */
  readonly focal_point: { readonly x: number; readonly y: number } | null;
  readonly visibility: 'private' | 'public';
  readonly s3_key: string | null;
  readonly s3_url: string | null;
  readonly created_at: string;
  readonly upload_time: string | null;
  readonly updated_at: string;
  readonly revision: number;
  /** A ThumbHash, in base64. */
  readonly placeholder: string | null;
  readonly dominant_color: string | null;
  /** URLs by preset. */
  readonly renditions: { readonly [preset: string]: string } | null;
  readonly rejection?: { readonly code: string; readonly detail: string };
  /** Of a trashed image only. */
  readonly purge_at?: string;
}

export interface Trashed {
  readonly image_id: string;
  readonly status: string;
  readonly purge_at: string;
}

export interface TrashResults {
  readonly count: number;
  readonly results: readonly (Partial<Trashed> & { readonly image_id: string; readonly error?: Problem })[];
}

export interface Grant {
  readonly image_id: string;
  readonly upload_url: string;
  readonly method: string;
  /** The exact headers of a PUT. */
  readonly headers: Readonly<Record<string, string>>;
  /** The fields before the file of a POST. */
  readonly fields: Readonly<Record<string, string>>;
  readonly expires_at: string;
  readonly max_size: number;
  readonly status: string;
}

export interface RenditionDownload {
  readonly download_url: string;
  readonly expires_at: string;
  readonly content_type: string;
  readonly size: number;
}

export interface Purge {
  readonly image_id: string;
  readonly removed: number;
}

export interface RenderLink {
  readonly image_id: string;
  readonly url: string;
  readonly expires_at: string | null;
}

export interface RenderLinks {
  readonly count: number;
  readonly results: readonly (Partial<RenderLink> & { readonly index: number; readonly error?: Problem })[];
}

export interface UploadToken {
  readonly token: string;
  readonly token_id: string;
  readonly user_id: string;
  readonly expires_at: string;
}

/** A link to an image, for anyone who has its URL. */
export interface ShareLink {
  readonly link_id: string;
  readonly url: string;
  readonly what: 'original' | 'preset';
  readonly preset: string | null;
  readonly created_at: string;
  readonly expires_at: string;
}

export interface ShareLinks {
  readonly count: number;
  readonly links: readonly ShareLink[];
}

export interface Page {
  readonly count: number;
  readonly images: readonly Image[];
  readonly next_cursor: string | null;
  /** Absent unless uploads are still being verified. */
  readonly pending?: number;
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly error: string;
  readonly code: string;
  readonly request_id: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

export interface Limits {
  readonly max_upload_bytes: number;
  readonly max_direct_upload_bytes: number;
  readonly presigned_seconds: number;
}

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
  unauthenticated: 401,
  forbidden: 403,
  'missing-scope': 403,
  'signature-invalid': 403,
  'upload-token-used-up': 403,
  'origin-not-allowed': 403,
  'image-not-found': 404,
  'link-not-found': 404,
  'unknown-preset': 404,
  'route-not-found': 404,
  'method-not-allowed': 405,
  'image-not-ready': 409,
  'too-many-links': 409,
  'upload-missing': 409,
  'idempotency-conflict': 409,
  'revision-conflict': 412,
  'range-not-satisfiable': 416,
} as const;

export type Code = keyof typeof STATUS;
