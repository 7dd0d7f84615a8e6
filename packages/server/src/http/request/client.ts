import { userOf } from '../../domain/access/access.ts';
import type { Client } from '../../domain/access/client.ts';
import { networkOf } from '../../domain/access/network.ts';
import type { RouteContext } from '../route.ts';

/** The sender of this request. Its signal is created on demand, because most requests wait for nothing. */
export const clientOf = (c: RouteContext): Client => ({
  address: addressOf(c),
  get signal() {
    return c.req.raw.signal;
  },
});

/** Shared by all requests without a known address. */
const UNKNOWN = '';

/** What requests of one client are counted by. */
export const addressOf = (c: RouteContext): string => networkOf(c.get('clientAddress') ?? UNKNOWN);

/** The request's user, as far as known before its body; '' if unknown. */
export const ownerBefore = (c: RouteContext): string => userOf(c.get('access')) ?? c.req.query('user_id') ?? '';
