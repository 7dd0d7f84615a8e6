import { Webhook as Signer } from 'standardwebhooks';
import { eventJson } from '../../domain/event/event-json.ts';
import { eventIdOf, type ImageEvent } from '../../domain/event/image-event.ts';
import { signingSecrets, type Webhook } from '../../domain/event/webhook.ts';
import type { EventServices } from '../../services.ts';

/** A message of a webhook before it is signed. */
export interface Message {
  /** `webhook-id`: the same for each attempt. */
  readonly id: string;
  readonly body: string;
  /** Headers but those of the signature. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a message says. */
export interface MessageFacts {
  readonly id: string;
  readonly type: string;
  readonly at: Date;
  /** What it is about. */
  readonly subject: string;
  readonly data: object;
}

export function messageOf(event: ImageEvent, events: Pick<EventServices, 'source'>): Message {
  const { type, at, imageId: subject } = event;
  return messageWith({ id: eventIdOf(event), type, at, subject, data: eventJson(event) }, events);
}

/** Standard Webhooks 1.0, with the headers of CloudEvents 1.0.2 in HTTP's binary mode. */
export function messageWith(
  { id, type, at, subject, data }: MessageFacts,
  { source }: Pick<EventServices, 'source'>,
): Message {
  const timestamp = at.toISOString();
  return {
    id,
    body: JSON.stringify({ type, timestamp, data }),
    headers: {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': id,
      'ce-source': source,
      'ce-type': type,
      'ce-time': timestamp,
      'ce-subject': subject,
    },
  };
}

/** One signature by each secret, joined by a space. `now`: the receiver compares it with its own clock. */
export const signatureHeaders = (
  { id, body }: Pick<Message, 'id' | 'body'>,
  secrets: readonly string[],
  now: Date,
) => ({
  'webhook-id': id,
  'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
  'webhook-signature': secrets.map((secret) => new Signer(secret).sign(id, now, body)).join(' '),
});

/** The secrets that sign now. Those that no key of the service opens are left out. */
export const openedSecrets = (
  { secrets }: Pick<Webhook, 'secrets'>,
  { secrets: { open } }: Pick<EventServices, 'secrets'>,
  now: Date,
): readonly string[] => signingSecrets(secrets, now).flatMap(({ sealed }) => open(sealed) ?? []);
