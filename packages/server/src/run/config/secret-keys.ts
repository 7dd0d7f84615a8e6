import { expected, optionalText, type Read, type Report, variable } from './variable.ts';

/** The first signs, all verify; `file`: read from that file; null: one is made and stored with the records. */
export type SecretKeys = readonly [string, ...string[]] | { readonly file: string } | null;

const MIN_SECRET_BYTES = 32;

/** Comma-separated values. Errors: `Expected`. */
export function parseSecretKeys(given: string): readonly [string, ...string[]] {
  const [first = '', ...rest] = given.split(',').map((key) => key.trim());
  const lengths = [first, ...rest].map((key) => Buffer.byteLength(key));
  if (lengths.every((length) => length >= MIN_SECRET_BYTES)) return [first, ...rest];
  return expected(`keys of at least ${MIN_SECRET_BYTES} bytes, comma-separated`, `${lengths.join(' and ')} bytes`);
}

export const SECRET_VARIABLES = {
  secretKeys: variable({
    name: 'SECRET_KEY',
    group: 'callers',
    default: '',
    about: `The key that signs URLs: at least ${MIN_SECRET_BYTES} bytes; several, comma-separated, for rotation (the first signs, all are accepted). Unset: generated once and kept in DATA_DIR/secret or with the records that processes share.`,
    isSecret: true,
    parse: (given) => (given === '' ? null : parseSecretKeys(given)),
  }),
  secretKeyFile: variable({
    name: 'SECRET_KEY_FILE',
    group: 'callers',
    default: '',
    about:
      "A file with the value of SECRET_KEY, used instead of it: other processes of the same user can read a process's environment.",
    parse: optionalText,
  }),
} as const;

export function readSecretKeys(read: Read, report: Report): SecretKeys {
  const keys = read(SECRET_VARIABLES.secretKeys);
  const file = read(SECRET_VARIABLES.secretKeyFile);
  if (file === null) return keys;
  if (keys !== null) {
    const detail = 'expected SECRET_KEY or SECRET_KEY_FILE; got both';
    report(SECRET_VARIABLES.secretKeyFile.name, detail);
  }
  return { file };
}
