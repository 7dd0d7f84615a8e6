import { createBodyPlaces } from '../body-places.ts';
import { type BodyGates, createGate } from '../gate.ts';
import type { Step } from './step.ts';

/** An incoming body takes up to 0.6 MB, whatever its length. */
const BODIES = { places: 256 };

/** Four bodies of 7 MB take about 150 MB during decoding; waiting ones are on disk. */
const LARGE_JSON = { width: 4, maxWaiting: 64, holds: 'a large JSON body' };

export const bodyGates = (): Step => {
  const gates: BodyGates = { bodies: createBodyPlaces(BODIES), largeJson: createGate(LARGE_JSON) };
  return (c) => {
    c.set('gates', gates);
  };
};
