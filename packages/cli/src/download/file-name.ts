import { acceptableName, type Image } from '@safelight/client';

/** Characters that a file system, a terminal or a shell could misread. The service's names come from other people. */
const UNSAFE = /[\u2028\u2029<>:"|?*\\/]/g;
/** Devices of Windows, with any extension. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
/** Bytes that every file system allows, less a suffix. */
const MAX_BYTES = 200;

/**
 * The usual one first. Of images alone, whatever the service says: by another extension a system would run the file.
 */
const EXTENSIONS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'image/jpeg': ['jpg', 'jpeg'],
  'image/png': ['png'],
  'image/webp': ['webp'],
  'image/gif': ['gif'],
  'image/avif': ['avif'],
  'image/heic': ['heic', 'heif', 'hif'],
  'image/tiff': ['tif', 'tiff'],
};

/**
 * A name for the file in a folder: never a path, hidden, or longer than a file system allows. The id must be the one
 * that was asked for.
 */
export function fileNameFor({
  filename,
  image_id: id,
  content_type: type,
}: Pick<Image, 'filename' | 'image_id' | 'content_type'>): string {
  const extensions = (Object.hasOwn(EXTENSIONS, type) && EXTENSIONS[type]) || ['bin'];
  const clean = (acceptableName(filename) ?? '').replace(UNSAFE, '_').replace(/^[. ]+|[. ]+$/g, '');
  const stem = cut(clean.replace(/\.[^.]{1,5}$/, ''));
  if (stem === '' || RESERVED.test(clean)) return `${id}.${extensions[0]}`;
  const given = /\.([^.]{1,5})$/.exec(clean)?.[1];
  return `${stem}.${given !== undefined && extensions.includes(given.toLowerCase()) ? given : extensions[0]}`;
}

/** The file name for another image with a name that is taken. */
export const distinctName = (name: string, id: string): string => name.replace(/(\.[^.]*)$/, `-${id.slice(-8)}$1`);

function cut(text: string): string {
  let [end, bytes] = ['', 0];
  for (const one of text) {
    bytes += Buffer.byteLength(one);
    if (bytes > MAX_BYTES) break;
    end += one;
  }
  return end;
}
