/** Files hashed at once: some platforms need each in memory as a whole. */
const AT_ONCE = 2;
/** Larger files aren't hashed: they would fill the memory of a phone. */
const MAX_DIGESTED_BYTES = 64 * 1_048_576;

/** SHA-256 in lower-case hex; undefined if the platform can't tell it. Errors: those of reading the bytes. */
export type Digest = (bytes: Blob) => Promise<string | undefined>;

/** The digest, of two files at a time at most. */
export function fewAtOnce(digest: Digest): Digest {
  let running = 0;
  const turns: (() => void)[] = [];
  return async (bytes) => {
    if (running < AT_ONCE) running += 1;
    else await new Promise<void>((resolve) => turns.push(resolve));
    try {
      return await digest(bytes);
    } finally {
      const next = turns.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

/** Undefined without `crypto.subtle` (pages that aren't secure contexts), and for files over 64 MB. */
export const digestInMemory: Digest = async (bytes) => {
  if (!globalThis.crypto?.subtle || bytes.size > MAX_DIGESTED_BYTES) return undefined;
  return hexOf(await crypto.subtle.digest('SHA-256', await bytes.arrayBuffer()));
};

export const hexOf = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** 128 random bits in hex; `crypto.randomUUID` is missing where `crypto.subtle` is. */
export const randomId = (): string => hexOf(crypto.getRandomValues(new Uint8Array(16)).buffer);
