import { type components, pagesOf } from '@safelight/client';
import { type Command, Option } from 'commander';
import { answerOf } from '../answer-of.ts';
import { EXIT } from '../exit-code.ts';
import { stopped, wrongUsage } from '../failure.ts';
import type { Invocation } from '../invocation.ts';
import { counted } from '../output/amounts.ts';
import { rowText } from '../output/rows.ts';
import { shown } from '../output/terminal-text.ts';
import type { Start } from '../start.ts';
import { namesIn } from './image-ids.ts';
import { dayOrTime, wholeNumber } from './options.ts';
import { pathOf, webhookId } from './webhook-id.ts';

type Delivery = components['schemas']['Delivery'];
type Replay = components['schemas']['Replay'];

interface ListOptions {
  readonly status?: string;
  readonly limit?: number;
  readonly quiet?: boolean;
}

interface ReplayOptions {
  readonly since?: string;
  readonly until?: string;
  readonly status?: string;
}

const DELIVERY = { event_id: 'text', status: 'text', event_time: 'text', type: 'text' } as const;

/** The service's longest page, and most ids in one replay. */
const [PAGE, MOST_REPLAYED] = [100, 1_000];

export function addDeliveries(webhooks: Command, start: Start): void {
  webhooks
    .command('deliveries')
    .summary('List what a webhook was told, and what became of it.')
    .description(
      'Lists what a webhook was told and is still to be told, the latest event first: event id, status, time and type of the event, and what came of the last attempt.',
    )
    .argument('<id>', 'as `safelight webhooks` prints it', webhookId)
    .addOption(new Option('--status <status>', 'only those').choices(['waiting', 'delivered', 'failed']))
    .option('-l, --limit <n>', 'at most so many', wholeNumber(1, 1_000_000_000))
    .option('-q, --quiet', 'only event ids, for `safelight webhooks replay ID -`')
    .action((id: string, options: ListOptions, command: Command) =>
      start(command, (invocation) => list(invocation, id, options)),
    );
  webhooks
    .command('replay')
    .description('Delivers again what was delivered or has failed: by event ids, or all of a time.')
    .argument('<id>', 'of the webhook', webhookId)
    .argument('[event-id...]', 'or - for those on stdin')
    .addOption(new Option('--since <time>', 'events from then on').argParser(dayOrTime))
    .addOption(new Option('--until <time>', 'events until then (default: now)').argParser(dayOrTime))
    .addOption(new Option('--status <status>', 'of that time, only those').choices(['delivered', 'failed']))
    .action((id: string, eventIds: readonly string[], options: ReplayOptions, command: Command) =>
      start(command, (invocation) => replay(invocation, id, { eventIds, ...options })),
    );
}

async function list(
  invocation: Invocation,
  id: string,
  { status, limit = Number.POSITIVE_INFINITY, quiet }: ListOptions,
) {
  const { client, output, interruption } = invocation;
  const { signal } = interruption;
  let count = 0;
  const ask = (cursor: string | undefined) =>
    client.request(pathOf(id, '/deliveries'), { query: { status, limit: Math.min(limit, PAGE), cursor }, signal });
  for await (const { items } of pagesOf<Delivery>('deliveries', ask)) {
    for (const one of items.slice(0, limit - count)) {
      const delivery = answerOf<Delivery>(one, DELIVERY);
      output.answer(delivery, quiet ? shown(delivery.event_id) : rowText(rowOf(delivery), output.columns));
    }
    count += items.length;
    if (count >= limit) break;
  }
  if (count === 0) output.say('No deliveries.');
  return EXIT.ok;
}

function rowOf({
  event_id: id,
  status,
  event_time: time,
  type,
  attempts,
  next_attempt_at: next,
  last_attempt: last,
}: Delivery) {
  const result = !last ? '' : `${last.status ?? 'no answer'} in ${last.duration_ms} ms`;
  const again = attempts > 1 ? `${attempts} attempts` : '';
  const due = next === null ? '' : `next ${next}`;
  const answer = !last || status === 'delivered' ? '' : last.answer;
  return {
    id,
    facts: [status.padEnd('delivered'.length), time, type.padEnd('image.restored'.length)],
    name: [result, again, due, answer].filter((part) => part !== '').join(', '),
  };
}

async function replay(
  invocation: Invocation,
  id: string,
  { eventIds, since, until, status }: ReplayOptions & { readonly eventIds: readonly string[] },
) {
  const { output, interruption, isDryRun } = invocation;
  const isRange = (since ?? until ?? status) !== undefined;
  if (isRange === eventIds.length > 0 || (isRange && since === undefined))
    throw wrongUsage('Expected event ids (- for those on stdin), or --since with perhaps --until and --status.');
  const ids = [...new Set(await Array.fromAsync(namesIn(eventIds)))];
  const bodies = since === undefined ? groupsOf(ids) : [rangeOf(since, until, status)];
  if (isDryRun) {
    for (const body of bodies)
      output.answer({ event: 'planned', webhook_id: id, ...body }, `The webhook ${id} would be told again.`);
    return EXIT.ok;
  }
  let replayed = 0;
  for (const body of bodies) {
    if (interruption.signal.aborted) throw stopped();
    const request = { method: 'POST', body, signal: interruption.signal } as const;
    replayed += ((await invocation.client.request(pathOf(id, '/replay'), request)) as Replay).replayed;
  }
  const others = Math.max(ids.length - replayed, 0);
  output.answer(
    { webhook_id: id, replayed },
    `${counted(replayed, 'delivery', 'deliveries')} due again${others > 0 ? `, ${others} not found or not finished` : ''}.`,
  );
  return others > 0 ? EXIT.someFailed : EXIT.ok;
}

const groupsOf = (ids: readonly string[]): readonly object[] =>
  Array.from({ length: Math.ceil(ids.length / MOST_REPLAYED) }, (_, group) => ({
    event_ids: ids.slice(group * MOST_REPLAYED, (group + 1) * MOST_REPLAYED),
  }));

function rangeOf(since: string, until: string | undefined, status: string | undefined): object {
  const to = until === undefined ? new Date() : new Date(isDay(until) ? `${until}T23:59:59.999Z` : until);
  return { from: new Date(since).toISOString(), to: to.toISOString(), ...(status !== undefined && { status }) };
}

const isDay = (text: string): boolean => text.length === '2026-01-31'.length;
