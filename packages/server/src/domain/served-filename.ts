import { EXTENSIONS, type MediaType, typeByExtension } from './media-type.ts';

/** By which systems choose what opens a file. Digits alone are a part of the name, as in `report.2024`. */
const EXTENSION = /\.[a-z]\w{0,9}$/i;

/**
 * The name that an image's bytes are saved under: its extension is that of the verified type, whatever the client called it, so
 * that a picture never becomes a page or a program on somebody's disk.
 */
export function servedFilename(filename: string, type: MediaType): string {
  // Windows drops dots and blanks at the end; bidi controls would show another end (records from before they were refused).
  const name = filename.replace(/\p{Bidi_Control}/gu, '').replace(/[. ]+$/, '');
  if (typeByExtension(name) === type) return name;
  return `${name.replace(EXTENSION, '') || 'image'}.${EXTENSIONS[type]}`;
}
