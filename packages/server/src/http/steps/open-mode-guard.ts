import { AppError } from '../../domain/errors.ts';
import { rememberLast } from '../../domain/remember.ts';
import { hostHeader } from '../header.ts';
import { isLoopbackHost } from '../origins.ts';
import type { Step } from './step.ts';

const FORWARDING: ReadonlySet<string> = new Set([
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-forwarded-server',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
]);

/**
 * Open mode serves this machine only. A foreign Host is a web page whose name was rebound to us; a forwarding header
 * is a proxy that let the world in.
 */
export const openModeGuard = (publicUrl: string | null): Step => {
  const publicHost = publicUrl === null ? undefined : new URL(publicUrl).host;
  const isOurs = rememberLast((host: string) => isLoopbackHost(host) || host.toLowerCase() === publicHost);
  return (c) => {
    const host = hostHeader(c);
    if (!isOurs(host)) {
      const detail = `expected the Host localhost, 127.0.0.1, [::1] or that of PUBLIC_URL; came ${host}`;
      throw new AppError('misdirected-host', detail);
    }
    const headers = c.env?.incoming?.headers ?? c.req.header();
    const forwarding = Object.keys(headers).find((name) => FORWARDING.has(name));
    if (forwarding !== undefined) {
      const detail = `expected a request straight from this machine; came one with ${forwarding} (see ALLOW_OPEN)`;
      throw new AppError('forwarded-request', detail);
    }
  };
};
