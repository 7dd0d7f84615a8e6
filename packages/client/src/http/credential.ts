import { SafelightError } from '../errors.ts';

/** A credential, or what makes one; it is asked again once if the service refuses the last. */
export type TokenSource = string | (() => string | Promise<string>);

/** A token that the source has made, shared by all requests until one of them finds it refused. */
export interface Credential {
  current(): Promise<string>;
  /** Forgets the token of this promise; another request may have done so before. False if the source can't make others. */
  refused(token: Promise<string>): boolean;
}

/** Undefined if there is no source. */
export function createCredential(source: TokenSource | undefined): Credential | undefined {
  if (source === undefined) return undefined;
  let made: Promise<string> | undefined;
  const make = async (): Promise<string> => {
    try {
      return headerValue(typeof source === 'function' ? await source() : source);
    } catch (error) {
      throw error instanceof SafelightError ? error : failed(error);
    }
  };
  return {
    current() {
      if (made) return made;
      const making = make();
      made = making;
      making.catch(() => {
        if (made === making) made = undefined; // the next request asks again
      });
      return making;
    },
    refused(token) {
      if (made === token) made = undefined;
      return typeof source === 'function';
    },
  };
}

/** A header with other characters would be refused by an error that contains it. Errors name no part of the text, which may be a secret. */
function headerValue(token: unknown): string {
  const text = typeof token === 'string' ? token.trim() : '';
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  const came = typeof token === 'string' ? `${token.length} characters with others among them` : typeof token;
  throw new SafelightError('malformed-token', `expected a token of visible ASCII characters; got ${came}`);
}

/** `fetch` has TypeErrors for networks that fail. */
const failed = (cause: unknown): SafelightError =>
  cause instanceof TypeError
    ? new SafelightError('network', 'expected a token; got no connection to what makes tokens', { cause })
    : new SafelightError('no-token', 'expected a token; got an error of the function that makes tokens', { cause });
