import { breakagesOf } from './breakage.ts';

/** Rules that only a service with rate limits has. */
export const RATE_LIMITS = [
  ...breakagesOf('domain/access/rate-limits.ts', [
    ['uploads count as grants', "uploadImage: 'upload'", "uploadImage: 'grant'"],
    ['lists are not counted', "listImages: 'list'", 'listImages: null'],
    ['signed renders count as reads', "renderImage: 'render'", "renderImage: 'read'"],
    ['each upload token has a share of its own', 'principal.token.userId}', 'principal.token.id}'],
    ['all upload tokens share', 'principal.token.userId}', "''}"],
    [
      'holders of tokens use up the share of addresses',
      "case 'uploader':\n      return {",
      "case 'uploader':\n      return principal.token.userId ? shareOfAddress(address) : {",
    ],
    ['21 refused credentials are a 401', 'answered: 20', 'answered: 21'],
    [
      'services have no limit',
      "case 'service':\n      return {",
      "case 'service':\n      return principal.actors.length > 0 ? null : {",
    ],
  ]),
  ...breakagesOf('http/request/request-rates.ts', [
    ['nothing is refused', 'if (taken.isAdmitted) return;', 'if (taken.limit) return;'],
    ['answers do not tell the limit', 'addHeaders(c, rateLimitHeaders(policy, taken));', ''],
    [
      'a refusal does not name its policy',
      '{ policy, retryAfterSeconds: resetSeconds }',
      '{ retryAfterSeconds: resetSeconds }',
    ],
    [
      'a refusal says to come back at once',
      '{ policy, retryAfterSeconds: resetSeconds }',
      '{ policy, retryAfterSeconds: 1 }',
    ],
    ['a batch counts as one', 'requests: members - 1', 'requests: 0'],
    ['a batch counts one too many', 'requests: members - 1', 'requests: members'],
  ]),
  ...breakagesOf('http/routes/batches.ts', [
    ['a batch of grants counts as one', 'await countMembers(c, services, uploads.length);', ''],
    ['a batch of deletes counts as one', 'await countMembers(c, services, image_ids.length);', ''],
  ]),
  ...breakagesOf('http/routes/renders.ts', [
    ['a batch of signed URLs counts as one', 'await countMembers(c, services, renders.length);', ''],
  ]),
  ...breakagesOf('http/answers/rate-limit-headers.ts', [
    ['the window of a policy is not told', ';w=', ';window='],
    ['the end of the window is not told', ';t=', ';reset='],
  ]),
  ...breakagesOf('rate-limiter/memory/memory.ts', [
    ['refused requests count', 'await limiter.reward(name, requests);', ''],
    ['one request too many is admitted', 'points: requests,', 'points: requests + 1,'],
  ]),
  ...breakagesOf('http/request/access.ts', [
    [
      'signed URLs are not counted',
      'await countRequests(c, checks.rateLimiter, { ...access, requests: 1 });\n  if',
      "if (access.principal.kind !== 'link') await countRequests(c, checks.rateLimiter, { ...access, requests: 1 });\n  if",
    ],
    [
      'a preset without a credential is a failure',
      'return authenticator.authenticate(headers, () => undefined).catch(anonymously(c));',
      'return failures\n      .counting(c, (beforeGuess) => authenticator.authenticate(headers, beforeGuess))\n      .catch(anonymously(c));',
    ],
  ]),
  ...breakagesOf('http/request/failed-credentials.ts', [
    ['refused credentials are never a 429', 'throw failures > FAILED_CREDENTIALS.answered ?', 'throw failures < 0 ?'],
    [
      'refused credentials do not tell the limit',
      'addHeaders(c, rateLimitHeaders(policy, {',
      'void (rateLimitHeaders(policy, {',
    ],
  ]),
  ...breakagesOf('http/steps/cors.ts', [
    ['pages may not read RateLimit', "'RateLimit',", ''],
    ['pages may not read Retry-After', "'Retry-After',", ''],
  ]),
];
