import assert from 'node:assert/strict';

/** The limit that an answer was counted to, as its headers tell it. */
export interface Told {
  readonly policy: string;
  /** Requests in a window of so many seconds. */
  readonly limit: number;
  readonly windowSeconds: number;
  readonly left: number;
  /** Until the window ends. */
  readonly resetSeconds: number;
}

const POLICY = /^"(?<policy>[a-z]+)";q=(?<limit>\d+);w=(?<windowSeconds>\d+)$/;
const LIMIT = /^"(?<policy>[a-z]+)";r=(?<left>\d+);t=(?<resetSeconds>\d+)$/;

export function told({ headers }: Response): Told {
  const [policies, limits] = [headers.get('ratelimit-policy') ?? '', headers.get('ratelimit') ?? ''];
  const [policy, rest] = [POLICY.exec(policies)?.groups, LIMIT.exec(limits)?.groups];
  assert.ok(
    policy && rest && policy['policy'] === rest['policy'],
    `RateLimit-Policy: ${policies}; RateLimit: ${limits}`,
  );
  return {
    policy: rest['policy'] ?? '',
    limit: Number(policy['limit']),
    windowSeconds: Number(policy['windowSeconds']),
    left: Number(rest['left']),
    resetSeconds: Number(rest['resetSeconds']),
  };
}

export const tellsNothing = ({ headers }: Response): boolean =>
  !headers.has('ratelimit') && !headers.has('ratelimit-policy');
