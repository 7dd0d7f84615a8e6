import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Refused, refuse } from '../signing/s3-error.ts';
import type { LocalFile } from '../staging.ts';
import { crc32c, crc64nvme } from './crc.ts';

/** The digests that a sender declares for its body, checked against the received bytes. */
export interface BodyDigests {
  readonly outcome: 'declared';
  /** The body, unchanged, hashed on the way by the declared algorithms only. */
  through(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** The declared digest that the staged body doesn't have, if any. */
  mismatch(file: Pick<LocalFile, 'sha256'>): Refused | undefined;
}

/**
 * The digests among header or form fields, by lower-case name: Content-MD5 and one x-amz-checksum-*. Source: "Checking
 * object integrity", Amazon S3 User Guide; the codes are those S3 answers.
 */
export function declaredDigests(fields: Iterable<readonly [name: string, value: string]>): BodyDigests | Refused {
  const expected: { algorithm: Algorithm; base64: string; digest: Digest }[] = [];
  const named: string[] = [];
  for (const [name, value] of fields) {
    if (NAMES_ALGORITHM.includes(name)) named.push(value.toLowerCase());
    if (name !== 'content-md5' && !name.startsWith('x-amz-checksum-')) continue;
    if (NO_DIGEST.includes(name)) continue;
    const algorithm = ALGORITHMS.find((known) => known.field === name);
    if (!algorithm) return refuse('InvalidRequest', `Checksums by ${name} are not supported`);
    if (!isBase64Of(value, algorithm.sizeBytes)) return malformed(name);
    expected.push({ algorithm, base64: value, digest: algorithm.create() });
  }
  const checksums = expected.filter(({ algorithm }) => algorithm.field !== 'content-md5');
  if (checksums.length > 1) return refuse('InvalidRequest', 'Expecting a single x-amz-checksum- header');
  const [checksum] = checksums;
  if (named.some((name) => checksum?.algorithm.field !== `x-amz-checksum-${name}`))
    return refuse(
      'InvalidRequest',
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );

  return {
    outcome: 'declared',
    async *through(body) {
      for await (const chunk of body) {
        for (const { digest } of expected) digest.update(chunk);
        yield chunk;
      }
    },
    mismatch(file) {
      const wrong = expected.find(({ digest, base64 }) => digest.base64(file) !== base64);
      return wrong && refuse('BadDigest', wrong.algorithm.mismatch);
    },
  };
}

interface Digest {
  update(chunk: Uint8Array): void;
  base64(file: Pick<LocalFile, 'sha256'>): string;
}

interface Algorithm {
  readonly field: string;
  readonly sizeBytes: number;
  readonly mismatch: string;
  create(): Digest;
}

const hashed = (name: 'md5' | 'sha1'): Digest => {
  const hash = createHash(name);
  return { update: (chunk) => hash.update(chunk), base64: () => hash.digest('base64') };
};

/** Every file is staged with its SHA-256, so it isn't computed again. */
const stagedSha256 = (): Digest => ({
  update() {},
  base64: ({ sha256 }) => Buffer.from(sha256, 'hex').toString('base64'),
});

const crc = (next: (chunk: Uint8Array, value: number) => number): Digest => {
  let value = 0;
  return {
    update(chunk) {
      value = next(chunk, value);
    },
    base64() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes.toString('base64');
    },
  };
};

const crc64 = (): Digest => {
  let value = 0n;
  return {
    update(chunk) {
      value = crc64nvme(chunk, value);
    },
    base64() {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64BE(value);
      return bytes.toString('base64');
    },
  };
};

const checksum = (name: string, sizeBytes: number, create: () => Digest): Algorithm => ({
  field: `x-amz-checksum-${name.toLowerCase()}`,
  sizeBytes,
  mismatch: `The ${name} you specified did not match the calculated checksum.`,
  create,
});

const ALGORITHMS: readonly Algorithm[] = [
  {
    field: 'content-md5',
    sizeBytes: 16,
    mismatch: 'The Content-MD5 you specified did not match what we received.',
    create: () => hashed('md5'),
  },
  checksum('CRC32', 4, () => crc(crc32)),
  checksum('CRC32C', 4, () => crc(crc32c)),
  checksum('CRC64NVME', 8, crc64),
  checksum('SHA1', 20, () => hashed('sha1')),
  checksum('SHA256', 32, stagedSha256),
];

/** Headers that only name the checksum's algorithm. */
const NAMES_ALGORITHM = ['x-amz-sdk-checksum-algorithm', 'x-amz-checksum-algorithm'];
const NO_DIGEST = ['x-amz-checksum-algorithm', 'x-amz-checksum-type', 'x-amz-checksum-mode'];

const isBase64Of = (text: string, sizeBytes: number): boolean => {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === sizeBytes && bytes.toString('base64') === text;
};

const malformed = (field: string): Refused =>
  field === 'content-md5'
    ? refuse('InvalidDigest', 'The Content-MD5 you specified was invalid.')
    : refuse('InvalidRequest', `Value for ${field} header is invalid.`);
