import { isIPv4, isIPv6 } from 'node:net';
import { AppError } from '../../domain/errors.ts';
import { rememberLast } from '../../domain/remember.ts';
import { truncated } from '../../text/preview.ts';
import { isHealthPath } from '../request/health-path.ts';
import { hostname, isLoopbackHost } from '../request/origins.ts';
import { isNamedBy, type OwnNames } from '../request/own-names.ts';
import type { Step } from './step.ts';

export interface HostRules extends OwnNames {
  readonly allowOpen: boolean;
}

/**
 * Answers only under the service's own names. A web page whose name was rebound to our address (DNS rebinding) sends
 * its own name as Host, and its browser considers both one origin. An IP address can't be rebound, so with ALLOW_OPEN
 * any address is allowed.
 */
export const hostGuard = ({ allowOpen, ...names }: HostRules): Step => {
  const isNamed = isNamedBy(names);
  const isOurs = rememberLast(
    (host: string) => isLoopbackHost(host) || isNamed(host) || (allowOpen && isAddress(hostname(host))),
  );
  return (c) => {
    const { host } = c.get('addressed');
    if (isHealthPath(c.req.path) || isOurs(host) || hostname(host) === c.env?.event?.domainName.toLowerCase()) return;
    const got = host === '' ? 'none' : truncated(host);
    const ours = allowOpen ? 'an IP address, localhost' : 'localhost, 127.0.0.1, [::1]';
    throw new AppError(
      'misdirected-host',
      `expected the Host ${ours}, or a name in PUBLIC_URL or ALLOWED_HOSTS; got ${got}. If it is a name of this service, add it to ALLOWED_HOSTS`,
    );
  };
};

/** The notation of URL parsers: browsers send no octal, hexadecimal or decimal addresses. */
const isAddress = (name: string): boolean => isIPv4(name) || isIPv6(/^\[([^%]*)\]$/.exec(name)?.[1] ?? '');
