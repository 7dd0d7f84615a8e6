import { unauthenticated } from '../credential.ts';
import type { ClaimValue } from './token-rules.ts';

/** The claims of a verified token. */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * The value of a claim; undefined: the token has none. A dot leads into an object: `realm_access.roles`. A name with a
 * slash is taken as it is, because issuers namespace claims by URLs: `https://example.org/roles`. Errors:
 * `unauthenticated` if a path leads into no object.
 */
export function claimIn(claims: Claims, name: string): unknown {
  if (name.includes('/')) return ownValue(claims, name);
  let value: unknown = claims;
  for (const step of name.split('.')) {
    if (value === undefined) return undefined;
    if (!isObject(value)) throw unauthenticated('invalid-claim');
    value = ownValue(value, step);
  }
  return value;
}

/** RFC 6749 3.3: words, separated by spaces. */
const WORD_CLAIMS = ['scope', 'scp'];

/**
 * Whether a claim is, or contains, a value. Errors: `unauthenticated` for a claim that is an object, null, or a list of
 * other things than text.
 */
export function hasValue(claims: Claims, { claim, value }: ClaimValue): boolean {
  const given = claimIn(claims, claim);
  if (given === undefined) return false;
  if (typeof given === 'boolean' || typeof given === 'number') return String(given) === value;
  const texts = textsOf(given);
  return WORD_CLAIMS.includes(claim) ? wordsIn(texts).includes(value) : texts.includes(value);
}

/** A text, or a list of them, as a list. Errors: `unauthenticated` for anything else. */
export function textsOf(given: unknown): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(given) ? given : [given];
  return texts.map((one) => {
    if (typeof one !== 'string') throw unauthenticated('invalid-claim');
    return one;
  });
}

export const wordsIn = (texts: readonly string[]): readonly string[] => texts.flatMap((one) => one.split(' '));

const isObject = (value: unknown): value is Claims =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Never a property of every object, such as `constructor`. */
const ownValue = (object: Claims, name: string): unknown => (Object.hasOwn(object, name) ? object[name] : undefined);
