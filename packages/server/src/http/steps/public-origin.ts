import { AppError } from '../../domain/errors.ts';
import { rememberLast } from '../../flow/remember.ts';
import { preview } from '../../text/preview.ts';
import { hostHeader } from '../request/header.ts';
import { isHealthPath } from '../request/health-path.ts';
import type { Step } from './step.ts';

/** The service's origin for clients: PUBLIC_URL, else the request's Host, with https if the platform says so. */
export const publicOrigin = (publicUrl: string | null): Step => {
  const [plain, secure] = [rememberLast(originOf('http')), rememberLast(originOf('https'))];
  return (c) => {
    const originByHost = c.req.url.startsWith('https:') ? secure : plain;
    c.set('publicOrigin', publicUrl ?? (isHealthPath(c.req.path) ? UNNAMED : originByHost(hostHeader(c) ?? '')));
  };
};

/** For health checks under any Host, whose answers contain no origin. No page has this origin. */
const UNNAMED = 'none:';

const originOf =
  (scheme: 'http' | 'https') =>
  (host: string): string => {
    const url = `${scheme}://${host}`;
    if (/^[\w.:[\]-]+$/.test(host) && URL.canParse(url)) return new URL(url).origin;
    throw new AppError(
      'misdirected-host',
      `expected a host name and port as Host; got ${host === '' ? 'none' : preview(host)}`,
    );
  };
