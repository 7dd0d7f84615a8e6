import { extensionOf, type MediaType, typeByExtension } from './media-type.ts';

/** The extension by which systems choose a program. Digits alone belong to the name, as in `report.2024`. */
const EXTENSION = /\.[a-z]\w{0,9}$/i;

/**
 * The name under which an image's bytes are saved. Its extension is that of the verified type, whatever the client's
 * filename, so a downloaded image can't be opened as a page or program.
 */
export function servedFilename(filename: string, type: MediaType): string {
  // Windows drops trailing dots and blanks; bidi controls would display another extension: a restored backup may have
  // them.
  const name = filename.replace(/\p{Bidi_Control}/gu, '').replace(/[. ]+$/, '');
  if (typeByExtension(name) === type) return name;
  return `${name.replace(EXTENSION, '') || 'image'}.${extensionOf(type)}`;
}
