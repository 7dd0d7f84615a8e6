import type { ObjectKey } from '../domain/image/object-key.ts';

/** Answers presigned URLs as S3 does, if the service is its own object store. */
export type ObjectEndpoint = (request: ObjectRequest, rules: ObjectRules) => Promise<ObjectAnswer>;

/** Decisions that need the record of the object's image. */
export interface ObjectRules {
  readonly afterStore: AfterStore;
  readonly mayServe: MayServe;
  readonly mayTake: MayTake;
}

export interface ObjectRequest {
  readonly method: string;
  /** Path and query as received, which are signed: `/objects/<bucket>/<key>?...`. */
  readonly target: string;
  /** The origin that clients use, without a path: its host is signed in the presigned URL. */
  readonly origin: string;
  readonly headers: Headers;
  readonly body: AsyncIterable<Uint8Array> | null;
  readonly requestId: string;
}

export interface ObjectAnswer {
  readonly status: number;
  readonly headers: ObjectHeaders;
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | string | null;
  /** S3's, of a refusal. */
  readonly code?: string;
}

/** Header names in lower case, as the app writes them. */
export type ObjectHeaders = { readonly [name: Lowercase<string>]: string };

/** Judges the object just stored under `key`, before its sender is answered. */
export type AfterStore = (key: ObjectKey, received: { readonly sha256: string }) => Promise<StoreVerdict>;

export type StoreVerdict =
  | { readonly outcome: 'kept' }
  /** The upload has been made, of other bytes. */
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'rejected'; readonly reason: string }
  /** Nothing can be sent to the upload any more. */
  | { readonly outcome: 'over'; readonly state: string };

/** Whether bytes for the key are received. */
export type MayTake = (key: ObjectKey) => Promise<boolean>;

/** Whether a GET of the object is answered; otherwise it looks as if there were none. */
export type MayServe = (key: ObjectKey) => Promise<boolean>;
