import { DEFAULT_EVENT_DAYS } from '../../../domain/event/retention.ts';
import { integer, oneOf, type Read, type Report, variable } from '../variable.ts';

export interface EventsConfig {
  /** How long the log keeps an event. */
  readonly days: number;
}

export const EVENT_VARIABLES = {
  events: variable({
    name: 'EVENTS',
    group: 'events',
    default: 'off',
    about:
      '`on`: each change of an image is written to a log, with the change itself, for `GET /events` and webhooks. Switch it on when every process of the service runs a version that knows it.',
    parse: (given) => oneOf('on', 'off')(given) === 'on',
  }),
  eventDays: variable({
    name: 'EVENTS_DAYS',
    group: 'events',
    default: String(DEFAULT_EVENT_DAYS),
    about: 'With EVENTS=on, how many days an event can be read.',
    parse: integer(1, 90),
  }),
} as const;

/** null: changes aren't logged. Reports days of a log that there isn't. */
export function readEvents(read: Read, report: Report): EventsConfig | null {
  const days = read(EVENT_VARIABLES.eventDays);
  if (read(EVENT_VARIABLES.events)) return { days };
  if (days !== DEFAULT_EVENT_DAYS) {
    report(
      EVENT_VARIABLES.eventDays.name,
      `expected EVENTS=on, since nothing else keeps events; got ${days} without it`,
    );
  }
  return null;
}
