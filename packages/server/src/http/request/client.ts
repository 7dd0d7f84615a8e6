import type { Client } from '../../domain/access/client.ts';
import { networkOf } from '../../domain/access/network.ts';
import { type Payer, payerAt, payerOf } from '../../domain/access/payer.ts';
import type { Access } from '../../domain/access/policy.ts';
import type { RouteContext } from '../route.ts';

/** The sender of this request. Its signal is created on demand, because most requests wait for nothing. */
export const clientOf = (c: RouteContext, access = c.get('access')): Client => ({
  payer: payerFor(c, access),
  get signal() {
    return c.req.raw.signal;
  },
});

/**
 * The sender of a presigned request, whose signature names no credential. `owner`: the user of its object, '' if
 * unknown.
 */
export const presignedClientOf = (c: RouteContext, owner: string): Client => ({
  payer: payerAt(addressOf(c), owner),
  get signal() {
    return c.req.raw.signal;
  },
});

/** Whose share this request uses; without `access`, as far as known before its body. */
export function payerFor(c: RouteContext, { principal, named }: Access = c.get('access')): Payer {
  const claimed = principal.kind === 'open' ? (named ?? c.req.query('user_id') ?? null) : named;
  return payerOf({ principal, named: claimed }, addressOf(c));
}

/** Shared by all requests without a known address. */
const UNKNOWN = '';

/** The client's IPv4 address or /64, which distinguishes callers without a credential. */
export const addressOf = (c: RouteContext): string => networkOf(c.get('clientAddress') ?? UNKNOWN);
