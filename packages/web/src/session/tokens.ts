import type { Credential } from './credential.ts';

/** The tokens of all requests of one person. */
export interface Tokens {
  /** For one client, which calls it again after a 401: it then waits for the next token, if need be until somebody has signed in again. */
  source(): () => Promise<string>;
  /** The same person has signed in again. */
  replace(credential: Credential): void;
  /** Nobody signs in again: what waits fails. */
  giveUp(): void;
  credential(): Credential;
}

/** `ask` asks the person to sign in again. */
export function createTokens(first: Credential, ask: () => void): Tokens {
  let credential = first;
  let waiting: PromiseWithResolvers<void> | undefined;
  let renewing: Promise<boolean> | undefined;

  const renew = (): Promise<boolean> => {
    renewing ??= credential.renew().finally(() => {
      renewing = undefined;
    });
    return renewing;
  };

  const signedInAgain = (): Promise<void> => {
    if (!waiting) {
      waiting = Promise.withResolvers();
      ask();
    }
    return waiting.promise;
  };

  return {
    source() {
      let last: string | undefined;
      return async () => {
        while (credential.token() === last) {
          const refused = credential;
          const isRenewed = await renew();
          if (!isRenewed && credential === refused) await signedInAgain();
        }
        last = credential.token();
        return last;
      };
    },
    replace(next) {
      credential = next;
      waiting?.resolve();
      waiting = undefined;
    },
    giveUp() {
      waiting?.reject(new Error('expected somebody to sign in again; got none'));
      waiting = undefined;
    },
    credential: () => credential,
  };
}
