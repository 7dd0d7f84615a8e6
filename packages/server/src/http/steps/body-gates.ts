import { type BodyGates, createGate } from '../gate.ts';
import type { Step } from './step.ts';

/** A body costs up to 0.6 MB while it comes, whatever its length. */
const BODIES = { width: 256, maxWaiting: 0, holds: 'a body' };

/** Four bodies of 7 MB cost about 150 MB while they are decoded; who waits lies on disk. */
const LARGE_JSON = { width: 4, maxWaiting: 64, holds: 'a large JSON body' };

export const bodyGates = (): Step => {
  const gates: BodyGates = { bodies: createGate(BODIES), largeJson: createGate(LARGE_JSON) };
  return (c) => {
    c.set('gates', gates);
  };
};
