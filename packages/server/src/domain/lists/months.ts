import { parseWallClock } from '../facts/wall-clock.ts';
import type { Image } from '../image/image.ts';
import { capturedAt } from './list-position.ts';

declare const brand: unique symbol;
/** `2024-07`, from the year 1 to 9999: texts sort by time. */
export type Month = string & { readonly [brand]: 'Month' };

const LENGTH = '2024-07'.length;

/** The month in which the picture was taken, as lists by capture have it. */
export const monthOf = (image: Image): Month => capturedAt(image).slice(0, LENGTH) as Month;

/** undefined: no calendar has it, or it is another text. */
export const parseMonth = (text: string): Month | undefined =>
  parseWallClock(`${text}-01T00:00:00.000`) ? (text as Month) : undefined;

/** The ready images that were taken in a month. */
export interface MonthCount {
  readonly month: Month;
  /** 1 or more. */
  readonly images: number;
}
