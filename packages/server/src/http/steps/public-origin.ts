import { AppError } from '../../domain/errors.ts';
import { rememberLast } from '../../domain/remember.ts';
import { shown } from '../../domain/shown.ts';
import { hostHeader } from '../header.ts';
import { isHealthPath } from '../health-path.ts';
import type { Step } from './step.ts';

/** What the client calls us: PUBLIC_URL, else the Host it asked, by https where the platform says so. */
export const publicOrigin = (publicUrl: string | null): Step => {
  const [plain, secure] = [rememberLast(originOf('http')), rememberLast(originOf('https'))];
  return (c) => {
    const originByHost = c.req.url.startsWith('https:') ? secure : plain;
    c.set('publicOrigin', publicUrl ?? (isHealthPath(c.req.path) ? UNNAMED : originByHost(hostHeader(c) ?? '')));
  };
};

/** Health is told under any Host, and its answers name no origin; no page has this one. */
const UNNAMED = 'none:';

const originOf =
  (scheme: 'http' | 'https') =>
  (host: string): string => {
    const url = `${scheme}://${host}`;
    if (/^[\w.:[\]-]+$/.test(host) && URL.canParse(url)) return new URL(url).origin;
    throw new AppError(
      'misdirected-host',
      `expected a host name and port as Host; got ${host === '' ? 'none' : shown(host)}`,
    );
  };
