import { AppError } from '../../domain/errors.ts';
import { headerNames } from '../request/header.ts';
import { isHealthPath } from '../request/health-path.ts';
import type { Step } from './step.ts';

/**
 * Headers that proxies, load balancers and CDNs add, by the parts of their names; clients send none of them. Real ones:
 * X-Forwarded-For, X-Forwarded, Forwarded, Via, CDN-Loop, X-Real-IP, True-Client-IP, Fastly-Client-IP,
 * X-Cluster-Client-IP, CF-Connecting-IP, CF-Ray, X-Original-Host, X-Envoy-External-Address, X-Azure-ClientIP,
 * X-ARR-SSL, X-Scheme, X-Amzn-Trace-Id, X-Vercel-Id, Tailscale-User-Login. The pattern has no nested repetition,
 * because names have up to 64 KB.
 */
const FORWARDING = new RegExp(
  `^(?:${[
    'forwarded(?:-.*)?',
    '(?:.*-)?via',
    'cdn-loop',
    'surrogate-capability',
    'front-end-https',
    'x-(?:forward|proxy).*',
    'x-original-(?:host|url|uri|for|proto|forwarded.*)',
    'x-(?:scheme|url-scheme|host|https|rewrite-url)',
    'x-(?:envoy|azure|arr|varnish|cluster|nginx|amzn|vercel|appengine|ssl)-.*',
    '(?:cf|fly|fastly|akamai|cloudfront|tailscale|ngrok)-.*',
    '(?:.*-)?(?:client|real|remote|connecting|user|source|src)-?ip(?:v6)?',
    '(?:.*-)?(?:client|remote)-?(?:addr|address|host|port)',
  ].join('|')})$`,
);

/**
 * In open mode without ALLOW_OPEN the service serves this machine only, and a request through a proxy may come from
 * anywhere. nginx proxies by HTTP/1.0 by default; Node's parser also accepts 0.9 and 2.0. A proxy that speaks HTTP/1.1
 * and adds no header can't be detected.
 */
export const directGuard = (): Step => (c) => {
  if (isHealthPath(c.req.path)) return;
  const { incoming } = c.env ?? {};
  const sign =
    incoming && incoming.httpVersion !== '1.1'
      ? `HTTP/${incoming.httpVersion}`
      : headerNames(c).find((name) => FORWARDING.test(name));
  if (sign === undefined) return;
  throw new AppError(
    'forwarded-request',
    `expected a direct HTTP/1.1 request from this machine; got one with ${sign.slice(0, 60)}, as proxies send (see AUTH and ALLOW_OPEN)`,
  );
};
