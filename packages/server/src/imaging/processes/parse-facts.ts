import {
  type Details,
  type Exposure,
  MAX_DESCRIPTION,
  MAX_KEYWORDS,
  MAX_LINE,
  MAX_NAME,
  READER,
  type ReadFacts,
  unlessEmpty,
} from '../../domain/facts/facts.ts';
import { parseOffset } from '../../domain/facts/offset.ts';
import { type Position, parsePosition } from '../../domain/facts/position.ts';
import { TAKEN_SOURCES, type Taken } from '../../domain/facts/taken.ts';
import { parseWallClock, wallClockMs } from '../../domain/facts/wall-clock.ts';
import { isRecord } from './decode-reply.ts';

type Fields = Readonly<Record<string, unknown>>;

const NO_FIELDS: Fields = {};
const fieldsOf = (value: unknown): Fields => (isRecord(value) ? value : NO_FIELDS);

/**
 * What a decoder says that a picture says: a member that can't be true is absent, and is no reason to refuse the
 * picture. `latestMs`: no date after it is believed; absent: any is.
 */
export function parseFacts(value: unknown, latestMs = Number.POSITIVE_INFINITY): ReadFacts {
  const { facts, details } = fieldsOf(value);
  const { taken, camera, lens, exposure, isAiGenerated, hasC2pa } = fieldsOf(facts);
  return {
    facts: {
      reader: READER,
      taken: takenIn(taken, latestMs),
      camera: textIn(camera, MAX_NAME),
      lens: textIn(lens, MAX_NAME),
      exposure: exposureIn(exposure),
      isAiGenerated: isAiGenerated === true,
      hasC2pa: hasC2pa === true,
    },
    details: isRecord(details) ? detailsIn(details) : null,
  };
}

function takenIn(value: unknown, latestMs: number): Taken | null {
  const { at, offset, source } = fieldsOf(value);
  const clock = typeof at === 'string' ? parseWallClock(at) : undefined;
  const known = TAKEN_SOURCES.find((one) => one === source);
  if (clock === undefined || known === undefined || wallClockMs(clock) > latestMs) return null;
  return { at: clock, offset: (typeof offset === 'string' && parseOffset(offset)) || null, source: known };
}

function exposureIn(value: unknown): Exposure {
  const { seconds, fNumber, iso, focalLength } = fieldsOf(value);
  return {
    seconds: positiveIn(seconds),
    fNumber: positiveIn(fNumber),
    iso: positiveIn(iso),
    focalLength: positiveIn(focalLength),
  };
}

const positiveIn = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null;

function detailsIn({ position, title, description, keywords, creator, copyright }: Fields): Details | null {
  const words = Array.isArray(keywords) ? keywords.map((one) => textIn(one, MAX_NAME)) : [];
  return unlessEmpty({
    position: positionIn(position),
    title: textIn(title, MAX_LINE),
    description: textIn(description, MAX_DESCRIPTION),
    keywords: words.filter((word) => word !== null).slice(0, MAX_KEYWORDS),
    creator: textIn(creator, MAX_LINE),
    copyright: textIn(copyright, MAX_LINE),
  });
}

function positionIn(value: unknown): Position | null {
  const { latitude, longitude } = fieldsOf(value);
  return typeof latitude === 'number' && typeof longitude === 'number' ? parsePosition({ latitude, longitude }) : null;
}

/** Nothing that a page or a terminal would take for more than text; the two joiners are parts of words and emoji. */
const UNSHOWN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

/** `most`: characters, of up to two UTF-16 units. */
const textIn = (value: unknown, most: number): string | null =>
  typeof value === 'string' && value !== '' && value.length <= 2 * most && !UNSHOWN.test(value) ? value : null;
