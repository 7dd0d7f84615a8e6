import { breakages } from './breakage.ts';

/** Headers that only proxies may write. An open service without proxies refuses requests that have them. */
export const PROXIES = breakages([
  [
    'the forwarded host of any client counts',
    'forwarding',
    'direct)',
    "{ ...direct, host: header(c, 'x-forwarded-host') ?? direct.host })",
  ],
  [
    'the forwarded scheme of any client counts',
    'forwarding',
    'direct)',
    "{ ...direct, scheme: header(c, 'x-forwarded-proto') ?? direct.scheme })",
  ],
]);
