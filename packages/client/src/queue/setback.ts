import type { SafelightError } from '../errors.ts';
import { isTemporary } from '../http/retry.ts';

/** Codes of a service that can't take any request now. */
const BUSY: readonly string[] = ['network', 'timeout', 'rate-limited', 'overloaded', 'unavailable'];

/**
 * What an error means for a queue: `queue`, that no item can be uploaded now; `item`, that this one may succeed later;
 * `final`, that it won't without a change. A page of a proxy, such as that of a train's network, stands for no network.
 */
export function setbackOf(error: SafelightError): 'queue' | 'item' | 'final' {
  const { code, status = 0 } = error;
  if (BUSY.includes(code) || isTokenLate(error) || (code === 'unexpected-answer' && (status < 400 || status >= 500)))
    return 'queue';
  return isTemporary(error) ? 'item' : 'final';
}

/**
 * The function that makes tokens failed, as it does while its own service is down. A malformed token has no cause: the
 * function is wrong.
 */
const isTokenLate = (error: SafelightError): boolean => error.code === 'no-token' && 'cause' in error;
