import { createEncryption } from '../encryption.ts';
import type { ImageId } from '../image/image-id.ts';
import { acceptedType, type MediaType } from '../image/media-type.ts';

/** From where the service gets the bytes of an image. */
export interface FetchSource {
  readonly url: string;
  /** The types that its upload token permits; null: all. */
  readonly types: readonly MediaType[] | null;
  /** How often it was tried. */
  readonly attempts: number;
}

/** Sources as records keep them: encrypted, each for its image alone, because URLs may have secrets. */
export interface FetchSources {
  seal(source: FetchSource, id: ImageId): string;
  /** undefined if none of the service's keys sealed it for this image. */
  open(sealed: string, id: ImageId): FetchSource | undefined;
}

/** Characters of a URL. */
export const MAX_URL = 2_048;

/** In base64url. The first key seals, all open (rotation). */
export function createFetchSources(
  keys: readonly [Uint8Array, ...Uint8Array[]],
  randomBytes: (size: number) => Uint8Array,
): FetchSources {
  const { encrypt, decrypt } = createEncryption(keys, randomBytes);
  return {
    seal: (source, id) => encrypt(Buffer.from(JSON.stringify(source)), id).toString('base64url'),
    open(sealed, id) {
      const text = decrypt(Buffer.from(sealed, 'base64url'), id)?.toString();
      return text === undefined ? undefined : parsed(text);
    },
  };
}

/** Only this service has sealed it. */
function parsed(text: string): FetchSource {
  const { url, types, attempts } = JSON.parse(text) as FetchSource;
  return { url, attempts, types: types?.flatMap((type) => acceptedType(type) ?? []) ?? null };
}
