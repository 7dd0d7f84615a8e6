import type { ApiKey, Rotation } from '../../domain/access/api-key.ts';
import type { KeyId } from '../../domain/access/api-key-text.ts';

/**
 * The record of every API key, also of revoked ones. A resolved write survives a power cut. Errors: `unavailable` if
 * the store can't be reached or is locked for long, or if a newer version of the service wrote the record;
 * `insufficient-storage` if it is full.
 */
export interface KeyRepository {
  /** Adds a new record. An id that is taken is a programming error. */
  create(key: ApiKey): Promise<void>;

  /** The record as of the last resolved write of any process. */
  get(id: KeyId): Promise<ApiKey | undefined>;

  /** Writes `to` if the record still is `from` (same expiry, revocation and successor); false if it has changed. */
  replace(from: ApiKey, to: ApiKey): Promise<boolean>;

  /**
   * Writes all of a rotation or nothing; false if its key or the superseded one has changed, or the superseded one was
   * used: of a revocation by `rotate` and a first `recordUse` one fails.
   */
  rotate(rotation: Rotation): Promise<boolean>;

  /**
   * Records a use, unless one was recorded less than `USE_INTERVAL_MS` before; false if the key is revoked or doesn't
   * exist.
   */
  recordUse(id: KeyId, at: Date): Promise<boolean>;

  /** A page of records, the newest first. New ones may be missing for some seconds. */
  find(query: FindKeysQuery): Promise<KeyPage>;
}

export interface FindKeysQuery {
  /** Only keys of this user; undefined: all. */
  readonly owner: string | undefined;
  /** The last id of the page before. */
  readonly after: KeyId | undefined;
  readonly limit: number;
}

export interface KeyPage {
  readonly keys: readonly ApiKey[];
  /** The position after this page; null: it is the last. */
  readonly next: KeyId | null;
}
