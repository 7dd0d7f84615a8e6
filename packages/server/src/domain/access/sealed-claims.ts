import { createHmac, createSecretKey } from 'node:crypto';
import { isSame } from './seal.ts';

/** Characters. A header of this length passes every proxy. */
export const MAX_TOKEN_LENGTH = 4_096;

export interface ClaimsForm {
  readonly prefix: 'slu_' | 'slv_' | 'slg_';
  readonly purpose: 'upload-token' | 'view-token' | 'guest-pass';
  /**
   * The claims of each version, from 1 on, which contain those of the version before. A token is of the first one that
   * knows all of its claims: `v` has the number, unless it is 1, and the seal covers it, as in `v2|...`. So an earlier
   * process refuses the seal, also one that ignores claims. A token with a claim that no version knows is refused,
   * because that claim may bound what we would permit.
   */
  readonly versions: readonly [readonly string[], ...(readonly string[])[]];
}

/** Seals claims in `<prefix><claims>.<HMAC-SHA256>`, both in base64url, and opens them. */
export interface SealedClaims {
  textOf(claims: object): string;
  /** undefined unless the text is whole, unchanged, sealed by us, and has no claims but those of this version. */
  claimsIn(text: string): object | undefined;
}

/** The first key signs, all verify (rotation). */
export function createSealedClaims(
  { prefix, purpose, versions }: ClaimsForm,
  [first, ...rest]: readonly [Uint8Array, ...Uint8Array[]],
): SealedClaims {
  const sealing = createSecretKey(first);
  const keys = [sealing, ...rest.map((key) => createSecretKey(key))];
  const tagOf = (key: typeof sealing, version: number, claims: string): string =>
    createHmac('sha256', key).update(`v${version}|${purpose}|${claims}`).digest('base64url');
  const all = versions.map((names, index) => ({ version: index + 1, names }));

  return {
    textOf(given) {
      const { version } = all.find(({ names }) => hasOnly(given, names)) ?? {};
      if (version === undefined) throw new Error(`expected claims of a ${purpose}; got ${Object.keys(given)}`);
      const claims = Buffer.from(JSON.stringify(version === 1 ? given : { v: version, ...given })).toString(
        'base64url',
      );
      return `${prefix}${claims}.${tagOf(sealing, version, claims)}`;
    },
    claimsIn(text) {
      if (text.length > MAX_TOKEN_LENGTH || !text.startsWith(prefix)) return undefined;
      const [, claims, tag] = SEALED.exec(text.slice(prefix.length)) ?? [];
      if (claims === undefined || tag === undefined) return undefined;
      const sealed = all.find(({ version }) => keys.some((key) => isSame(tag, tagOf(key, version, claims))));
      if (!sealed) return undefined;
      const opened = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { readonly v?: unknown };
      return (opened.v ?? 1) === sealed.version && hasOnly(opened, sealed.names) ? opened : undefined;
    },
  };
}

const SEALED = /^([\w-]+)\.([\w-]{43})$/;

export const hasOnly = (claims: object, names: readonly string[]): boolean =>
  Object.keys(claims).every((name) => names.includes(name));
