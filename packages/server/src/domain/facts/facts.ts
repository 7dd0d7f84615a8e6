import type { Position } from './position.ts';
import type { Taken } from './taken.ts';
import type { WallClock } from './wall-clock.ts';

/** The reader of this version. A picture that an earlier one read may be read again. */
export const READER = 1;

/** What a picture says about itself, and everybody may see who sees its metadata. */
export interface Facts {
  /** The reader that read it; 0: none yet, but somebody has set a date. */
  readonly reader: number;
  /** When it was taken; null: it doesn't say. */
  readonly taken: Taken | null;
  /** Make and model. At most `MAX_NAME` characters. */
  readonly camera: string | null;
  /** At most `MAX_NAME` characters. */
  readonly lens: string | null;
  readonly exposure: Exposure;
  /** Its IPTC DigitalSourceType says that a model made it, or parts of it. */
  readonly isAiGenerated: boolean;
  /** A C2PA manifest is in it; nothing is said of its validity. */
  readonly hasC2pa: boolean;
  /** The date that somebody set instead of `taken`; null: somebody removed it; absent: nobody did. */
  readonly takenByHand?: WallClock | null;
  /** Stored members that this version can't read, those of a later one: writes keep them. */
  readonly unknown?: Readonly<Record<string, unknown>>;
}

/** Positive numbers. */
export interface Exposure {
  readonly seconds: number | null;
  readonly fNumber: number | null;
  readonly iso: number | null;
  /** In millimetres, of the lens itself. */
  readonly focalLength: number | null;
}

/** What a picture says that only its owner's applications see: where, and in words. */
export interface Details {
  readonly position: Position | null;
  /** The position that somebody set instead; null: somebody removed it; absent: nobody did. */
  readonly positionByHand?: Position | null;
  readonly title: string | null;
  readonly description: string | null;
  readonly keywords: readonly string[];
  readonly creator: string | null;
  readonly copyright: string | null;
  /** As those of facts. */
  readonly unknown?: Readonly<Record<string, unknown>>;
}

/** What a decoder read of a picture. */
export interface ReadFacts {
  readonly facts: Omit<Facts, 'takenByHand' | 'unknown'>;
  /** null: it says nothing of that kind. */
  readonly details: Details | null;
}

/** They say nothing. */
export const NO_DETAILS: Details = {
  position: null,
  title: null,
  description: null,
  keywords: [],
  creator: null,
  copyright: null,
};

/** null: they say nothing. */
export function unlessEmpty(details: Details): Details | null {
  const { keywords, ...others } = details;
  return keywords.length > 0 || Object.values(others).some((value) => value !== null) ? details : null;
}

/** In characters. */
export const MAX_NAME = 64;
export const MAX_LINE = 200;
export const MAX_DESCRIPTION = 2_000;
export const MAX_KEYWORDS = 50;

export const NO_EXPOSURE: Exposure = { seconds: null, fNumber: null, iso: null, focalLength: null };

/** A picture that was read and says nothing. */
export const NOTHING_SAID: ReadFacts = {
  facts: {
    reader: READER,
    taken: null,
    camera: null,
    lens: null,
    exposure: NO_EXPOSURE,
    isAiGenerated: false,
    hasC2pa: false,
  },
  details: null,
};
