/** Line breaks would forge lines, other control characters affect terminals, and some reverse the direction of text. */
const CONTROLS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text of somebody else for a line of a log or a terminal. */
export const oneLine = (text: string): string => text.replaceAll(CONTROLS, ' ');
