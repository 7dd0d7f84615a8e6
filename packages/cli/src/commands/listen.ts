import { setTimeout } from 'node:timers/promises';
import type { ImageEvent } from '@safelight/client';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type FollowOptions, followEvents } from '../events/follow-events.ts';
import { type Attempt, type Forwarded, type Forwarding, forwardEvent } from '../events/forward-event.ts';
import { createLanes } from '../events/lanes.ts';
import { newSecret, secretIn } from '../events/signed-message.ts';
import { EXIT } from '../exit-code.ts';
import { failure, failureOf } from '../failure.ts';
import type { Invocation } from '../invocation.ts';
import { counted } from '../output/amounts.ts';
import { rowText } from '../output/rows.ts';
import type { Start } from '../start.ts';
import { withEventOptions } from './event-options.ts';

interface ListenOptions extends FollowOptions {
  readonly forward: URL;
  readonly secret?: string;
}

/** As the service's own deliveries of one webhook. */
const AT_ONCE = 8;

export function addListen(program: Command, start: Start): void {
  const command = program
    .command('listen')
    .summary('send events to a receiver on this machine, as webhooks')
    .description(
      'Sends each event to a receiver that you develop, as a webhook of the service would: the same requests, signed, in order for each image. The service needs EVENTS=on, and no way to this machine. Ends with Ctrl-C.\n\nA receiver that fails is tried again, six times within 16 seconds; the service itself tries for a day.',
    )
    .requiredOption('--forward <url>', 'the receiver, such as http://localhost:3000/hooks', receiverUrl)
    .addOption(new Option('--secret <whsec>', 'that signs (default: a new one)').env('SAFELIGHT_WEBHOOK_SECRET'));
  withEventOptions(command).action((options: ListenOptions, self: Command) =>
    start(self, (invocation) => listen(invocation, options)),
  );
}

function receiverUrl(text: string): URL {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url;
  throw new InvalidArgumentError('Expected a URL, such as http://localhost:3000/hooks.');
}

async function listen(invocation: Invocation, { forward: receiver, secret: given, ...options }: ListenOptions) {
  const { connection, output, interruption, isDryRun } = invocation;
  const { signal } = interruption;
  const secret = given === undefined ? newSecret() : secretIn(given);
  const counts = { delivered: 0, failed: 0 };
  const forwarding: Forwarding = {
    ...{ receiver, secret, signal, source: new URL(connection.url).origin },
    pause: (ms) => setTimeout(ms, undefined, { signal }),
    onRetry: ({ image_id: id, type }, failed, pauseMs) =>
      output.say(`${id}: ${type}: ${resultOf(failed)}; again in ${pauseMs / 1000} s`),
  };

  const forward = async (event: ImageEvent): Promise<void> => {
    if (isDryRun) return output.answer({ event: 'planned', ...factsOf(event) }, rowText(rowOf(event), output.columns));
    try {
      const sent = await forwardEvent(event, forwarding);
      if (!sent.isDelivered) throw notDelivered(event, sent);
      counts.delivered += 1;
      const { status, attempts, durationMs } = sent;
      output.answer(
        { event: 'delivered', ...factsOf(event), status, attempts, duration_ms: durationMs },
        rowText(rowOf(event, sent), output.columns),
      );
    } catch (error) {
      if (signal.aborted) return;
      counts.failed += 1;
      output.fail(failureOf(error), event.image_id, factsOf(event));
    }
  };

  const lanes = createLanes(AT_ONCE);
  try {
    const events = await followEvents(invocation, options);
    output.answer({ event: 'listening', forward: receiver.href, ...(given === undefined && { secret: secret.text }) });
    output.say(`Events go to ${receiver.href}. Ctrl-C ends it.`);
    if (given === undefined) output.say(`The receiver's secret, for this run: ${secret.text}`);
    for await (const event of events) await lanes.add(event.image_id, () => forward(event));
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await lanes.ended();
  }
  const { delivered, failed } = counts;
  output.answer({ event: 'summary', delivered, failed, interrupted: true });
  output.say(`${counted(delivered, 'event')} delivered${failed > 0 ? `, ${failed} failed` : ''}.`);
  return EXIT.interrupted; // by itself it has no end
}

const factsOf = ({ event_id, type, image_id, revision, cursor }: ImageEvent) => ({
  event_id,
  type,
  image_id,
  revision,
  cursor,
});

const rowOf = ({ image_id: id, type }: ImageEvent, sent?: Forwarded) => ({
  id,
  facts: [type.padEnd('image.restored'.length)],
  name: sent ? `${resultOf(sent)}${sent.attempts > 1 ? `, attempt ${sent.attempts}` : ''}` : 'would be sent',
});

/** `204 in 12 ms`, `500 in 3 ms: the beginning of the answer`, or why there was none. */
const resultOf = ({ status, durationMs, answer }: Attempt): string => {
  if (status === null) return answer;
  const isFailed = status < 200 || status >= 300;
  return `${status} in ${durationMs} ms${isFailed && answer !== '' ? `: ${answer}` : ''}`;
};

function notDelivered({ type }: ImageEvent, sent: Forwarded) {
  const next =
    sent.status === 410
      ? 'The service would pause this webhook.'
      : `Given up after ${counted(sent.attempts, 'attempt')}; the service would try for a day.`;
  const result = resultOf(sent);
  return failure('not-delivered', `${type}: ${result}${/[.!?]$/.test(result) ? '' : '.'} ${next}`);
}
