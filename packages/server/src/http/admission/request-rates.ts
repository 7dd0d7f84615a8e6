import type { CountedPolicy, RateLimiter, Taken, Taking } from '../../callers/rate-limiter/rate-limiter.ts';
import type { Access } from '../../domain/access/policy.ts';
import { ratePolicyOf, type Share, sharesOf } from '../../domain/access/rate-limits.ts';
import { AppError } from '../../domain/errors.ts';
import { addHeaders } from '../answers/answer.ts';
import { addressOf } from '../request/client.ts';
import type { RouteContext } from '../route.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';

/** For routes that count more of a request once its body is read. */
export interface RateLimited {
  /** null: nothing is limited. */
  readonly rateLimiter: RateLimiter | null;
}

/** For routes that compare passwords. */
export interface PasswordGuesses {
  /** Counts wrong passwords, also where nothing else is limited. */
  readonly guesses: RateLimiter;
}

/**
 * Counts a request to the limits of its operation, before its body is read; `limiter` is null if nothing is limited.
 * Errors: `rate-limited`; the request isn't counted then.
 */
export async function countRequest(c: RouteContext, limiter: RateLimiter | null, access: Access): Promise<void> {
  const shares = sharesOf(access, addressOf(c));
  c.set('counted', shares);
  await countTo(c, limiter, access, toOne(shares));
}

const toOne = (shares: readonly Share[]) => shares.map((share) => ({ share, requests: 1, held: 0 }));

/**
 * Counts the images of a request after its body was read: either all of them or none. `accesses` has one entry for each
 * image. The request itself was counted as one image before its body was read. If the body names a user who has no
 * request left, that one is given back, so that a user at its limit doesn't use up the key's limit. Errors:
 * `rate-limited`.
 */
export async function countMembers(
  c: RouteContext,
  { rateLimiter }: RateLimited,
  accesses: readonly Access[],
): Promise<void> {
  const address = addressOf(c);
  const counted = c.get('counted').map(({ name }) => name);
  const takings = new Map<string, Omit<Taking, 'policy'>>();
  for (const share of accesses.flatMap((access) => sharesOf(access, address))) {
    const requests = takings.get(share.name)?.requests ?? (counted.includes(share.name) ? -1 : 0);
    takings.set(share.name, { share, requests: requests + 1, held: 0 });
  }
  const isUserNew = takings.size > counted.length;
  const all = [...takings.values()].map((taking) => ({
    ...taking,
    held: isUserNew && counted.includes(taking.share.name) ? 1 : 0,
  }));
  if (all.some(({ requests }) => requests > 0)) await countTo(c, rateLimiter, c.get('access'), all);
}

async function countTo(
  c: RouteContext,
  limiter: RateLimiter | null,
  access: Pick<Access, 'principal' | 'operation'>,
  takings: readonly Omit<Taking, 'policy'>[],
): Promise<void> {
  const policy = ratePolicyOf(access);
  if (policy !== null)
    await takeAll(
      c,
      limiter,
      takings.map((taking) => ({ ...taking, policy })),
    );
}

interface Told extends Taken {
  readonly taking: Taking;
  /** The name of the limit. */
  readonly name: string;
}

/** Takes all or none, and tells what is left. Errors: `rate-limited`. */
export async function takeAll(c: RouteContext, limiter: RateLimiter | null, takings: readonly Taking[]): Promise<void> {
  const results = await limiter?.take(takings);
  const told = new Map<string, Told>();
  for (const [index, taking] of takings.entries()) {
    const taken = results?.[index];
    const name = limitName(taking);
    const other = told.get(name);
    if (taken && (!other || isTighter(taken, other))) told.set(name, { ...taken, taking, name });
  }
  if (told.size === 0) return;
  const limits = [...told.values()];
  const shown = limits.filter(({ taking, isAdmitted }) => !taking.share.isUntold || !isAdmitted);
  if (shown.length > 0) addHeaders(c, rateLimitHeaders(shown));
  const [first, ...others] = limits.filter(({ isAdmitted }) => !isAdmitted);
  if (first) throw refusal(others.reduce((one, next) => (isTighter(next, one) ? next : one), first));
}

/** A batch may count several users; the headers report only the user with the least left. */
const isTighter = (one: Taken, other: Taken): boolean =>
  one.remaining === other.remaining ? one.resetSeconds > other.resetSeconds : one.remaining < other.remaining;

/** `upload`, and `upload-of-key` for all users of a service together. */
const limitName = ({ policy, share }: { readonly policy: CountedPolicy; readonly share: Share }): string =>
  share.times === 1 ? policy : `${policy}-of-key`;

function refusal({ taking, name, limit, resetSeconds }: Told): AppError {
  const { policy, share, requests } = taking;
  const whose = share.times === 1 ? '' : ' by all users of the key together';
  const asked = requests <= 1 ? 'more' : `${requests} more, in a batch`;
  const detail = `expected at most ${limit.requests} requests of the policy ${policy} in ${limit.windowSeconds} s${whose}; got ${asked}: try again in ${resetSeconds} s`;
  return new AppError('rate-limited', detail, {
    policy: name,
    retryAfterSeconds: resetSeconds,
    params: { limit: limit.requests, window_seconds: limit.windowSeconds },
  });
}
