import type { Rejection } from '../../domain/image/image.ts';
import type { MediaType } from '../../domain/image/media-type.ts';
import { refuseUndecoded } from '../../domain/image/undecoded-type.ts';
import { factsOrNothing } from '../facts/read-facts.ts';
import type { Inspection } from '../imaging.ts';
import { type Limits, refuseExtent } from '../limits.ts';
import { readable } from '../open-picture.ts';
import { readHeader, readPreview, unlessUnreadable } from '../pixels.ts';
import { drawCopy } from './draw-copy.ts';
import { refuseSignature } from './signature.ts';
import { otherType, unsound } from './structure/rejection.ts';
import { refuseStructure } from './structure/structure.ts';

export interface InspectJob {
  readonly path: string;
  readonly declaredType: MediaType;
  readonly limits: Limits;
  /** An existing file for a working copy; absent: none is made. */
  readonly copyTo?: string | undefined;
  /** No date of the picture after it is believed, in milliseconds since 1970; absent: any is. */
  readonly latestMs?: number | undefined;
}

/**
 * The cheapest check first: signature, structure, header, limits, and only then pixels, so that a decompression bomb is
 * refused before it costs memory. Throws the system's error if the file can't be read.
 */
export async function inspect({ path, declaredType, limits, copyTo, latestMs }: InspectJob): Promise<Inspection> {
  const undecoded = refuseUndecoded(declaredType, limits.maxPixels);
  if (undecoded) return refused(undecoded);

  const wrongSignature = await refuseSignature(path, declaredType);
  if (wrongSignature) return refused(wrongSignature);

  const misbuilt = await refuseStructure(path, declaredType, limits);
  if (misbuilt) return refused(misbuilt);

  const file = await unlessUnreadable(() => readable(path, declaredType, limits));
  const header = file === undefined ? undefined : await readHeader(file);
  if (file === undefined || header === undefined)
    return unreadable(`expected a readable ${declaredType} header; got a damaged one`);
  if (header.type !== declaredType) {
    return refused(otherType(declaredType, header.type));
  }

  const tooLarge = refuseExtent(declaredType, header, limits);
  if (tooLarge) return refused(tooLarge);

  const source = { path, contentType: declaredType };
  const drawn = copyTo === undefined ? undefined : await drawCopy({ source, file, header, limits }, copyTo);
  const preview = drawn?.preview ?? (await readPreview(file, header, limits));
  if (!preview) return unreadable(`expected ${declaredType} data that decodes to its end; got damaged data`);

  const { width, height } = header;
  return {
    outcome: 'sound',
    image: { contentType: declaredType, width, height, ...preview },
    copy: drawn?.copy ?? null,
    facts: factsOrNothing({ path, type: declaredType, latestMs }),
  };
}

const refused = (rejection: Rejection): Inspection => ({ outcome: 'refused', rejection });
const unreadable = (detail: string): Inspection => refused(unsound(detail));
