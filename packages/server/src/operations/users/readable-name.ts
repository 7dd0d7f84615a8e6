import type { StoredImage } from '../../domain/image/image.ts';
import { createdAt } from '../../domain/image/image-id.ts';
import { servedFilename } from '../../domain/image/served-filename.ts';

/** In characters: with the date and the id the name stays below the 255 bytes of file systems, also in UTF-8. */
const MAX_CHARACTERS = 50;

/** What every file system takes, without separators, and no letter that would be folded into another one's key. */
const OTHERS = /[^\p{L}\p{N}._-]+/gu;

/**
 * A name for people: the date, the client's name, and the image's id, so that no two are the same, whatever the file
 * system does with case or accents. It never leaves its folder: it begins with a digit and has no separator.
 */
export function readableName(image: Pick<StoredImage, 'id' | 'filename' | 'contentType'>): string {
  const served = servedFilename(image.filename.normalize('NFC'), image.contentType);
  const dot = served.lastIndexOf('.');
  const said = [...served.slice(0, dot).replace(OTHERS, '_')]
    .slice(0, MAX_CHARACTERS)
    .join('')
    .replace(/[. _]+$/, '');
  const day = createdAt(image.id).toISOString().slice(0, 10);
  return `${[day, said, image.id].filter((part) => part !== '').join('_')}${served.slice(dot)}`;
}
