/** One thing that what is provisioned should be. */
export interface Aspect<Target> {
  readonly name: string;
  /** Compares what is with what should be. Changes nothing. */
  check(target: Target): Promise<Finding>;
}

export type Finding = LeftOut | Compared;

/** Nothing of it is done, for this reason; `unsupported`: the store itself said so. */
export interface LeftOut {
  readonly kind: 'left-out' | 'unsupported';
  readonly why: string;
}

export interface Compared {
  readonly kind: 'compared';
  /** A line for each thing that isn't as it should be. */
  readonly difference: readonly string[];
  /** A line for each part that this store can't do. */
  readonly except: readonly string[];
  /** Makes it as it should be; what others configured besides stays. */
  apply(): Promise<unknown>;
}
