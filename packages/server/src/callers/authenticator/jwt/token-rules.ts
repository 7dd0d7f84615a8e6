import type { Scope } from '../../../domain/access/principal.ts';
import type { Algorithm } from './algorithms.ts';

/** A claim and the value that it must have, or contain. */
export interface ClaimValue {
  /** A claim's name, or a path of names: `claim-values.ts`. */
  readonly claim: string;
  readonly value: string;
}

/** Which tokens are accepted, and for whom. */
export interface TokenRules {
  /** `iss` of every token; null: any, the keys decide. */
  readonly issuer: string | null;
  /** The claim `audienceClaim` has one of these, or contains one. */
  readonly audience: readonly string[];
  readonly audienceClaim: string;
  readonly algorithms: readonly Algorithm[];
  /** At least one. The values of several make one user id. */
  readonly userClaims: readonly string[];
  /** A token with this claim is a `service` for the users that the claim lists, or for everyone (`*`). */
  readonly actAsClaim: string | null;
  /** A token with this claim is a `service` for the users whose ids begin with a prefix that the claim lists. */
  readonly actAsPrefixesClaim: string | null;
  /** A token with this claim is an `admin`. */
  readonly admin: ClaimValue | null;
  /** Other tokens are refused. */
  readonly require: ClaimValue | null;
  /** The text before each of our scopes in a token; '': none. */
  readonly scopePrefix: string;
  /** Scopes for tokens that contain no scope of this service. */
  readonly defaultScopes: readonly Scope[];
  readonly clockSkewSeconds: number;
}
