import { createHmac, randomBytes } from 'node:crypto';
import type { ImageEvent } from '@safelight/client';
import { wrongUsage } from '../failure.ts';

/** Bytes of a secret (Standard Webhooks). */
const [LEAST_BYTES, MOST_BYTES] = [24, 64];

export interface Secret {
  /** `whsec_` and base64. */
  readonly text: string;
  readonly key: Buffer;
}

export const newSecret = (): Secret => secretIn(`whsec_${randomBytes(32).toString('base64')}`);

/** Errors: another text, which isn't repeated. */
export function secretIn(text: string): Secret {
  const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const key = Buffer.from(base64, 'base64');
  if (key.length >= LEAST_BYTES && key.length <= MOST_BYTES) return { text, key };
  throw wrongUsage(
    `Expected a secret of a webhook: whsec_ and ${LEAST_BYTES} to ${MOST_BYTES} bytes as base64; got something else.`,
  );
}

/**
 * The request's headers and body, as the service's own: Standard Webhooks, with the headers of CloudEvents. `source`:
 * the service's origin.
 */
export function signedMessage(
  { cursor: _, ...data }: ImageEvent,
  { source, secret, now }: { readonly source: string; readonly secret: Secret; readonly now: Date },
) {
  const { event_id: id, type, time: timestamp, image_id: subject } = data;
  const body = JSON.stringify({ type, timestamp, data });
  const seconds = Math.floor(now.getTime() / 1000);
  const signature = createHmac('sha256', secret.key).update(`${id}.${seconds}.${body}`).digest('base64');
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': `v1,${signature}`,
      'ce-specversion': '1.0',
      'ce-id': id,
      'ce-source': source,
      'ce-type': type,
      'ce-time': timestamp,
      'ce-subject': subject,
    },
  };
}
