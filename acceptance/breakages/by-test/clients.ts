import { breakagesFor } from '../breakage.ts';

const OIDC = 'web/src/session/oidc';

/** Breakages of the client, the command line and the gallery. */
export const CLIENTS = [
  ...breakagesFor({ file: 'client/src/upload/upload.ts', test: 'client/test/requests.test.ts' }, [
    ['a URL is renewed once', 'const RENEWALS = 4', 'const RENEWALS = 1'],
    ['a URL is renewed once more', 'const RENEWALS = 4', 'const RENEWALS = 5'],
  ]),
  ...breakagesFor({ file: 'cli/src/output/terminal-text.ts', test: 'cli/src/output/lines.test.ts' }, [
    ['isolates of direction reach the terminal', '--[\\u200c', '--[\\u2066-\\u2069\\u200c'],
  ]),
  ...breakagesFor({ file: `${OIDC}/oidc.ts`, test: `${OIDC}/oidc.test.ts` }, [
    ['signing out leaves the refresh token valid', 'const revoked = refresh ?? access', 'const revoked = access'],
    ['tokens outlive the sign-out', "      [access, refresh] = ['', undefined];\n", ''],
    ['signing out waits for a silent issuer', 'signal: AbortSignal.timeout(END_MS),', ''],
    ['signing out fails with an issuer that is away', '          .catch(() => undefined);\n', ';'],
    [
      'the page after the sign-out is that of a sign-in',
      "new URL('/', oidc.redirect_uri).href);",
      'oidc.redirect_uri);',
    ],
    ['the issuer is not told who signs out', "page.searchParams.set('id_token_hint', idToken)", 'void 0'],
    ['signing out leads to any address', 'return page && isTrusted ? page : undefined', 'return page ?? undefined'],
  ]),
];
