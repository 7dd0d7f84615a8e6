import { breakagesFor } from '../breakage.ts';

export const ACCESS = [
  ...breakagesFor({ file: 'server/src/http/steps/unlisted-origins.ts', test: 'server/test/http/preflights.test.ts' }, [
    ['each preflight of an origin has a line in the log', ' || told.has(origin)', ''],
    ['any number of origins has lines in the log', 'told.size === MOST_AN_HOUR || ', ''],
  ]),
  ...breakagesFor({ file: 'server/src/http/steps/cors.ts', test: 'server/test/http/preflights.test.ts' }, [
    ['preflights of unlisted origins are not reported', 'if (isPreflight) report(origin);', ''],
  ]),
  ...breakagesFor(
    {
      file: 'server/src/domain/access/upload-token-text.ts',
      test: 'server/src/domain/access/upload-token-text.test.ts',
    },
    [['an upload token with an unknown visibility fixes none', '  if (visibility !== vis) return undefined;\n', '']],
  ),
  ...breakagesFor(
    {
      file: 'server/src/callers/authenticator/jwt/verify.ts',
      test: 'server/src/callers/authenticator/jwt/jwt.test.ts',
    },
    [
      [
        'a token lives a second longer than its skew',
        'clockTolerance: rules.clockSkewSeconds',
        'clockTolerance: rules.clockSkewSeconds + 1',
      ],
      [
        'a token may be issued a second later than its skew',
        'now.getTime() / 1_000 + rules.clockSkewSeconds',
        'now.getTime() / 1_000 + rules.clockSkewSeconds + 1',
      ],
    ],
  ),
  ...breakagesFor(
    {
      file: 'server/src/http/request/user-claims.ts',
      test: 'server/src/http/request/user-claims.test.ts',
    },
    [
      [
        'only the first user in a query counts',
        "(name === 'user_id' ? [{ pointer, userId }] : []));",
        "(name === 'user_id' ? [{ pointer, userId }] : [])).slice(0, 1);",
      ],
    ],
  ),
];
