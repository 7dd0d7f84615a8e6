import type { ObjectKey } from '../domain/image/object-key.ts';
import type { ByteRange } from '../http-semantics/byte-range.ts';
import type { LocalFile, MadeFile, StageOptions } from './staging.ts';

export type { ByteRange } from '../http-semantics/byte-range.ts';

/**
 * Bytes by key. Every method is safe to repeat; absence is a value. Errors: `unavailable` when the store can't be reached or read,
 * `insufficient-storage` when it is full, and those of `Staging` where a copy on this machine is needed.
 */
export interface ObjectStore {
  /** The bucket's name: in `s3_url`, and in the events that a bucket sends. */
  readonly bucket: string;

  /** Resolves when an object could be stored now, as far as that shows at the price of a read. Errors: those of a write. */
  check(): Promise<void>;

  /**
   * Stores a staged file under `key`, replacing what is there: whole or not at all, durable when it resolves. Answers the entity
   * tag that reads can ask for (`ifMatch`); null where nobody but this service can write under its keys.
   */
  put(key: ObjectKey, file: LocalFile | MadeFile, attributes: ObjectAttributes): Promise<string | null>;

  /**
   * Stores a staged file under `key` where nothing is yet, and answers its entity tag there; undefined, and nothing changes, when
   * something is. Whole or not at all, but a power cut may lose it: for what can be made again. A store without conditional
   * writes looks first: there two at once may both come in, and the later one's stays. On S3 it is undefined, too, when the answer
   * to our own write was lost.
   */
  putFirst(key: ObjectKey, file: LocalFile | MadeFile, attributes: ObjectAttributes): Promise<string | undefined>;

  /**
   * Opens the object for reading; `undefined` when there is none, or none of the entity tag asked for. Few bytes
   * that are in memory are the body, which nobody may write to; else it is not read until it is consumed.
   */
  get(key: ObjectKey, options?: GetOptions): Promise<StoredObject | undefined>;

  head(key: ObjectKey): Promise<ObjectHead | undefined>;

  /**
   * Copies within the store, attributes replaced, and answers where the copy is; `undefined` when there is no `from`. Later writes
   * to `from` don't show. Each attempt has a key of its own, by `newKey`: a store may perform one that was given up at any
   * time, even when `from` has other bytes. All of these keys are the caller's to remove.
   */
  copy(from: ObjectKey, newKey: () => ObjectKey, options: CopyOptions): Promise<ObjectKey | undefined>;

  /**
   * The object as a local file, for programs that need a path; `undefined` when there is none, or none of the entity tag asked
   * for. Never write to it, and dispose of it: the disk store lends its own file, others a staged copy. Over `maxBytes`:
   * `upload-too-large`.
   */
  checkOut(key: ObjectKey, options: CheckOutOptions): Promise<CheckedOutFile | undefined>;

  /** Removes what exists among `keys` (any number); keys that don't exist are no error. */
  delete(keys: readonly ObjectKey[]): Promise<void>;

  /** What is stored under keys that begin with `prefix`, which ends in `/`; in no particular order. */
  list(prefix: string): AsyncIterable<ListedObject>;

  /** A part of the same, behind `after`, which needn't exist; in an order that never changes. */
  listPage(prefix: string, options: ListPageOptions): Promise<ListedPage>;
}

/**
 * How often the sweeper lists `incoming/` for objects that nobody needs: never, where the bucket removes them by itself (a
 * lifecycle rule); seldom, where a list costs money and nobody waits for it.
 */
export type IncomingListing = 'never' | 'seldom' | 'every-sweep';

export interface ConditionalOptions {
  /** Only the object of this entity tag; null or none: whatever there is. */
  readonly ifMatch?: string | null;
}

export interface GetOptions extends ConditionalOptions {
  /** A part of it, clipped to its end; all of it where there is none. */
  readonly range?: ByteRange | undefined;
}

export interface CheckOutOptions extends StageOptions, ConditionalOptions {
  /** What its bytes are known to hash to: where they can be had without reading them, they aren't read for that. */
  readonly sha256?: string;
  /** Once it aborts nothing more is read, what came is removed, and the error is its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A file whose bytes are an object's. */
export interface CheckedOutFile extends LocalFile {
  /** Of the object that these bytes are, as `put` answers it. */
  readonly entityTag: string | null;
}

/** What goes with the bytes, where the store keeps such things; the disk tells the type by the bytes. */
export interface ObjectAttributes {
  readonly contentType: string;
}

export interface CopyOptions extends ObjectAttributes {
  /** `undefined`, too, when `from` has another entity tag; a store that can't compare copies what is there. */
  readonly ifMatch?: string;
}

export interface ObjectHead {
  /** Of the whole object, also where only a range is read. */
  readonly sizeBytes: number;
  readonly contentType: string;
  /** Strong, with its quotes: of these bytes as they were stored under this key (RFC 9110 8.8.3). */
  readonly entityTag: string;
}

export interface StoredObject extends ObjectHead {
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
}

export interface ListedObject {
  readonly key: ObjectKey;
  /** Asks for it where the list doesn't tell; of what is gone meanwhile some time or other. */
  storedAt(): Promise<Date>;
}

export interface ListPageOptions {
  /** A key; `prefix` itself begins at the begin. */
  readonly after: string;
  /** 1 to 1,000 (S3's limit). */
  readonly limit: number;
}

export interface ListedPage {
  readonly objects: readonly ListedObject[];
  /** Behind which the next page begins; null where there is none. */
  readonly next: ObjectKey | null;
}
