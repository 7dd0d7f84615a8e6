/**
 * PostgreSQL's text can't have U+0000. It is stored as U+0001 and `0`, and U+0001 as U+0001 and `1`: texts keep their
 * order, and their beginnings.
 */
export const toStoredText = (text: string): string =>
  NEEDS_ESCAPE.test(text) ? text.replaceAll('\u0001', '\u00011').replaceAll('\u0000', '\u00010') : text;

export const fromStoredText = (text: string): string =>
  text.includes('\u0001') ? text.replaceAll('\u00010', '\u0000').replaceAll('\u00011', '\u0001') : text;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the two
const NEEDS_ESCAPE = /[\u0000\u0001]/;
