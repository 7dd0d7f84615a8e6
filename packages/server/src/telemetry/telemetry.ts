import type { Observer } from '../observer/observer.ts';
import type { Tracing } from '../observer/tracing.ts';

/** What a process tells about itself besides its log. Disposing sends what is left, for a few seconds at most. */
export interface Telemetry extends AsyncDisposable {
  /** Counts what happens. */
  readonly listener: Observer;
  readonly tracing: Tracing;
}
