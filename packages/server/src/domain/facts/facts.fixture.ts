import type { Details, Facts } from './facts.ts';
import { READER } from './facts.ts';
import type { Offset } from './offset.ts';
import type { WallClock } from './wall-clock.ts';

/** A photograph by a telephone. */
export const sampleFacts: Facts = {
  reader: READER,
  taken: { at: '2024-07-14T18:22:31.120' as WallClock, offset: '+02:00' as Offset, source: 'exif-original' },
  camera: 'Apple iPhone 15 Pro',
  lens: 'iPhone 15 Pro back triple camera 6.765mm f/1.78',
  exposure: { seconds: 0.004, fNumber: 1.78, iso: 80, focalLength: 6.765 },
  isAiGenerated: false,
  hasC2pa: false,
};

export const sampleDetails: Details = {
  position: { latitude: 48.1234567, longitude: 11.7654321 },
  title: 'Harbour',
  description: 'From the wall, looking east',
  keywords: ['sea', 'Ada'],
  creator: 'Ada',
  copyright: '\u00a9 2024 Ada',
};
