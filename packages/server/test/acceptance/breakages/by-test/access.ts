import { caughtBy } from '../breakage.ts';

export const ACCESS = [
  ...caughtBy('packages/server/test/http/preflights.test.ts', [
    ['each preflight of an origin has a line in the log', 'createUnlistedOrigins', ' || told.has(origin)', ''],
    ['any number of origins has lines in the log', 'createUnlistedOrigins', 'size === MOST_AN_HOUR || told.', ''],
    ['preflights of unlisted origins are not reported', 'cors', 'if (isPreflight) report(origin);', ''],
  ]),
  ...caughtBy('packages/server/src/domain/access/upload-token-text.test.ts', [
    [
      'an upload token with an unknown visibility fixes none',
      'upload-token-text.ts: tokenOf',
      ';\n  if (visibility …undefined',
      '',
    ],
  ]),
  ...caughtBy('packages/server/src/callers/authenticator/jwt/jwt.test.ts', [
    ['a token lives a second longer than its skew', 'verifiedClaims', 'clockSkewSeconds,', 'clockSkewSeconds + 1,'],
    [
      'a token may be issued a second later than its skew',
      'verifiedClaims',
      'clockSkewSeconds)',
      'clockSkewSeconds + 1)',
    ],
  ]),
  ...caughtBy('packages/server/src/http/request/user-claims.test.ts', [
    ['only the first user in a query counts', 'claimsIn', ';', '.slice(0, 1);'],
  ]),
];
