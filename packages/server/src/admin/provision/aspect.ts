/** One required property of a resource. */
export interface Aspect<Target> {
  readonly name: string;
  /** Compares the actual state with the required one. Changes nothing. */
  check(target: Target): Promise<Finding>;
}

export type Finding = LeftOut | Compared;

/** Nothing is changed, for this reason; `unsupported`: the store itself refused. */
export interface LeftOut {
  readonly kind: 'left-out' | 'unsupported';
  readonly why: string;
}

export interface Compared {
  readonly kind: 'compared';
  /** A line for each difference. */
  readonly difference: readonly string[];
  /** A line for each part that this store doesn't support. */
  readonly except: readonly string[];
  /** Creates the required state; other configuration is unchanged. */
  apply(): Promise<unknown>;
}
