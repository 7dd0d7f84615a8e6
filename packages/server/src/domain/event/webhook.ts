import type { EventPosition } from './event-position.ts';
import type { EventType } from './image-event.ts';

/** The limit of webhooks of each prefix of users, and of those of no prefix. */
export const MAX_WEBHOOKS = 20;

/** The limit of those of all prefixes: while there are events, each costs its worker a write every 20 s. */
export const MAX_WEBHOOKS_BY_PREFIX = 400;

/** Whether one more fits beside the others, as far as its prefix is concerned. */
export function hasRoomFor({ userPrefix }: Webhook, others: readonly Webhook[]): boolean {
  const alike = others.filter((one) => one.userPrefix === userPrefix).length;
  if (userPrefix === null) return alike < MAX_WEBHOOKS;
  const prefixed = others.filter((one) => one.userPrefix !== null).length;
  return alike < MAX_WEBHOOKS && prefixed < MAX_WEBHOOKS_BY_PREFIX;
}

export const MAX_WEBHOOK_URL_LENGTH = 2_048;

/** With those that a rotation replaced: more signatures would only be sent in vain. */
const MAX_SECRETS = 3;

/** How long a replaced secret still signs. */
export const SECRET_OVERLAP_MS = 86_400_000;

/** A URL that receives events. */
export interface Webhook {
  /** A UUIDv7. */
  readonly id: string;
  readonly url: string;
  /** Empty: all types. */
  readonly types: readonly EventType[];
  /** Only events of this user's images; null: of all. */
  readonly userId: string | null;
  /** Only events of users whose ids begin so, whom `userId` doesn't name; null: of all. It never changes. */
  readonly userPrefix: string | null;
  /** The newest first: at most `MAX_SECRETS`. Each signs until it ends. */
  readonly secrets: readonly SealedSecret[];
  /** null: it is active. */
  readonly paused: Pause | null;
  /** Up to where events became deliveries; null: it begins at the head that the first worker sees. */
  readonly position: EventPosition | null;
  /** Since when each attempt has failed; null: the last one succeeded. */
  readonly failingSince: Date | null;
  /** Events that were never delivered, because the log had forgotten them; null: none. */
  readonly skipped: { readonly at: Date; readonly since: Date } | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Counts its changes but those of `position`, from 1. */
  readonly version: number;
}

export interface SealedSecret {
  /** Encrypted by a subkey of SECRET_KEY. */
  readonly sealed: string;
  /** Until when it signs; null: until it is replaced. */
  readonly until: Date | null;
}

/** By the service itself, without anyone asking. */
export const OWN_PAUSES = ['gone', 'failing', 'restored'] as const;
export const PAUSES = ['asked', ...OWN_PAUSES] as const;

export interface Pause {
  /** `gone`: it answered 410. `failing`: for three days. `restored`: it came from a backup. */
  readonly why: (typeof PAUSES)[number];
  readonly at: Date;
}

/** A webhook as a change leaves it. */
export const changedWebhook = (
  webhook: Webhook,
  fields: Partial<Pick<Webhook, 'url' | 'types' | 'userId' | 'secrets' | 'paused' | 'failingSince' | 'skipped'>>,
  now: Date,
): Webhook => ({ ...webhook, ...fields, updatedAt: now, version: webhook.version + 1 });

/**
 * With a new secret. The latest former ones, `MAX_SECRETS` with the new one, sign for a day from their own replacement:
 * the answer of a rotation may have been lost, so that the receiver knows an earlier secret.
 */
export function rotatedSecrets(
  secrets: readonly SealedSecret[],
  { sealed, now }: { readonly sealed: string; readonly now: Date },
): readonly SealedSecret[] {
  const until = new Date(now.getTime() + SECRET_OVERLAP_MS);
  const former = signingSecrets(secrets, now).map((one) => ({ ...one, until: one.until ?? until }));
  return [{ sealed, until: null }, ...former].slice(0, MAX_SECRETS);
}

/** Those that sign now. */
export const signingSecrets = (secrets: readonly SealedSecret[], now: Date): readonly SealedSecret[] =>
  secrets.filter(({ until }) => until === null || until > now);
