import assert from 'node:assert/strict';

/** The limit that an answer was counted to, as its headers tell it. */
export interface Told {
  readonly policy: string;
  /** Whether it is the limit of a service's key, for all of its users. */
  readonly isOfKey: boolean;
  /** Requests in a window of so many seconds. */
  readonly limit: number;
  readonly windowSeconds: number;
  readonly left: number;
  /** Until the window ends. */
  readonly resetSeconds: number;
}

const POLICY = /^"(?<name>[a-z-]+)";q=(?<limit>\d+);w=(?<windowSeconds>\d+)$/;
const LIMIT = /^"(?<name>[a-z-]+)";r=(?<left>\d+);t=(?<resetSeconds>\d+)$/;
const OF_KEY = '-of-key';

/** The limit of the answer, if it has several the one of the user. */
export const told = (response: Response): Told => allTold(response)[0] ?? assert.fail('expected a limit; got none');

export function allTold({ headers }: Response): readonly Told[] {
  const policies = (headers.get('ratelimit-policy') ?? '').split(', ');
  return (headers.get('ratelimit') ?? '').split(', ').map((limit, index) => toldBy(policies[index] ?? '', limit));
}

function toldBy(policies: string, limits: string): Told {
  const [policy, rest] = [POLICY.exec(policies)?.groups, LIMIT.exec(limits)?.groups];
  assert.ok(policy && rest && policy['name'] === rest['name'], `RateLimit-Policy: ${policies}; RateLimit: ${limits}`);
  const name = rest['name'] ?? '';
  return {
    policy: name.replace(OF_KEY, ''),
    isOfKey: name.endsWith(OF_KEY),
    limit: Number(policy['limit']),
    windowSeconds: Number(policy['windowSeconds']),
    left: Number(rest['left']),
    resetSeconds: Number(rest['resetSeconds']),
  };
}

export const tellsNothing = ({ headers }: Response): boolean =>
  !headers.has('ratelimit') && !headers.has('ratelimit-policy');
