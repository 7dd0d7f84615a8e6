/** How its bytes arrive in parts, which have one length, the last one excepted. */
export interface Parts {
  readonly partBytes: number;
  /** Whether each part comes with its SHA-256, which the store verifies. */
  readonly checksums: boolean;
  /** The store's; null: it hasn't begun. */
  readonly uploadId: string | null;
}

/** S3's limit. */
export const MAX_PARTS = 10_000;
