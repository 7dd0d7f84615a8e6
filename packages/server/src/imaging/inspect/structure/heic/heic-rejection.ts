import type { Rejection } from '../../../../domain/image/image.ts';
import { tooCostly, unsound } from '../rejection.ts';

/** Carries a rejection out of nested readers to `readHeicPicture`. */
export class HeicRejected extends Error {
  readonly rejection: Rejection;

  constructor(rejection: Rejection) {
    super(rejection.detail);
    this.rejection = rejection;
  }
}

/** Rejects a damaged or contradictory file. */
export function refuse(expected: string, got: string): never {
  throw new HeicRejected(unsound(`expected ${expected} in a HEIC; got ${got}`));
}

/** Rejects a file that costs a decoder too much. */
export function refuseCost(expected: string, got: string): never {
  throw new HeicRejected(tooCostly(`expected ${expected} in a HEIC; got ${got}`));
}
