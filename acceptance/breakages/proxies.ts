import { breakagesOf } from './breakage.ts';

/** Headers that only proxies may write. An open service without proxies refuses requests that have them. */
export const PROXIES = breakagesOf('http/steps/forwarding.ts', [
  [
    'the forwarded host of any client counts',
    "c.set('addressed', direct);",
    "c.set('addressed', { ...direct, host: header(c, 'x-forwarded-host') ?? direct.host });",
  ],
  [
    'the forwarded scheme of any client counts',
    "c.set('addressed', direct);",
    "c.set('addressed', { ...direct, scheme: header(c, 'x-forwarded-proto') ?? direct.scheme });",
  ],
]);
