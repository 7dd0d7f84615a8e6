const UTF_8 = new TextDecoder('utf-8', { fatal: true });
const LATIN_1 = new TextDecoder('latin1');

/** The text of an EXIF field up to its first NUL: UTF-8, as EXIF 3.0 has it, or else Latin-1, as many cameras write. */
export function textIn(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const text = end < 0 ? bytes : bytes.subarray(0, end);
  try {
    return UTF_8.decode(text).trim();
  } catch {
    return LATIN_1.decode(text).trim();
  }
}

/** For bytes of UTF-8 that may be cut inside a character: its first byte isn't 10xxxxxx. */
export function withoutLastCharacter(bytes: Uint8Array): Uint8Array {
  let end = bytes.length - 1;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}

/** Formats without a form of their own, except the two joiners, which Persian words and emoji need. */
const FORMATS = /(?![\u200c\u200d])\p{Cf}+/gu;
const BLANKS = /[\s\p{Cc}\p{Co}\p{Cs}\p{Zl}\p{Zp}]+/gu;

/** The text as a page or a terminal may show it: one line of at most `most` characters. */
export function shownText(text: string, most: number): string {
  const beginning = text.slice(0, 8 * most); // blanks that become one
  const shown = beginning.replace(FORMATS, '').replace(BLANKS, ' ').trim();
  return shown.length <= most ? shown : [...shown].slice(0, most).join('').trim();
}
