import { createHmac, createSecretKey } from 'node:crypto';
import { isSame } from './seal.ts';

/** Characters. A header of this length passes every proxy. */
export const MAX_TOKEN_LENGTH = 4_096;

export interface ClaimsForm {
  readonly prefix: 'slu_' | 'slv_' | 'slg_';
  readonly purpose: 'upload-token' | 'view-token' | 'guest-pass';
  /**
   * Every claim that this version knows. A token with another one is refused, because that claim may bound what this
   * version would permit; so is one with another `v` than 1, which an absent `v` means. A version that adds a claim
   * writes `v: 2` and seals `v2|...`: processes before this one ignored claims that they didn't know, and refuse the
   * seal.
   */
  readonly names: readonly string[];
}

/** Seals claims in `<prefix><claims>.<HMAC-SHA256>`, both in base64url, and opens them. */
export interface SealedClaims {
  textOf(claims: object): string;
  /** undefined unless the text is whole, unchanged, sealed by us, and has no claims but those of this version. */
  claimsIn(text: string): object | undefined;
}

/** The first key signs, all verify (rotation). */
export function createSealedClaims(
  { prefix, purpose, names }: ClaimsForm,
  [first, ...rest]: readonly [Uint8Array, ...Uint8Array[]],
): SealedClaims {
  const sealing = createSecretKey(first);
  const keys = [sealing, ...rest.map((key) => createSecretKey(key))];
  const tagOf = (key: typeof sealing, claims: string): string =>
    createHmac('sha256', key).update(`v1|${purpose}|${claims}`).digest('base64url');

  return {
    textOf(given) {
      const claims = Buffer.from(JSON.stringify(given)).toString('base64url');
      return `${prefix}${claims}.${tagOf(sealing, claims)}`;
    },
    claimsIn(text) {
      if (text.length > MAX_TOKEN_LENGTH || !text.startsWith(prefix)) return undefined;
      const [, claims, tag] = SEALED.exec(text.slice(prefix.length)) ?? [];
      if (claims === undefined || tag === undefined) return undefined;
      if (!keys.some((key) => isSame(tag, tagOf(key, claims)))) return undefined;
      const opened = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { readonly v?: unknown };
      return (opened.v ?? 1) === 1 && hasOnly(opened, names) ? opened : undefined;
    },
  };
}

const SEALED = /^([\w-]+)\.([\w-]{43})$/;

export const hasOnly = (claims: object, names: readonly string[]): boolean =>
  Object.keys(claims).every((name) => names.includes(name));
