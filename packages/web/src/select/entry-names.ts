/** Characters that a file system could misread. Names come from other people. */
const UNSAFE = /[\p{Cc}\u2028\u2029<>:"|?*\\/]/gu;
/** Devices of Windows, with any extension. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i;
const LONGEST = 120;
/** The usual extension of each type, and others that say the same. */
const EXTENSIONS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'image/jpeg': ['jpg', 'jpeg'],
  'image/png': ['png'],
  'image/webp': ['webp'],
  'image/gif': ['gif'],
  'image/avif': ['avif'],
  'image/heic': ['heic', 'heif', 'hif'],
  'image/tiff': ['tif', 'tiff'],
};

/** Names of files in one folder: none is a path or hidden, none comes twice, and each ends as its type does. */
export function createEntryNames(): (filename: string, type: string) => string {
  const taken = new Set<string>();
  return (filename, type) => {
    const clean = filename.replace(UNSAFE, '_').replace(/^[. ]+|[. ]+$/g, '');
    const [, stem = clean, extension = ''] = /^(.+)\.([^.]{1,5})$/.exec(clean) ?? [];
    const own = Object.hasOwn(EXTENSIONS, type) ? EXTENSIONS[type] : undefined;
    const end = !own || own.includes(extension.toLowerCase()) ? extension : own[0];
    const begin = [...(RESERVED.test(stem) ? `_${stem}` : stem || 'picture')].slice(0, LONGEST).join('');
    for (let number = 1; ; number += 1) {
      const name = `${begin}${number === 1 ? '' : ` (${number})`}${end && `.${end}`}`;
      const key = name.normalize('NFC').toLowerCase(); // as file systems compare that don't tell case apart
      if (taken.has(key)) continue;
      taken.add(key);
      return name;
    }
  };
}
