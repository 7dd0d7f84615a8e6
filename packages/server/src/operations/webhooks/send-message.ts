import type { DeliveryAttempt } from '../../domain/event/delivery.ts';
import type { Webhook } from '../../domain/event/webhook.ts';
import { abortReason } from '../../flow/abort.ts';
import type { EventServices, Services } from '../../services.ts';
import { retryAfter } from './retry-schedule.ts';
import { type Message, openedSecrets, signatureHeaders } from './signed-message.ts';

/** For everything, from the look-up of the name to the end of the answer. */
const TIMEOUT_MS = 15_000;
/** Kept of an answer. */
const ANSWER_BYTES = 1_024;
const GONE = 410;
export const TOO_MANY = 429;

export interface SentMessage {
  readonly attempt: DeliveryAttempt;
  /** `gone`: the receiver wants no more of any. */
  readonly outcome: 'delivered' | 'failed' | 'gone';
  /** The receiver's Retry-After; null: it has none. */
  readonly retryAt: Date | null;
  /** Until then it wants none at all. */
  readonly busyUntil: Date | null;
  /** For the operator: it may name addresses of a private network. undefined: there was an answer. */
  readonly error: unknown;
}

type Sending = Pick<EventServices, 'secrets'> & Pick<Services, 'clock'>;

/** One attempt: a signed POST through the guarded client. Its failure is a result. Errors: the reason of `signal`. */
export async function sendMessage(
  services: Sending,
  {
    webhook,
    message,
    client,
    signal,
  }: {
    readonly webhook: Pick<Webhook, 'url' | 'secrets'>;
    readonly message: Message;
    readonly client: EventServices['outbound'];
    readonly signal: AbortSignal;
  },
): Promise<SentMessage> {
  const { clock } = services;
  const at = clock.now();
  const startMs = clock.elapsedMs();
  const attempt = (httpStatus: number | null, answer: string): DeliveryAttempt => ({
    at,
    httpStatus,
    durationMs: Math.round(clock.elapsedMs() - startMs),
    answer,
  });
  const failed = (answer: string, error: unknown): SentMessage => ({
    attempt: attempt(null, answer),
    outcome: 'failed',
    retryAt: null,
    busyUntil: null,
    error,
  });
  const secrets = openedSecrets(webhook, services, at);
  if (secrets.length === 0) return failed(UNSIGNED, new Error(UNSIGNED));
  try {
    const { status, headers, body } = await client.post(webhook.url, {
      headers: { ...message.headers, ...signatureHeaders(message, secrets, at) },
      body: message.body,
      timeoutMs: TIMEOUT_MS,
      maxAnswerBytes: ANSWER_BYTES,
      largerAnswer: 'cut',
      signal,
    });
    const retryAt = retryAfter(headers.get('retry-after'), clock.now());
    return {
      attempt: attempt(status, textOf(body)),
      outcome: outcomeOf(status),
      retryAt,
      busyUntil: status === TOO_MANY ? retryAt : null,
      error: undefined,
    };
  } catch (error) {
    if (signal.aborted) throw abortReason(signal);
    return failed(reasonOf(error), error);
  }
}

const UNSIGNED =
  'expected a secret that a key of SECRET_KEY opens; got none: put the former key back, or rotate the secret of the webhook';

const outcomeOf = (status: number): SentMessage['outcome'] => {
  if (status >= 200 && status < 300) return 'delivered';
  return status === GONE ? 'gone' : 'failed';
};

/** Without NUL, which not every store keeps. */
const textOf = (body: Uint8Array): string => new TextDecoder().decode(body).replaceAll('\u0000', '\ufffd');

/** Admins alone read it. */
function reasonOf(error: unknown): string {
  const fault = error instanceof Error && 'fault' in error ? String(error.fault) : undefined;
  if (fault === undefined) return 'expected an answer; got none';
  return `expected an answer; got none: ${WORDS[fault] ?? fault}`;
}

/** For faults whose names in `OutboundFault` a receiver's operator wouldn't know. */
const WORDS: Readonly<Record<string, string>> = {
  'refused-url': 'not-permitted',
  'refused-address': 'not-permitted',
  'unresolved-name': 'name-not-found',
  'refused-connection': 'connection-refused',
  connect: 'unreachable',
};
