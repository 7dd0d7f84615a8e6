/** Control characters and bidirectional ones, which a terminal obeys: names come from other people's files. */
const OBEYED = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** The text with such characters spelled out, such as `\u001b`. */
export const shown = (text: string): string =>
  text.replace(OBEYED, (one) => `\\u${(one.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
