/** A part of the service that can't be used now, and why. */
export interface FailingPart {
  readonly part: 'records' | 'objects';
  readonly cause: unknown;
}
