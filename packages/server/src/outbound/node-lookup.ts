import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { LookUp } from './look-up.ts';

/**
 * The `lookup` option of Node's connections. It answers on a later tick: the connection may fail within the answer, and
 * who made it has listeners only once `connect` has returned.
 */
export const nodeLookup =
  (lookUp: LookUp): LookupFunction =>
  (hostname, { family, all }, answer) => {
    lookUp(hostname).then(
      (addresses) => {
        const fit = addresses.filter((one) => isOf(family, one));
        const [first] = fit;
        if (first === undefined) process.nextTick(answer, notFound(hostname), '');
        else if (all) process.nextTick(answer, null, fit);
        else process.nextTick(answer, null, first.address, first.family);
      },
      (error: unknown) => process.nextTick(answer, error, ''),
    );
  };

/** Node takes 0 for any family, and words for numbers. */
const isOf = (family: number | 'IPv4' | 'IPv6' | undefined, { family: found }: LookupAddress): boolean =>
  !family || family === found || family === `IPv${found}`;

const notFound = (hostname: string): Error =>
  Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), {
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
    hostname,
  });
