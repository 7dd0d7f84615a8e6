import type { ImageId } from '../domain/image/image-id.ts';
import type { MediaType } from '../domain/image/media-type.ts';
import type { Visitor } from '../flow/place-line.ts';

/**
 * One who must look at an image before it is ready. A process asks its gates in order; each of them sees the bytes that
 * would be served.
 */
export interface Gate {
  /** Lower-case, as records have it. */
  readonly name: string;
  readonly rules: GateRules;
  /** It is asked with a preview: one is made for all gates that see it. */
  readonly seesPreview: boolean;

  /**
   * Whether the image may be published. `later`: it is being decided, and asking again changes nothing. Errors:
   * `unavailable` if there is no verdict, whatever the reason; the signal's reason once it aborts.
   */
  ask(copy: ScreenedCopy, signal: AbortSignal): Promise<GateVerdict>;

  /** Resolves if the gate could be asked now; null: only a question about an image tells. Errors: `unavailable`. */
  readonly check: ((signal: AbortSignal) => Promise<void>) | null;
}

/** The verified bytes, on this machine, and what is known about them. */
export interface ScreenedCopy {
  readonly path: string;
  readonly image: ScreenedImage;
  /** null for a gate that doesn't see it. */
  readonly preview: Preview | null;
}

export interface ScreenedImage {
  readonly id: ImageId;
  readonly userId: string;
  readonly tags: readonly string[];
  readonly contentType: MediaType;
  readonly sizeBytes: number;
  readonly width: number;
  readonly height: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A JPEG without metadata, of an animation its first frame. */
export interface Preview {
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
}

export type GateVerdict =
  | { readonly verdict: 'pass' }
  | {
      readonly verdict: 'refuse';
      /** For the uploader: `expected X; got Y`. */
      readonly reason: string;
      /** For moderators; null: there is nothing to add. */
      readonly privateReason: string | null;
    }
  | { readonly verdict: 'later' };

export interface GateRules {
  /**
   * What errors in a row end in: the image waits until the deadline, or after `attempts` errors it is refused or
   * passes.
   */
  readonly onError: 'hold' | 'refuse' | 'pass';
  readonly attempts: number;
  /** How long one answer may take. */
  readonly timeoutMs: number;
  /** Images that the gate is asked about at a time, by this process. */
  readonly concurrency: number;
  /** How long an image waits for the gate, and what happens then. */
  readonly deadlineMs: number;
  readonly atDeadline: 'refuse' | 'pass';
}

/** The reason of the error of a question that took the whole time-out. */
export const HANGS = 'gate-hangs';

/** A gate of this process, with what is known of its calls. */
export interface KnownGate extends Omit<Gate, 'ask' | 'check'> {
  /**
   * As `Gate.ask`, in turn: by payer, then by arrival. Questions of one payer never take the last of several places.
   */
  ask(copy: ScreenedCopy, turn: Visitor): Promise<GateVerdict>;
  /** Resolves if the gate could be asked now, or if that is unknown. Errors: `unavailable`. */
  check(signal: AbortSignal): Promise<void>;
  /** The last error, if the last call failed. */
  lastError(): Error | null;
}
