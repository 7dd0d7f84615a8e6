import { randomBytes } from 'node:crypto';
import { createCursors, createSecretCursors, TEXT_POSITIONS } from '../../domain/cursor.ts';
import { EVENT_POSITIONS } from '../../domain/event/event-cursor.ts';
import { createWebhookSecrets } from '../../domain/event/webhook-secrets.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import { lookUpName } from '../../outbound/process-names.ts';
import { createUrlRule } from '../../outbound/url-fault.ts';
import { createEventReader } from '../../records/events/event-reader.ts';
import type { Clock, EventServices } from '../../services.ts';
import type { Config } from '../config/config.ts';
import { subkeys } from './signing-keys.ts';
import type { Stores } from './stores.ts';

/** Disposing ends requests to webhooks. */
interface OpenEvents extends AsyncDisposable {
  /** null: EVENTS is off. */
  readonly services: EventServices | null;
}

export function openEvents(
  { outboundAllow: allow, publicUrl }: Pick<Config, 'outboundAllow' | 'publicUrl'>,
  { events, webhooks, signingKeys }: Pick<Stores, 'events' | 'webhooks' | 'signingKeys'>,
  clock: Clock,
): OpenEvents {
  if (!events) return { services: null, [Symbol.asyncDispose]: async () => undefined };
  const outbound = lazyOutbound(allow);
  const services: EventServices = {
    ...events,
    reader: createEventReader({ ...events, clock }),
    cursors: createSecretCursors(subkeys(signingKeys, 'event-cursors'), EVENT_POSITIONS, randomBytes),
    webhooks,
    secrets: createWebhookSecrets(subkeys(signingKeys, 'webhook-secrets'), randomBytes),
    deliveryCursors: createCursors(subkeys(signingKeys, 'delivery-cursors'), TEXT_POSITIONS),
    urlFault: createUrlRule(allow, lookUpName),
    outbound,
    openOutbound: () => lazyOutbound(allow),
    source: publicUrl ?? '/',
  };
  return { services, [Symbol.asyncDispose]: () => outbound[Symbol.asyncDispose]() };
}

/** Only a process that delivers imports the client, which takes 0.2 s and 28 MB. */
function lazyOutbound(allow: Config['outboundAllow']): Outbound {
  let opening: Promise<Outbound> | undefined;
  const open = async (): Promise<Outbound> => {
    const { createOutbound } = await import('../../outbound/outbound.ts');
    return createOutbound({ allow, lookUp: lookUpName });
  };
  return {
    async post(url, request) {
      opening ??= open();
      return (await opening).post(url, request);
    },
    async [Symbol.asyncDispose]() {
      await (await opening)?.[Symbol.asyncDispose]();
    },
  };
}
