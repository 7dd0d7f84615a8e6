import type { Claim } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import type { Route, RouteContext } from '../route.ts';
import { actFor, type BodyChecks } from './access.ts';

/** A request whose body has been read. */
export interface Received {
  /** The users that the body names. */
  readonly claims: readonly Claim[];
  /** The number of requests that it counts as. Default: one. */
  readonly members?: number;
  /** Does what is asked for the user of `access`, whom the caller may act for. */
  readonly answer: (access: Access) => Response | Promise<Response>;
}

interface NamingRoute<Needs> extends Omit<Route<Needs>, 'handle'> {
  /** Reads the body. `held` is disposed of after the answer, or after a refusal. */
  readonly receive: (c: RouteContext, services: Needs, held: AsyncDisposableStack) => Promise<Received>;
}

/** A route whose body may name the user. Admission judges and counts that user before anything is done for it. */
export const namingRoute = <Needs extends BodyChecks>({ receive, ...row }: NamingRoute<Needs>): Route<Needs> => ({
  ...row,
  async handle(c, services) {
    await using held = new AsyncDisposableStack();
    const { claims, members, answer } = await receive(c, services, held);
    return await answer(await actFor(c, services, claims, members));
  },
});
