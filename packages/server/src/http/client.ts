import type { Client } from '../domain/client.ts';
import { networkOf } from '../domain/network.ts';
import type { RouteContext } from './route.ts';

/** Whoever sent this request. Its signal is made when it is asked for: most requests wait for nothing. */
export const clientOf = (c: RouteContext): Client => ({
  address: addressOf(c),
  get signal() {
    return c.req.raw.signal;
  },
});

/** All requests whose address nobody tells share one. */
const UNKNOWN = '';

export const addressOf = (c: RouteContext): string => {
  const address = c.env?.incoming?.socket.remoteAddress ?? c.env?.event?.remoteAddress;
  return address === undefined ? UNKNOWN : networkOf(address);
};

/** The user that a request speaks for, as far as it tells before its body; '' where it doesn't. */
export const ownerBefore = (c: RouteContext): string => c.get('principal').subject ?? c.req.query('user_id') ?? '';
