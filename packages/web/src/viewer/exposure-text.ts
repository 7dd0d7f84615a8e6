import type { Image } from '@safelight/client';
import { numberText } from '../ui/formats.ts';

type Exposure = NonNullable<Image['facts']>['exposure'];

/** Exposures up to this are written as a fraction, as cameras do. */
const LONGEST_FRACTION_SECONDS = 0.3;

/** "1/250 s · f/4 · ISO 80 · 35 mm"; '' if nothing is known. */
export const exposureText = ({ seconds, f_number, iso, focal_length }: Exposure): string =>
  [
    seconds !== null &&
      (seconds <= LONGEST_FRACTION_SECONDS ? `1/${Math.round(1 / seconds)} s` : `${short(seconds)} s`),
    f_number !== null && `f/${short(f_number)}`,
    iso !== null && `ISO ${numberText(iso)}`,
    focal_length !== null && `${short(focal_length)} mm`,
  ]
    .filter((part) => part !== false)
    .join(' · ');

const short = (value: number): string => String(Number(value.toFixed(1)));
