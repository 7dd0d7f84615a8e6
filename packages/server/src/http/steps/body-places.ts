import { createPlaceLine, type PlaceLine } from '../../flow/place-line.ts';
import { createPlaces } from '../../flow/places.ts';
import type { Services } from '../../services.ts';
import type { BodyPlaces } from '../route.ts';
import type { Step } from './step.ts';

/** An incoming body takes up to 0.6 MB, whatever its length. */
const BODIES = { places: 256, holds: 'a body' };

/** Four bodies of 7 MB take about 150 MB during decoding; waiting ones are on disk. */
const LARGE_JSON = { places: 4, maxWaiting: 64, holds: 'a large JSON body' };

export const bodyPlaces = ({ clock, observe }: Pick<Services, 'clock' | 'observe'>): Step => {
  const line = createPlaceLine(LARGE_JSON);
  const largeJson: PlaceLine = {
    async enter(client) {
      const startMs = clock.elapsedMs();
      const place = await line.enter(client);
      observe({ event: 'place-wait', place: 'large-json', waitedMs: clock.elapsedMs() - startMs });
      return place;
    },
  };
  const places: BodyPlaces = { bodies: createPlaces(BODIES), largeJson };
  return (c) => {
    c.set('places', places);
  };
};
