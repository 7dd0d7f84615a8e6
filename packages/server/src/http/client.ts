import type { Client } from '../domain/client.ts';
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

const GROUPS = 8;

/** The IPv4 address, or of an IPv6 address the first 64 bits: one host may take any address below them (RFC 4291 2.5.4). */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!address.includes(':')) return address;
  const [before = '', after = ''] = (address.split('%', 1)[0] ?? '').toLowerCase().split('::');
  const [left, right] = [before, after].map((part) => (part === '' ? [] : part.split(':')));
  const zeros = GROUPS - (left?.length ?? 0) - (right?.length ?? 0);
  const groups = [...(left ?? []), ...Array.from({ length: Math.max(zeros, 0) }, () => '0'), ...(right ?? [])];
  return `${groups.slice(0, GROUPS / 2).join(':')}::/64`;
}
