import { createPlaces } from '../../flow/places.ts';
import type { Services } from '../../services.ts';
import { type BodyGates, createGate, type Gate } from '../bodies/gate.ts';
import type { Step } from './step.ts';

/** An incoming body takes up to 0.6 MB, whatever its length. */
const BODIES = { places: 256, holds: 'a body' };

/** Four bodies of 7 MB take about 150 MB during decoding; waiting ones are on disk. */
const LARGE_JSON = { width: 4, maxWaiting: 64, holds: 'a large JSON body' };

export const bodyGates = ({ clock, observe }: Pick<Services, 'clock' | 'observe'>): Step => {
  const gate = createGate(LARGE_JSON);
  const largeJson: Gate = {
    async enter(client) {
      const startMs = clock.elapsedMs();
      const place = await gate.enter(client);
      observe({ event: 'gate-wait', gate: 'large-json', waitedMs: clock.elapsedMs() - startMs });
      return place;
    },
  };
  const gates: BodyGates = { bodies: createPlaces(BODIES), largeJson };
  return (c) => {
    c.set('gates', gates);
  };
};
