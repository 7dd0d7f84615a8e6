/**
 * Characters that a terminal obeys, that change the order of others, or that nothing is drawn for: names and answers
 * come from other people. Unicode counts the controls of direction as ignorable. Joiners stay where scripts and emoji
 * need them.
 */
const OBEYED =
  /(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\p{M}\p{Script=Arabic}])[\u200c\u200d]|(?<![\p{Extended_Pictographic}\d#*])[\ufe0e\ufe0f]|[[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb]--[\u200c\u200d\ufe0e\ufe0f]]/gv;

/** One line, with such characters spelled out as in JSON, such as `\u001b`. */
export const shown = (text: string): string => text.replace(OBEYED, spelledOut);

/** Several lines and columns, with characters that a terminal obeys spelled out as in JSON. */
export const linesShown = (text: string): string =>
  text.replace(OBEYED, (one) => (one === '\n' || one === '\t' ? one : spelledOut(one)));

/** JSON escapes only some of them itself. In JSON they stand only within strings, where this is their escape. */
export const jsonShown = (value: unknown): string => shown(JSON.stringify(value));

const spelledOut = (one: string): string =>
  Array.from({ length: one.length }, (_, at) => `\\u${one.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
