import type { Authenticator, HeaderValues } from '../../authenticator/authenticator.ts';
import type { RouteContext } from '../route.ts';
import type { Step } from './step.ts';

export const authentication =
  (authenticator: Authenticator): Step =>
  async (c) => {
    c.set('principal', await authenticator.authenticate(valuesIn(c)));
    return undefined;
  };

/** Node keeps apart what came twice, which costs more than to see that nothing came; elsewhere the platform has joined it. */
function valuesIn(c: RouteContext): HeaderValues {
  const { incoming } = c.env ?? {};
  if (!incoming) return (name) => [c.req.header(name) ?? ''];
  return (name) => (incoming.headers[name] === undefined ? [] : (incoming.headersDistinct[name] ?? []));
}
