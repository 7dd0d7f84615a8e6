import { remember, remembered } from './tab-memory.ts';

/** What somebody has signed in with. */
export interface Credential {
  readonly kind: 'pasted' | 'issuer';
  /** For the next request. */
  token(): string;
  /** After the service refused the token: whether there is another one now. Errors: no connection. */
  renew(): Promise<boolean>;
  /** Signs out. Resolves with the issuer's page that signs out there, if it has one. */
  end(): Promise<string | undefined>;
}

/** As long as the service accepts; a header has no other characters. */
const TEXT = /^[\x21-\x7e]{1,8192}$/;

/** An API key, an upload or view token, or a JWT, for the tabs of this page; undefined if the text can be none. */
export function pastedCredential(text: string): Credential | undefined {
  const trimmed = text.trim();
  if (!TEXT.test(trimmed)) return undefined;
  return {
    kind: 'pasted',
    token: () => trimmed,
    renew: async () => false,
    async end() {
      remember('credential', undefined);
      return undefined;
    },
  };
}

/** A reload finds the pasted one again, and none that somebody pasted before. */
export const keep = (credential: Credential): void =>
  remember('credential', credential.kind === 'pasted' ? credential.token() : undefined);

export const keptCredential = (): Credential | undefined => pastedCredential(remembered('credential') ?? '');
