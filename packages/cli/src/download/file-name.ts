import { acceptableName, type Image } from '@safelight/client';

/** Characters that a file system, a terminal or a shell could misread. The service's names come from other people. */
const UNSAFE = /[\u2028\u2029<>:"|?*\\/]/g;
/** Devices of Windows, with any extension. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
/** Bytes that every file system allows, less a suffix. */
const MAX_BYTES = 200;

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
};

/** A name for the file in a folder: never a path, hidden, or longer than a file system allows. The id must be the one that was asked for. */
export function fileNameFor({
  filename,
  image_id: id,
  content_type: type,
}: Pick<Image, 'filename' | 'image_id' | 'content_type'>): string {
  const extension = extensionOf(type) ?? 'bin';
  const clean = (acceptableName(filename) ?? '').replace(UNSAFE, '_').replace(/^[. ]+|[. ]+$/g, '');
  const stem = cut(clean.replace(/\.[^.]{1,5}$/, ''));
  if (stem === '' || RESERVED.test(clean)) return `${id}.${extension}`;
  const given = /\.([^.]{1,5})$/.exec(clean)?.[1];
  return `${stem}.${given !== undefined && isOf(type, given) ? given : extension}`;
}

/** The same for another image of that name. */
export const distinctName = (name: string, id: string): string => name.replace(/(\.[^.]*)$/, `-${id.slice(-8)}$1`);

const extensionOf = (type: string): string | undefined =>
  Object.hasOwn(EXTENSIONS, type) ? EXTENSIONS[type] : undefined;

const isOf = (type: string, extension: string): boolean =>
  extensionOf(type) === extension.toLowerCase() || (type === 'image/jpeg' && extension.toLowerCase() === 'jpeg');

function cut(text: string): string {
  let [end, bytes] = ['', 0];
  for (const one of text) {
    bytes += Buffer.byteLength(one);
    if (bytes > MAX_BYTES) break;
    end += one;
  }
  return end;
}
