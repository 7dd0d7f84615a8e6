/**
 * One who must look at an image before it is ready. A process asks its gates in order; each of them sees the bytes that would be served.
 */
export interface Gate {
  /** Lower-case, as records have it. */
  readonly name: string;
  readonly rules: GateRules;

  /**
   * Whether the image may be published. `later`: it is being decided, and asking again changes nothing. Errors: `unavailable` if there is
   * no verdict, whatever the reason; the signal's reason once it aborts.
   */
  ask(copy: ScreenedCopy, signal: AbortSignal): Promise<GateVerdict>;

  /** Resolves if the gate could be asked now. Errors: `unavailable`. */
  check(signal: AbortSignal): Promise<void>;
}

/** The verified bytes, on this machine. */
export interface ScreenedCopy {
  readonly path: string;
  readonly sizeBytes: number;
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
  /** What errors in a row end in: the image waits until the deadline, or after `attempts` errors it is refused or passes. */
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

/** A gate of this process, with what is known of its calls. */
export interface KnownGate extends Gate {
  /** The last error, if the last call failed. */
  lastError(): Error | null;
}
