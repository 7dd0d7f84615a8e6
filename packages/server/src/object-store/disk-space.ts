import type { Payer } from '../domain/access/payer.ts';

/**
 * The free space of the service's own disks, of which a reserve (`MIN_FREE_BYTES`) stays free for removals: a DELETE
 * writes a record before it frees bytes. Errors of all methods: `insufficient-storage` with `isExpected`.
 */
export interface DiskSpace {
  /** Resolves if `bytes` more leave this much free. Counts nothing. */
  require(bytes: number, leaving: Floor): Promise<void>;
  /** Space for bytes on their way. */
  open(arriving: OpenedBytes): Promise<ArrivingBytes>;
  /** Whether uploads are refused, or one was lately for which there is still no space. */
  isLow(): Promise<boolean>;
  /** The disk with the least room above its reserve; undefined: there is none, or it can't be measured. */
  fullest(): Promise<MeasuredDisk | undefined>;
}

export interface MeasuredDisk {
  readonly freeBytes: number;
  readonly reserveBytes: number;
}

export interface OpenedBytes {
  /** Kept from others until they are added; 0 if nothing was announced. */
  readonly announcedBytes: number;
  readonly leaving: Floor;
  /**
   * Who sends them; absent: the service itself. Beside one upload an account keeps at most three times what it leaves
   * to others.
   */
  readonly payer?: Payer | undefined;
}

/**
 * How much a write leaves free: uploads and links the whole reserve; changes of records, and files of one request, half
 * of it.
 */
export type Floor = 'reserve' | 'half-reserve';

/** Dispose when all bytes have arrived, or no more will. */
export interface ArrivingBytes extends Disposable {
  /** Before the bytes are written. */
  add(bytes: number): Promise<void>;
}
