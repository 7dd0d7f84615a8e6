import type { Authenticator, HeaderValues } from '../../authenticator/authenticator.ts';
import type { RouteContext } from '../route.ts';
import type { Step } from './step.ts';

export const authentication =
  (authenticator: Authenticator): Step =>
  (c) => {
    const principal = authenticator.authenticate(valuesIn(c));
    if (!(principal instanceof Promise)) return void c.set('principal', principal);
    return principal.then((known) => void c.set('principal', known));
  };

/** Node keeps repeated headers apart, which costs more than checking that there are none; other platforms join them. */
function valuesIn(c: RouteContext): HeaderValues {
  const { incoming } = c.env ?? {};
  if (!incoming) return (name) => [c.req.header(name) ?? ''];
  return (name) => (incoming.headers[name] === undefined ? [] : (incoming.headersDistinct[name] ?? []));
}
