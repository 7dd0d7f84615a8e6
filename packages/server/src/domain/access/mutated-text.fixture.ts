import fc from 'fast-check';

/** One change to a text, at one of its characters. */
export interface Mutation {
  readonly at: number;
  readonly other: string;
  readonly kind: 'replaced' | 'added' | 'removed' | 'exchanged' | 'case';
}

export const mutationsWithin = (length: number): fc.Arbitrary<Mutation> =>
  fc.record({
    at: fc.nat(length),
    other: fc.constantFrom(...'0Az_9=\u0000\u0430 ', 'é'),
    kind: fc.constantFrom('replaced', 'added', 'removed', 'exchanged', 'case'),
  });

/** A text with one character replaced, added or removed, in the other case, or two exchanged. It may be the same. */
export function mutated(text: string, { at, other, kind }: Mutation): string {
  const [before, one, after] = [text.slice(0, at), text.charAt(at), text.slice(at + 1)];
  if (kind === 'replaced') return `${before}${other}${after}`;
  if (kind === 'added') return `${before}${other}${one}${after}`;
  if (kind === 'removed') return `${before}${after}`;
  if (kind === 'exchanged') return `${before}${after.charAt(0)}${one}${after.slice(1)}`;
  return `${before}${one === one.toLowerCase() ? one.toUpperCase() : one.toLowerCase()}${after}`;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The other base64url texts that decode to the same bytes, by the unused bits of the last character. */
export const otherSpellingsOf = (text: string): string[] =>
  [...ALPHABET]
    .map((last) => text.slice(0, -1) + last)
    .filter((other) => other !== text && Buffer.from(other, 'base64url').equals(Buffer.from(text, 'base64url')));
