import { type components, type ImageEvent, SafelightError } from '@safelight/client';
import { failure, wrongUsage } from '../failure.ts';
import { type Invocation, reach } from '../invocation.ts';

export type EventType = ImageEvent['type'];

/** Which events, and from where on. */
export interface FollowOptions {
  readonly from?: 'oldest' | 'now';
  readonly cursor?: string;
  readonly type?: readonly EventType[];
  readonly image?: string;
}

/**
 * Events as they come, until Ctrl-C. Once this resolves, the service has answered, and no later event is missed.
 * Errors: `no-events`, those of the service, and `aborted`.
 */
export async function followEvents(
  invocation: Pick<Invocation, 'connection' | 'client' | 'interruption'>,
  { from = 'now', cursor, type: types, image: imageId }: FollowOptions,
): Promise<AsyncGenerator<ImageEvent, void, void>> {
  const { client, interruption } = invocation;
  const { signal } = interruption;
  const { events } = await reach(invocation);
  if (events === false)
    throw failure('no-events', 'This service keeps no log of events. Its operator switches it on: EVENTS=on.');
  const head = await placeIn(client, cursor === undefined ? { from } : { cursor }, signal);
  const start = cursor ?? (from === 'now' ? head : undefined);
  return client.events({ cursor: start, from, types, imageId, signal });
}

/** The cursor after a first page. Errors: `usage` for a wrong `cursor`, and those of the service. */
async function placeIn(
  client: Invocation['client'],
  place: { readonly from: string } | { readonly cursor: string },
  signal: AbortSignal,
): Promise<string> {
  try {
    const page = await client.request('/events', { query: { ...place, limit: 1 }, signal });
    const { next_cursor: cursor } = page as components['schemas']['EventList'];
    if (typeof cursor === 'string' && /^[\x21-\x7e]{1,2048}$/.test(cursor)) return cursor; // it becomes a header
  } catch (error) {
    if (!(error instanceof SafelightError) || error.code !== 'invalid-cursor') throw error;
    throw wrongUsage("Expected a cursor of this service's events in --cursor; got another text.");
  }
  throw new SafelightError('unexpected-answer', 'expected a cursor of events; got something else');
}
