import { AppError } from '../errors.ts';
import type { PendingImage } from '../image/image.ts';
import type { QuotaFault } from './quota-fault.ts';
import type { Usage } from './usage.ts';

/** What one owner may use; null: any amount. */
export interface Limits {
  /** Stored and reserved bytes together. */
  readonly bytes: number | null;
  /** Stored and pending images together. */
  readonly images: number | null;
  readonly pending: number | null;
}

/** The limits of owners without limits of their own. */
export interface DefaultLimits extends Limits {
  /** Those of owners whose ids begin so, the longest prefixes first. Absent: none. */
  readonly byPrefix?: readonly LimitsOfPrefix[];
}

export interface LimitsOfPrefix {
  readonly prefix: string;
  /** They hold for each owner: nothing is added up over a prefix. */
  readonly limits: Limits;
}

/** The longest prefix of the owner's id decides, code point by code point. */
export function limitsFor({ bytes, images, pending, byPrefix = [] }: DefaultLimits, userId: string): Limits {
  const found = byPrefix.find(({ prefix }) => userId.startsWith(prefix));
  return found?.limits ?? { bytes, images, pending };
}

export const UNLIMITED: Limits = { bytes: null, images: null, pending: null };

export const isUnlimited = ({ bytes, images, pending }: Limits): boolean =>
  bytes === null && images === null && pending === null;

/** What an upload asks for besides one pending upload. */
export interface Asked {
  readonly bytes: number;
  readonly images: number;
}

/** Bytes that take the place of others make no image more; until then both are counted. */
export const askedBy = ({ reservedBytes, replaces }: Pick<PendingImage, 'reservedBytes' | 'replaces'>): Asked => ({
  bytes: reservedBytes,
  images: replaces ? 0 : 1,
});

/**
 * What a new upload would exceed, with `usage` before it; undefined: nothing. A transition of an existing image exceeds
 * nothing.
 */
export function quotaFault(usage: Usage, limits: Limits, asked: Asked): QuotaFault | undefined {
  const faults: readonly QuotaFault[] = [
    {
      limit: 'bytes',
      max: limits.bytes ?? Number.POSITIVE_INFINITY,
      used: usage.bytes,
      reserved: usage.reservedBytes,
      asked: asked.bytes,
    },
    {
      limit: 'images',
      max: limits.images ?? Number.POSITIVE_INFINITY,
      used: usage.images,
      reserved: usage.pending,
      asked: asked.images,
    },
    { limit: 'pending', max: limits.pending ?? Number.POSITIVE_INFINITY, used: usage.pending, reserved: 0, asked: 1 },
  ];
  return faults.find(({ max, used, reserved, asked: more }) => used + reserved + more > max);
}

/** Errors carry the numbers, so that a client can tell its user what to do. */
export function quotaExceeded(fault: QuotaFault): AppError {
  const { limit, max, used, reserved, asked } = fault;
  const kept = reserved > 0 ? ` and ${reserved} reserved` : '';
  return new AppError(
    'quota-exceeded',
    `expected at most ${max} ${UNITS[limit]}; got ${asked} more, with ${used} used${kept}`,
    { quota: fault },
  );
}

const UNITS = { bytes: 'bytes', images: 'images', pending: 'pending uploads' } as const;
