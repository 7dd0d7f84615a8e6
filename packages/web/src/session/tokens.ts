import type { Credential } from './credential.ts';

/** The tokens of all requests of one person. */
export interface Tokens {
  /**
   * For one client, which calls it again after a 401: it then waits for the next token, if need be until somebody has
   * signed in again.
   */
  source(): () => Promise<string>;
  /** For what nobody has asked for: fails where `source` would ask the person. */
  quietSource(): () => Promise<string>;
  /** Replaces the credential: the same person has signed in again. */
  replace(credential: Credential): void;
  /** Nobody signs in again for now: what waits fails, and so does what comes, until `replace`. */
  giveUp(): void;
  /** The person has left: nothing gets a token any more, whoever still holds a client. */
  end(): void;
  credential(): Credential;
}

/** `ask` asks the person to sign in again. */
export function createTokens(first: Credential, ask: () => void): Tokens {
  let credential = first;
  let waiting: PromiseWithResolvers<void> | undefined;
  let renewing: Promise<boolean> | undefined;
  let isHere = true;
  let mayAsk = true;

  const renew = (): Promise<boolean> => {
    renewing ??= credential.renew().finally(() => {
      renewing = undefined;
    });
    return renewing;
  };

  const signedInAgain = (): Promise<void> => {
    if (!mayAsk) return Promise.reject(notSignedIn());
    if (!waiting) {
      waiting = Promise.withResolvers();
      ask();
    }
    return waiting.promise;
  };

  const giveUp = (): void => {
    mayAsk = false;
    waiting?.reject(notSignedIn());
    waiting = undefined;
  };

  function sourceWith(refusedAgain: () => Promise<void>): () => Promise<string> {
    let last: string | undefined;
    return async () => {
      while (isHere && credential.token() === last) {
        const refused = credential;
        await renew();
        // An issuer may answer with the token that was refused.
        if (credential === refused && credential.token() === last) await refusedAgain();
      }
      if (!isHere) throw notSignedIn();
      last = credential.token();
      return last;
    };
  }

  return {
    source: () => sourceWith(signedInAgain),
    quietSource: () => sourceWith(() => Promise.reject(notSignedIn())),
    replace(next) {
      credential = next;
      mayAsk = true;
      waiting?.resolve();
      waiting = undefined;
    },
    giveUp,
    end() {
      isHere = false;
      giveUp();
    },
    credential: () => credential,
  };
}

const notSignedIn = (): Error => new Error('expected somebody to be signed in; got none');
