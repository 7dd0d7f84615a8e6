import { createEncryption } from '../encryption.ts';

/** Keys by which webhooks are signed: as their owners hold them, and as they are stored. */
export interface WebhookSecrets {
  /** A new one. `text` is shown once. */
  make(): { readonly text: string; readonly sealed: string };
  /** undefined if none of the service's keys sealed it. */
  open(sealed: string): string | undefined;
}

/** Standard Webhooks 1.0: `whsec_`, and 24 to 64 bytes in base64. */
const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** A sealed secret is encrypted, in base64url. The first key seals, all open (rotation). */
export function createWebhookSecrets(
  keys: readonly [Uint8Array, ...Uint8Array[]],
  randomBytes: (size: number) => Uint8Array,
): WebhookSecrets {
  const { encrypt, decrypt } = createEncryption(keys, randomBytes);

  return {
    make() {
      const text = `${PREFIX}${Buffer.from(randomBytes(SECRET_BYTES)).toString('base64')}`;
      return { text, sealed: encrypt(Buffer.from(text)).toString('base64url') };
    },
    open: (sealed) => decrypt(Buffer.from(sealed, 'base64url'))?.toString(),
  };
}
