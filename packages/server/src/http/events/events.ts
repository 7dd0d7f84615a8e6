import type { Client } from '../../domain/access/client.ts';
import { eventJson } from '../../domain/event/event-json.ts';
import { findEvents } from '../../operations/events/find-events.ts';
import { followEvents } from '../../operations/events/follow-events.ts';
import type { Services } from '../../services.ts';
import { jsonAnswer, varyBy } from '../answers/answer.ts';
import { clientOf } from '../request/client.ts';
import { header } from '../request/header.ts';
import { parametersOf } from '../request/query.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { eventsQuery } from './event-schemas.ts';
import { eventStreamAnswer, eventStreamHead, type LongAnswers, wholeStreamAnswer } from './event-stream.ts';
import * as operations from './events.openapi.ts';

/** Lambda's front ends end a request at 30 s, of which a start of the function may take some. */
const MAX_WHOLE_WAIT_SECONDS = 20;

export const eventRoutes: readonly Route<Services & LongAnswers>[] = [
  {
    method: 'GET',
    path: '/events',
    operation: operations.read,
    async handle(c, services) {
      const asked = parse(eventsQuery, parametersOf(c), 'query');
      const { type: types, user_id: userId, image_id: imageId } = asked;
      const filter = { types, userId, imageId };
      const access = c.get('access');
      const { stopping } = services;
      varyBy(c, 'Accept');
      if (acceptsStream(c)) {
        const cursor = header(c, 'last-event-id') || asked.cursor;
        const input = { filter, cursor, from: asked.from ?? 'now', endsWithLog: stopping === null };
        const batches = await followEvents(services, access, input);
        if (c.req.method === 'HEAD') return eventStreamHead(c);
        return stopping === null ? wholeStreamAnswer(c, batches) : eventStreamAnswer(c, services, batches);
      }
      const waitSeconds = stopping === null ? Math.min(asked.wait, MAX_WHOLE_WAIT_SECONDS) : asked.wait;
      const { limit, cursor, from = 'oldest' } = asked;
      const input = { filter, cursor, from, limit, waitSeconds };
      const found = await findEvents(services, access, input, leavingClient(c, stopping));
      if (waitSeconds > 0) await services.readmit(c);
      const events = found.events.map(eventJson);
      return jsonAnswer(c, {
        count: events.length,
        events,
        next_cursor: found.nextCursor,
        has_more: found.hasMore,
      });
    },
  },
];

/** Whether the client names the type of streams, as an EventSource does: any other type means JSON. */
const acceptsStream = (c: RouteContext): boolean =>
  (header(c, 'accept') ?? '').split(',').some((range) => {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return type === 'text/event-stream' && !parameters.some((one) => /^q=0(?:\.0*)?$/.test(one));
  });

/** A client whose wait ends with the process too. */
const leavingClient = (c: RouteContext, stopping: AbortSignal | null): Client => ({
  payer: clientOf(c).payer,
  get signal() {
    const { signal } = c.req.raw;
    return stopping ? AbortSignal.any([signal, stopping]) : signal;
  },
});
