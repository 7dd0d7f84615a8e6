import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';

export interface Encryption {
  /** Nonce, tag and ciphertext. `context` isn't part of it: only the same one decrypts. */
  encrypt(bytes: Uint8Array, context?: string): Buffer;
  /** undefined for changed bytes, another context, and keys that the service doesn't have. */
  decrypt(encrypted: Buffer, context?: string): Buffer | undefined;
}

/** NIST SP 800-38D: 96-bit nonces, which may be random for 2^32 messages of one key; 128-bit tags. */
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** By which encrypted bytes are longer. */
export const ENCRYPTION_BYTES = NONCE_BYTES + TAG_BYTES;

/** AES-256-GCM: the first key encrypts, all decrypt (rotation). */
export function createEncryption(
  [first, ...rest]: readonly [Uint8Array, ...Uint8Array[]],
  randomBytes: (size: number) => Uint8Array,
): Encryption {
  const encrypting = createSecretKey(first);
  const keys = [encrypting, ...rest.map((key) => createSecretKey(key))];

  return {
    encrypt(bytes, context = '') {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, encrypting, nonce).setAAD(Buffer.from(context));
      const encrypted = Buffer.concat([cipher.update(bytes), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
    },

    decrypt(encrypted, context = '') {
      if (encrypted.length < ENCRYPTION_BYTES) return undefined;
      return keys.map((key) => decrypted(encrypted, key, context)).find((bytes) => bytes !== undefined);
    },
  };
}

function decrypted(bytes: Buffer, key: KeyObject, context: string): Buffer | undefined {
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(context))
    .setAuthTag(bytes.subarray(NONCE_BYTES, ENCRYPTION_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(ENCRYPTION_BYTES)), decipher.final()]);
  } catch {
    return undefined; // another key or context, or changed bytes
  }
}
