import { SafelightError } from '../errors.ts';
import { ANSWER_MS, unlessAborted } from './retry.ts';

/** A credential, or a function that makes one; it is called once more if the service refuses the last. */
export type TokenSource = string | (() => string | Promise<string>);

/** A token that the source has made, shared by all requests until one of them finds it refused. */
export interface Credential {
  current(): Promise<string>;
  /**
   * Forgets the token of this promise; another request may have done so before. False if the source can't make others.
   */
  refused(token: Promise<string>): boolean;
}

/** Undefined if there is no source. */
export function createCredential(source: TokenSource | undefined, { waitMs = ANSWER_MS } = {}): Credential | undefined {
  if (source === undefined) return undefined;
  let made: Promise<string> | undefined;
  const make = async (): Promise<string> => {
    try {
      return checked(typeof source === 'function' ? await madeBy(source, waitMs) : source);
    } catch (error) {
      made = undefined;
      throw error;
    }
  };
  return {
    current() {
      made ??= make();
      return made;
    },
    refused(token) {
      if (made === token) made = undefined;
      return typeof source === 'function';
    },
  };
}

async function madeBy(source: () => string | Promise<string>, waitMs: number): Promise<string> {
  const deadline = AbortSignal.timeout(waitMs);
  try {
    return await unlessAborted(
      (async () => source())(), // a function that throws rejects
      deadline,
    );
  } catch (cause) {
    if (deadline.aborted) throw new SafelightError('timeout', `expected a token within ${waitMs / 1000} s; got none`);
    throw cause instanceof SafelightError ? cause : failed(cause);
  }
}

/** `fetch` has TypeErrors for networks that fail. */
const failed = (cause: unknown): SafelightError =>
  cause instanceof TypeError
    ? new SafelightError('network', 'expected a token; got no connection to what makes tokens', { cause })
    : new SafelightError('no-token', `expected a token; got an error of the function that makes tokens: ${cause}`, {
        cause,
      });

/** Errors: `no-token` without a cause. `fetch` would quote a malformed token in its own error, and so would a log. */
function checked(token: string): string {
  const text = typeof token === 'string' ? token.trim() : '';
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  const got =
    typeof token === 'string' ? `a malformed one of ${token.length} characters` : `no string but: ${typeof token}`;
  throw new SafelightError('no-token', `expected a token of visible ASCII characters; got ${got}`);
}
