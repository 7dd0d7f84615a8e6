import type { Delivery } from '../../domain/event/delivery.ts';

/** The end of a page: an event's time, in milliseconds since 1970, and id. Ids of one time sort by text. */
export interface DeliveryPosition {
  readonly at: number;
  readonly id: string;
}

/** Before the deliveries of all events at that time or earlier; undefined: before all. */
export const positionBefore = (until: Date | undefined): DeliveryPosition => ({
  at: until ? until.getTime() + 1 : Number.MAX_SAFE_INTEGER,
  id: '',
});

export const positionTextOf = ({ event, eventId }: Delivery): string => `${event.at.getTime()} ${eventId}`;

/** Errors: TypeError: positions of clients are sealed. */
export function positionInText(text: string): DeliveryPosition {
  const [, at, id = ''] = TEXT.exec(text) ?? [];
  if (at !== undefined) return { at: Number(at), id };
  throw new TypeError('expected a position in a list of deliveries; got another text');
}

const TEXT = /^(\d+) (.+)$/;
