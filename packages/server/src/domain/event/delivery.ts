import type { LoggedEvent } from './logged-event.ts';

/** One event for one webhook. */
export interface Delivery {
  readonly webhookId: string;
  /** `eventIdOf` the event. */
  readonly eventId: string;
  readonly event: LoggedEvent;
  readonly status: 'waiting' | 'delivered' | 'failed';
  /** Attempts so far. */
  readonly attempts: number;
  /** When it is tried next; meaningless once it is finished. */
  readonly dueAt: Date;
  /** The last attempt; null: there was none. */
  readonly last: DeliveryAttempt | null;
  readonly createdAt: Date;
}

export interface DeliveryAttempt {
  readonly at: Date;
  /** null: there was no answer. */
  readonly httpStatus: number | null;
  readonly durationMs: number;
  /** The beginning of the answer's body, at most 1,024 characters; or why there was none. */
  readonly answer: string;
}

/** After an attempt. */
export interface DeliveryOutcome extends Pick<Delivery, 'status' | 'dueAt'> {
  readonly attempt: DeliveryAttempt;
}
