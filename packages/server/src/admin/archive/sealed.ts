import { hash } from 'node:crypto';

/**
 * A small file whose last line is the SHA-256 of the lines before, so that each flipped byte is found. `text` ends with
 * a line's end.
 */
export const sealed = (text: string): string => `${text}sha256 ${hash('sha256', text)}\n`;

const SEAL = /^([\s\S]*\n)sha256 ([0-9a-f]{64})\n$/;

/** The text without its seal; undefined for a file that isn't as it was written. */
export function unsealed(file: string): string | undefined {
  const [, text = '', sha256] = SEAL.exec(file) ?? [];
  return sha256 !== undefined && hash('sha256', text) === sha256 ? text : undefined;
}
