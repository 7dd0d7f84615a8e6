import { type Failure, failure } from '../failure.ts';

export const refusedBefore = (reason: string): Failure =>
  failure('refused-before', `Refused before, so it was not sent again: ${reason}`);
