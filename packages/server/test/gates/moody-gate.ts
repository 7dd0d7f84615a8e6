import type { Image } from '../../src/domain/image/image.ts';

/** A gate that always has the same verdict about the same bytes, but doesn't always say it. */
export interface MoodyGate extends AsyncDisposable {
  /** The settings of a service that has it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether an image of these bytes may end so. */
  may(sha256: string, status: Extract<Image['status'], 'ready' | 'rejected'>): boolean;
  /** What was decided otherwise than by answers, and isn't sent yet. */
  readonly unsent: Set<Unsent>;
  /** From now on it says each verdict at once. */
  calmDown(): void;
  /** How often it answered in each way. */
  readonly counts: ReadonlyMap<string, number>;
}

/** A decision for `POST /images/{id}/decision`. */
export interface Unsent {
  readonly id: string;
  readonly gate: string;
  readonly sha256: string;
  readonly verdict: 'pass' | 'refuse';
}

/** About every third. */
export const refuses = (sha256: string): boolean => Number.parseInt(sha256.slice(0, 4), 16) % 3 === 0;

/** How often each was counted. */
export function createCounts(): { readonly counts: Map<string, number>; count(name: string): void } {
  const counts = new Map<string, number>();
  return { counts, count: (name) => void counts.set(name, (counts.get(name) ?? 0) + 1) };
}
