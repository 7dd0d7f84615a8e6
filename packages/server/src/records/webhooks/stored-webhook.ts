import type { Delivery } from '../../domain/event/delivery.ts';
import type { EventPosition } from '../../domain/event/event-position.ts';
import type { LoggedEvent } from '../../domain/event/logged-event.ts';
import type { Webhook } from '../../domain/event/webhook.ts';

/** The JSON of webhooks and deliveries as every store keeps them: times are ISO 8601. Reading errors: TypeError. */

/**
 * One for a prefix is inside another object, which earlier versions can't read: they refuse the webhook, where they
 * would send it the events of everyone.
 */
export const webhookJson = ({ position: _, userPrefix, version, ...webhook }: Webhook): string =>
  JSON.stringify(
    userPrefix === null
      ? { ...webhook, version }
      : { version, byPrefix: { ...webhook, userPrefix } satisfies Omit<Inner, 'version'> },
  );

type Inner = Omit<Webhook, 'position'>;

export function webhookIn(json: string, position: string | null): Webhook {
  const { byPrefix, ...outer } = JSON.parse(json) as Stored<Inner> & {
    readonly byPrefix?: Stored<Omit<Inner, 'version'>>;
  };
  const read = { ...outer, ...byPrefix };
  return {
    id: read.id,
    url: read.url,
    types: read.types,
    userId: read.userId,
    userPrefix: byPrefix?.userPrefix ?? null,
    secrets: read.secrets.map(({ sealed, until }) => ({ sealed, until: until === null ? null : timeIn(until) })),
    paused: read.paused && { why: read.paused.why, at: timeIn(read.paused.at) },
    position: position === null ? null : positionIn(position),
    failingSince: read.failingSince === null ? null : timeIn(read.failingSince),
    skipped: read.skipped && { at: timeIn(read.skipped.at), since: timeIn(read.skipped.since) },
    createdAt: timeIn(read.createdAt),
    updatedAt: timeIn(read.updatedAt),
    version: read.version,
  };
}

/** Equal positions have equal texts. */
export const positionJson = ({ log, issuedAt, sequences }: EventPosition): string =>
  JSON.stringify({ log, issuedAt, sequences });

export function positionIn(json: string): EventPosition {
  const { log, issuedAt, sequences } = JSON.parse(json) as Stored<EventPosition>;
  return { log, issuedAt: timeIn(issuedAt), sequences };
}

export const deliveredEventJson = (event: LoggedEvent): string => JSON.stringify(event);

export function deliveredEventIn(json: string): LoggedEvent {
  const read = JSON.parse(json) as Stored<LoggedEvent>;
  return { ...read, imageId: read.imageId as LoggedEvent['imageId'], at: timeIn(read.at) };
}

export const lastAttemptJson = (attempt: Delivery['last']): string | null => attempt && JSON.stringify(attempt);

export function lastAttemptIn(json: string | null): Delivery['last'] {
  if (json === null) return null;
  const { at, ...rest } = JSON.parse(json) as Stored<NonNullable<Delivery['last']>>;
  return { at: timeIn(at), ...rest };
}

function timeIn(value: unknown): Date {
  const time = new Date(typeof value === 'string' ? value : Number.NaN);
  if (!Number.isNaN(time.getTime())) return time;
  throw new TypeError('expected a time in the record of a webhook; got something else');
}

/** As JSON has it: times are text. */
type Stored<Value> = {
  readonly [Name in keyof Value]: Value[Name] extends Date | null
    ? Value[Name] extends Date
      ? string
      : string | null
    : Value[Name] extends readonly (infer Item)[]
      ? readonly (Item extends object ? Stored<Item> : Item)[]
      : Value[Name] extends object | null
        ? Stored<NonNullable<Value[Name]>> | Extract<Value[Name], null>
        : Value[Name];
};
