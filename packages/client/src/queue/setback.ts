import type { SafelightError } from '../errors.ts';
import { isTemporary } from '../http/retry.ts';

/** Codes that concern every item: the service has no room for any request now, or there is no token for one. */
const BUSY: readonly string[] = ['network', 'timeout', 'no-token', 'rate-limited', 'overloaded', 'unavailable'];

/**
 * What an error means for a queue: `queue`, that no item can be uploaded now; `item`, that this one may succeed later; `final`, that it
 * won't without a change. A page of a proxy, such as that of a train's network, stands for no network.
 */
export function setbackOf(error: SafelightError): 'queue' | 'item' | 'final' {
  const { code, status = 0 } = error;
  if (BUSY.includes(code) || (code === 'unexpected-answer' && (status < 400 || status >= 500))) return 'queue';
  return isTemporary(error) ? 'item' : 'final';
}
