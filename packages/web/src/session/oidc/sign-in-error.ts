import { AuthorizationResponseError } from 'oauth4webapi';

/** Why a sign-in at the issuer didn't succeed. */
export type SignInFault =
  /** The person has canceled it, or the issuer has refused. */
  | 'refused'
  /** It was begun elsewhere, or long ago, or somebody has sent a forged address. */
  | 'not-ours'
  /** No connection. */
  | 'unreachable'
  /** The issuer's answer isn't one that may be believed. */
  | 'issuer';

export class SignInError extends Error {
  readonly fault: SignInFault;

  constructor(fault: SignInFault, options?: ErrorOptions) {
    super(`expected a sign-in; got a fault: ${fault}`, options);
    this.fault = fault;
  }

  static from(cause: unknown): SignInError {
    if (cause instanceof SignInError) return cause;
    if (cause instanceof AuthorizationResponseError) return new SignInError('refused', { cause });
    const isNetwork = cause instanceof TypeError || (cause instanceof DOMException && cause.name === 'TimeoutError');
    return new SignInError(isNetwork ? 'unreachable' : 'issuer', { cause });
  }
}
