/** A finished backup. `manifest.json` is written last, so that a backup without it doesn't exist yet. */
export interface Manifest {
  readonly format: 1;
  readonly id: string;
  /** Of the package that made it. */
  readonly safelight: string;
  /** When the records were read: every image acknowledged before is in it, unless it was deleted before `endedAt`. */
  readonly recordsAt: string;
  readonly endedAt: string;
  readonly counts: ManifestCounts;
  /** Bytes of all originals of this backup. */
  readonly originalBytes: number;
  /** sha256 and size of `records.jsonl` and `left-out.jsonl`. */
  readonly files: Readonly<
    Record<'records.jsonl' | 'left-out.jsonl', { readonly sha256: string; readonly sizeBytes: number }>
  >;
  /** Whether the service's secret is in the target (`--with-secret`). */
  readonly hasSecret: boolean;
}

export interface ManifestCounts {
  readonly images: number;
  readonly keys: number;
  readonly limits: number;
  readonly tokenCounts: number;
  readonly erasures: number;
  /** Images that were deleted between `recordsAt` and the copy of their bytes. */
  readonly leftOut: number;
}
