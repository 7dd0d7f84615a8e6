import { AppError } from '../../domain/errors.ts';
import { rememberLast } from '../../domain/remember.ts';
import { preview } from '../../text/preview.ts';
import { isHealthPath } from '../request/health-path.ts';
import type { Step } from './step.ts';

/** The service's origin for clients: PUBLIC_URL, else the scheme and host by which the client addressed it. */
export const publicOrigin = (publicUrl: string | null): Step => {
  const originOf = { http: rememberLast(originBy('http')), https: rememberLast(originBy('https')) };
  return (c) => {
    const { scheme, host } = c.get('addressed');
    c.set('publicOrigin', publicUrl ?? (isHealthPath(c.req.path) ? UNNAMED : originOf[scheme](host)));
  };
};

/** For health checks under any Host, whose answers contain no origin. No page has this origin. */
const UNNAMED = 'none:';

const originBy =
  (scheme: 'http' | 'https') =>
  (host: string): string => {
    const url = `${scheme}://${host}`;
    if (/^[\w.:[\]-]+$/.test(host) && URL.canParse(url)) return new URL(url).origin;
    throw new AppError(
      'misdirected-host',
      `expected a host name and port as Host; got ${host === '' ? 'none' : preview(host)}`,
    );
  };
