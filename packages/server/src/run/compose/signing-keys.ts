import type { Credentials } from '../../object-store/signing/sigv4.ts';
import { type Purpose, subkey } from '../config/secret.ts';

/** The first signs, all verify. */
export type Keys<Key> = readonly [Key, ...Key[]];

export const subkeys = ([first, ...rest]: Keys<string>, purpose: Purpose): Keys<Buffer> => [
  subkey(first, purpose),
  ...rest.map((key) => subkey(key, purpose)),
];

/** The key id identifies which of several secrets signed a URL, and reveals nothing about the secret. */
export const credentialsOf = ([first, ...rest]: Keys<string>): Keys<Credentials> => [
  credentialOf(first),
  ...rest.map(credentialOf),
];

const credentialOf = (key: string): Credentials => ({
  accessKeyId: subkey(key, 'disk-endpoint-id').toString('hex').slice(0, 20),
  secretAccessKey: subkey(key, 'disk-endpoint').toString('base64url'),
});
