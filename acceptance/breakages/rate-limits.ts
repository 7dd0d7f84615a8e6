import { breakagesOf } from './breakage.ts';

/** Rules that only a service with rate limits has. */
export const RATE_LIMITS = [
  ...breakagesOf('domain/access/rate-limits.ts', [
    ['uploads count as grants', "uploadImage: 'upload'", "uploadImage: 'grant'"],
    ['lists are not counted', "listImages: 'list'", 'listImages: null'],
    [
      'presets by a signed URL count as reads',
      "operation === 'readRendition' ? 'picture'",
      "operation === 'readRendition' ? 'read'",
    ],
    ['links count as reads', "openLink: 'picture'", "openLink: 'read'"],
    ['signed URLs count for all images together', 'principal.url.imageId}:', 'principal.kind}:'],
    ['signed renders count as reads', "renderImage: 'render'", "renderImage: 'read'"],
    ['each upload token has a share of its own', 'principal.token.userId}', 'principal.token.id}'],
    ['all upload tokens share', 'principal.token.userId}', "''}"],
    [
      'holders of tokens use up the share of addresses',
      "return [{ ...single('member', `tokens:",
      "return principal.token.userId ? [shareOfAddress(address)] : [{ ...single('member', `tokens:",
    ],
    [
      'users of a service share a limit',
      'if (named === null) return [ofKey];',
      'if (named !== undefined) return [ofKey];',
    ],
    ['users of a service have no limit together', 'TIMES_OF_SERVICE = 50', 'TIMES_OF_SERVICE = 5_000'],
    ['completing an upload counts', 'completeUpload: null', "completeUpload: 'read'"],
    ['21 refused credentials are a 401', 'answered: 20', 'answered: 21'],
    [
      'services have no limit',
      "case 'service': {",
      "case 'service': {\n      if (principal.actors.length > 0) return [];",
    ],
  ]),
  ...breakagesOf('http/admission/request-rates.ts', [
    ['nothing is refused', 'filter(({ isAdmitted }) => !isAdmitted)', 'filter(({ limit }) => !limit)'],
    ['answers do not tell the limit', 'addHeaders(c, rateLimitHeaders(limits));', ''],
    ['a refusal does not name its policy', '    policy: name,\n', ''],
    ['a refusal says to come back at once', 'retryAfterSeconds: resetSeconds,', 'retryAfterSeconds: 1,'],
    ['a user at its limit uses up the share of all', 'counted.includes(taking.share.name) ? 1 : 0', '0'],
    ['the limit of a key has no name of its own', 'share.times === 1 ? policy', 'share.times > 0 ? policy'],
    ['a batch counts as one', '.some(({ requests }) => requests > 0)', '.some(() => false)'],
    ['a batch counts one too many', '? -1 : 0)', '? 0 : 0)'],
  ]),
  ...breakagesOf('http/uploads/upload-batches.ts', [
    [
      'a batch of grants counts as one',
      'uploads.map((upload) => countedFor',
      'uploads.slice(0, 1).map((upload) => countedFor',
    ],
    [
      'the users of members are not counted',
      "typeof userId === 'string' ? actingFor",
      "typeof userId === 'number' ? actingFor",
    ],
  ]),
  ...breakagesOf('http/images/image-batches.ts', [['a batch of deletes counts as one', 'members: ids.length, ', '']]),
  ...breakagesOf('http/renditions/renders.ts', [
    ['a batch of signed URLs counts as one', 'members: batch.renders.length,', ''],
  ]),
  ...breakagesOf('http/admission/rate-limit-headers.ts', [
    ['the window of a policy is not told', ';w=', ';window='],
    ['the end of the window is not told', ';t=', ';reset='],
  ]),
  ...breakagesOf('callers/rate-limiter/memory/memory.ts', [
    [
      'refused requests count',
      'areTaken ? counter.used + requests : Math',
      'areTaken || requests ? counter.used + requests : Math',
    ],
  ]),
  ...breakagesOf('callers/rate-limiter/taken.ts', [
    ['one request too many is admitted', 'used + requests <= limit.requests', 'used + requests <= limit.requests + 1'],
  ]),
  ...breakagesOf('http/admission/access.ts', [
    [
      'signed URLs are not counted',
      'await countRequest(c, checks.rateLimiter, await',
      "c.set('counted', []);\n  if (access.principal.kind !== 'link') await countRequest(c, checks.rateLimiter, await",
    ],
    ['users in bodies are not counted', 'await countMembers(c, checks, Array(members)', 'void Array.of(Array(members)'],
    [
      'a preset without a credential is a failure',
      'return authenticator.authenticate(headers, () => undefined).catch(anonymously(c));',
      'return failures\n      .counting(c, (beforeGuess) => authenticator.authenticate(headers, beforeGuess))\n      .catch(anonymously(c));',
    ],
  ]),
  ...breakagesOf('http/admission/signed-urls.ts', [
    [
      'wrong signatures are not counted',
      "takeAll(c, limiter, [{ policy: 'signatures'",
      "takeAll(c, null, [{ policy: 'signatures'",
    ],
    ['wrong signatures count as reads', "[{ policy: 'signatures'", "[{ policy: 'read'"],
  ]),
  ...breakagesOf('http/admission/failed-credentials.ts', [
    ['refused credentials are never a 429', 'throw failures > FAILED_CREDENTIALS.answered ?', 'throw failures < 0 ?'],
    ['refused credentials do not tell the limit', 'addHeaders(c, rateLimitHeaders([{', 'void (rateLimitHeaders([{'],
  ]),
  ...breakagesOf('http/steps/cors.ts', [
    ['pages may not read RateLimit', "'RateLimit',", ''],
    ['pages may not read Retry-After', "'Retry-After',", ''],
  ]),
];
