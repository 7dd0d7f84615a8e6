import type { ObjectKey } from '../domain/image/object-key.ts';

/**
 * Objects that arrive in parts (S3's multipart uploads). All parts of an upload have the same length, the last one
 * excepted. Nothing can be read of an upload before it is completed. Errors: `unavailable`, `insufficient-storage`.
 */
export interface MultipartUploads {
  /** The least length of a part that isn't the last, in bytes. */
  readonly minPartBytes: number;

  /** Begins an upload, and returns its id, which is never used again. Several of one key are independent. */
  begin(key: ObjectKey, options: BeginOptions): Promise<string>;

  /** The numbers of the parts that are there with their whole length; undefined if there is no such upload. */
  received(upload: MultipartUpload): Promise<readonly number[] | undefined>;

  /**
   * Makes the parts the object under the key, replacing any other, atomically and durably. `incomplete`: a part is
   * missing or has another length; nothing changed. `absent`: there is no such upload, or no longer: another call may
   * have completed it. Nobody can write to the object afterwards, also with URLs that were presigned before.
   */
  complete(upload: MultipartUpload): Promise<'completed' | 'incomplete' | 'absent'>;

  /** Ends the upload without an object; an absent one is no error. A part that is being sent now is refused. */
  abort(upload: Pick<MultipartUpload, 'key' | 'uploadId'>): Promise<void>;

  /** Lists the unfinished uploads whose keys begin with `prefix`, which ends in `/`; in no particular order. */
  list(prefix: string): AsyncIterable<UnfinishedUpload>;
}

export interface BeginOptions extends Sizes {
  readonly contentType: string;
  /** Each part comes with its SHA-256, which the store verifies. Requires `capabilities.checksums` of the presigner. */
  readonly checksums: boolean;
}

interface Sizes {
  /** The whole, in bytes. */
  readonly sizeBytes: number;
  readonly partBytes: number;
}

export interface MultipartUpload extends Sizes {
  readonly key: ObjectKey;
  readonly uploadId: string;
  readonly checksums: boolean;
}

export interface UnfinishedUpload {
  readonly key: ObjectKey;
  readonly uploadId: string;
  readonly begunAt: Date;
}

export const partCount = ({ sizeBytes, partBytes }: Sizes): number => Math.ceil(sizeBytes / partBytes);

/** The length of a part in bytes. `number`: 1 to `partCount`. */
export const partLength = (sizes: Sizes, number: number): number =>
  number === partCount(sizes) ? sizes.sizeBytes - (number - 1) * sizes.partBytes : sizes.partBytes;
