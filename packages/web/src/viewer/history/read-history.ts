import type { SafelightClient } from '@safelight/client';
import type { Picture } from '../../library/library.ts';
import type { History, LoggedEvent } from './history-entries.ts';

/** What may be asked for. */
export interface Told {
  readonly links: boolean;
  readonly decisions: boolean;
  readonly events: boolean;
}

/** Each page has 1,000 events, or a bounded part of the log, which may have millions. */
const MOST_PAGES = 50;

/** All that is told, and the first error of what can't be read. */
export async function readHistory(
  client: SafelightClient,
  { image_id: id, user_id }: Picture,
  told: Told,
  signal: AbortSignal,
): Promise<{ readonly history: History; readonly error: unknown }> {
  const [links, decisions, events] = await Promise.allSettled([
    told.links ? client.images.links(id) : [],
    told.decisions ? client.images.decisions(id).then((found) => found.decisions) : [],
    told.events ? readEvents(client, { image_id: id, user_id }, signal) : [],
  ]);
  const failed = [links, decisions, events].find((one) => one.status === 'rejected');
  return {
    history: { links: valueIn(links), decisions: valueIn(decisions), events: valueIn(events) },
    error: failed?.reason,
  };
}

const valueIn = <Item>(result: PromiseSettledResult<readonly Item[]>): readonly Item[] =>
  result.status === 'fulfilled' ? result.value : [];

interface EventPage {
  readonly events: readonly LoggedEvent[];
  readonly next_cursor: string;
  readonly has_more: boolean;
}

async function readEvents(
  client: SafelightClient,
  filter: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  let cursor: string | undefined;
  for (let count = 0; count < MOST_PAGES; count += 1) {
    const query = { ...filter, limit: 1_000, cursor };
    const page = (await client.request('/events', { query, signal })) as EventPage;
    events.push(...page.events);
    if (!page.has_more) break;
    cursor = page.next_cursor;
  }
  return events;
}
