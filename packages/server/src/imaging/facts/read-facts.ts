import { cameraName } from '../../domain/facts/camera-name.ts';
import {
  MAX_DESCRIPTION,
  MAX_KEYWORDS,
  MAX_LINE,
  MAX_NAME,
  NO_EXPOSURE,
  NOTHING_SAID,
  READER,
  type ReadFacts,
  unlessEmpty,
} from '../../domain/facts/facts.ts';
import { takenOf } from '../../domain/facts/taken.ts';
import type { MediaType } from '../../domain/image/media-type.ts';
import { type ByteWindow, openByteWindow } from '../inspect/structure/byte-window.ts';
import { systemCodeOf } from '../processes/decode-reply.ts';
import type { Blocks } from './blocks/blocks.ts';
import { findInGif } from './blocks/gif.ts';
import { findInHeif } from './blocks/heif.ts';
import { findInJpeg } from './blocks/jpeg.ts';
import { findInPng } from './blocks/png.ts';
import { findInTiff } from './blocks/tiff.ts';
import { findInWebp } from './blocks/webp.ts';
import { type ExifFacts, readExif } from './exif.ts';
import { shownText } from './text.ts';
import { readXmp, type XmpValues } from './xmp.ts';

const FINDERS = {
  'image/jpeg': findInJpeg,
  'image/png': findInPng,
  'image/webp': findInWebp,
  'image/gif': findInGif,
  'image/avif': findInHeif,
  'image/heic': findInHeif,
  'image/tiff': findInTiff,
} as const satisfies Record<MediaType, (file: ByteWindow) => Blocks>;

export interface FactsJob {
  readonly path: string;
  readonly type: MediaType;
  /** No date after it is believed, in milliseconds since 1970; absent: any is. */
  readonly latestMs?: number | undefined;
}

/** What a sound file says about itself. Throws the system's error if the file can't be read. */
export function readFacts({ path, type, latestMs = Number.POSITIVE_INFINITY }: FactsJob): ReadFacts {
  using file = openByteWindow(path);
  return factsIn(FINDERS[type](file), latestMs);
}

/** `readFacts` of untrusted bytes: a fault of the reader says nothing, and is no reason to refuse a picture. */
export function factsOrNothing(job: FactsJob): ReadFacts {
  try {
    return readFacts(job);
  } catch (error) {
    if (systemCodeOf(error) !== null) throw error;
    return NOTHING_SAID;
  }
}

/** What the blocks of a file say. */
export function factsIn({ exif, xmp, hasC2pa }: Blocks, latestMs: number): ReadFacts {
  return factsOf({ exif: exif && readExif(exif), xmp: xmp ? readXmp(xmp) : {}, hasC2pa }, latestMs);
}

interface Said {
  readonly exif: ExifFacts | undefined;
  readonly xmp: XmpValues;
  readonly hasC2pa: boolean;
}

/** docs/facts.md has the sources of each fact in this order. */
function factsOf({ exif, xmp, hasC2pa }: Said, latestMs: number): ReadFacts {
  const name = (...texts: readonly (string | undefined)[]) => firstText(texts, MAX_NAME);
  const line = (...texts: readonly (string | undefined)[]) => firstText(texts, MAX_LINE);
  const [original] = xmp.dateTimeOriginal ?? [];
  const [created] = xmp.dateCreated ?? [];
  const [createDate] = xmp.createDate ?? [];
  const dates = { exif: exif?.dates, xmp: { original, created, createDate }, gps: exif?.gps };
  return {
    facts: {
      reader: READER,
      taken: takenOf(dates, latestMs),
      camera: cut(cameraName(name(exif?.make, xmp.make?.[0]), name(exif?.model, xmp.model?.[0])), MAX_NAME),
      lens: name(exif?.lens, xmp.lensModel?.[0], xmp.lens?.[0]),
      exposure: exif?.exposure ?? NO_EXPOSURE,
      isAiGenerated: AI_SOURCES.some((source) => xmp.digitalSourceType?.[0]?.endsWith(`/${source}`)),
      hasC2pa,
    },
    details: unlessEmpty({
      position: exif?.position ?? null,
      title: line(xmp.title?.[0]),
      description: firstText([xmp.description?.[0], exif?.description], MAX_DESCRIPTION),
      keywords: keywordsOf(xmp.subject ?? []),
      creator: line(xmp.creator?.join(', '), exif?.artist),
      copyright: line(xmp.rights?.[0], exif?.copyright),
    }),
  };
}

/** Terms of IPTC's vocabulary "Digital Source Type" for pictures that a model made, or parts of which it made. */
const AI_SOURCES = ['trainedAlgorithmicMedia', 'compositeWithTrainedAlgorithmicMedia'];

const firstText = (texts: readonly (string | undefined)[], most: number): string | null =>
  texts.map((text) => shownText(text ?? '', most)).find((text) => text !== '') ?? null;

const cut = (text: string | null, most: number): string | null => text && shownText(text, most);

/** Some may be blank or repeated. */
const MAX_SUBJECTS = 4 * MAX_KEYWORDS;

const keywordsOf = (subjects: readonly string[]): readonly string[] =>
  [...new Set(subjects.slice(0, MAX_SUBJECTS).map((subject) => shownText(subject, MAX_NAME)))]
    .filter((keyword) => keyword !== '')
    .slice(0, MAX_KEYWORDS);
