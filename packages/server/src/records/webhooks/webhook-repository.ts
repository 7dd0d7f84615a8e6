import type { Delivery, DeliveryOutcome } from '../../domain/event/delivery.ts';
import type { EventPosition } from '../../domain/event/event-position.ts';
import type { Webhook } from '../../domain/event/webhook.ts';

/** Endpoints that receive events, and their deliveries. Errors: those of `ImageRepository`. */
export interface WebhookRepository {
  /** False if there are too many already (`hasRoomFor`). An id that is taken is a programming error. */
  create(webhook: Webhook): Promise<boolean>;
  get(id: string): Promise<Webhook | undefined>;
  /** All, the oldest first, as of the last resolved write of any process. */
  list(): Promise<readonly Webhook[]>;
  /**
   * Writes `to` but for its position, if the stored one still is of the version of `from`; false otherwise. `to` has
   * the next version.
   */
  replace(from: Webhook, to: Webhook): Promise<boolean>;
  /** With its unfinished deliveries; `forget` removes the finished ones. False if there is none. */
  remove(id: string): Promise<boolean>;

  /**
   * Moves the webhook's position, whatever else changes on it; false if its position no longer is `from`. Its version
   * stays.
   */
  advance(id: string, from: EventPosition | null, to: EventPosition): Promise<boolean>;

  /**
   * Adds deliveries of one webhook that don't exist yet; existing ones stay as they are. Returns those that are
   * unfinished, as they were given. At most `MAX_ADDED`.
   */
  addDeliveries(deliveries: readonly Delivery[]): Promise<readonly Delivery[]>;
  /** The unfinished deliveries of a webhook, by the shard and then the sequence of their events; at most `limit`. */
  unfinished(webhookId: string, limit: number): Promise<readonly Delivery[]>;
  /**
   * Writes the outcome of an attempt; false if the delivery is finished, gone, or another attempt was recorded since
   * `from` was read.
   */
  record(from: Delivery, outcome: DeliveryOutcome): Promise<boolean>;
  /** A page of a webhook's deliveries, the latest event (by its time) first. */
  deliveries(webhookId: string, query: DeliveriesQuery): Promise<DeliveriesPage>;
  delivery(webhookId: string, eventId: string): Promise<Delivery | undefined>;
  /**
   * Makes finished deliveries unfinished again, without attempts, due at `now`. Raises the webhook's version, by which
   * its worker hears of it. Returns their number. At most `MAX_ADDED`.
   */
  replay(webhookId: string, eventIds: readonly string[], now: Date): Promise<number>;

  /**
   * Removes the deliveries of the user's events, and webhooks for this user alone. Returns the number of deliveries.
   * Repeatable.
   */
  eraseUser(userId: string): Promise<number>;
  /**
   * Removes finished deliveries that were made before that time, which the store may do by itself, later, and those of
   * removed webhooks. A bounded number in a round.
   */
  forget(before: Date): Promise<void>;
}

export const MAX_ADDED = 100;

export interface DeliveriesQuery {
  readonly limit: number;
  /** The position after the page before. */
  readonly after: string | undefined;
  readonly status: Delivery['status'] | undefined;
  /** Finds events at this time or later. Pages end there: nothing older is read. */
  readonly since: Date | undefined;
  /** Finds events at this time or earlier. */
  readonly until: Date | undefined;
}

export interface DeliveriesPage {
  readonly deliveries: readonly Delivery[];
  /** The position after this page; null: it is the last. */
  readonly next: string | null;
}
