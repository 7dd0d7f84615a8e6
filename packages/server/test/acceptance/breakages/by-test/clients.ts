import { caughtBy } from '../breakage.ts';

/** Breakages of the client, the command line and the gallery. */
export const CLIENTS = [
  ...caughtBy('packages/client/test/requests.test.ts', [
    ['a URL is renewed once', 'upload.ts: RENEWALS', '4', '1'],
    ['a URL is renewed once more', 'upload.ts: RENEWALS', '4', '5'],
  ]),
  ...caughtBy('packages/cli/src/output/lines.test.ts', [
    ['isolates of direction reach the terminal', 'terminal-text.ts: OBEYED', 'ufffb]--[', 'ufffb]--[\\u2066-\\u2069'],
  ]),
  ...caughtBy('packages/web/src/session/oidc/oidc.test.ts', [
    ['signing out leaves the refresh token valid', 'oidc.ts: credentialOf', '= refresh ??', '='],
    ['tokens outlive the sign-out', 'oidc.ts: credentialOf', ";\n      [access, refresh] = ['', undefined]", ''],
    ['signing out waits for a silent issuer', 'oidc.ts: credentialOf', 'signal: AbortSignal.timeout(END_MS),', ''],
    [
      'signing out fails with an issuer that is away',
      'oidc.ts: credentialOf',
      '          .catch(() => undefined);\n',
      ';',
    ],
    ['the page after the sign-out is that of a sign-in', 'oidc.ts: credentialOf', "new URL('/', …).href", '…'],
    [
      'the issuer is not told who signs out',
      'oidc.ts: credentialOf',
      "page.searchParams.set('id_token_hint', idToken)",
      'void 0',
    ],
    ['signing out leads to any address', 'oidc.ts: pageAt', '&& isTrusted ? page :', '??'],
  ]),
];
