import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type Part,
} from '@aws-sdk/client-s3';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import {
  type MultipartUpload,
  type MultipartUploads,
  partCount,
  partLength,
  type UnfinishedUpload,
} from '../multipart.ts';
import { ATTEMPTS, repeated } from './attempts.ts';
import type { S3Clients } from './client.ts';
import { answered, nameOf, onS3, s3Fault } from './s3-fault.ts';

/** S3's limit of all parts but the last. */
const MIN_PART_BYTES = 5 * 1_048_576;

/** An S3 upload: as commands name it. */
interface Upload {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

export interface S3MultipartOptions extends S3Clients {
  readonly bucket: string;
}

/** S3's own multipart uploads. The store keeps whoever sends a part after the end from changing the object. */
export function createS3Multipart(options: S3MultipartOptions): MultipartUploads {
  const { client, bucket } = options;
  const named = ({ key, uploadId }: Pick<MultipartUpload, 'key' | 'uploadId'>): Upload => ({
    Bucket: bucket,
    Key: key,
    UploadId: uploadId,
  });

  /** The parts with their whole length, in order; undefined if there is no such upload. */
  async function wholeParts(upload: MultipartUpload): Promise<Part[] | undefined> {
    const found: Part[] = [];
    // The SDK's paginator never ends: stores name a marker also after the last page.
    for (let PartNumberMarker: string | undefined, isMore = true; isMore; ) {
      try {
        const page = await client.send(new ListPartsCommand({ ...named(upload), PartNumberMarker }));
        found.push(...(page.Parts ?? []));
        [PartNumberMarker, isMore] = [page.NextPartNumberMarker, page.IsTruncated === true];
      } catch (error) {
        if (meansNoUpload(error)) return undefined;
        throw s3Fault(error);
      }
    }
    const count = partCount(upload);
    return found.filter(
      ({ PartNumber = 0, Size }) => PartNumber >= 1 && PartNumber <= count && Size === partLength(upload, PartNumber),
    );
  }

  return {
    minPartBytes: MIN_PART_BYTES,

    async begin(key, { contentType, checksums }) {
      const { UploadId } = await onS3(
        client.send(
          new CreateMultipartUploadCommand({
            Bucket: bucket,
            Key: key,
            ContentType: contentType,
            ...(checksums && { ChecksumAlgorithm: 'SHA256' as const }),
          }),
        ),
      );
      return answered('an UploadId', UploadId);
    },

    async received(upload) {
      return (await wholeParts(upload))?.map(({ PartNumber }) => answered('a PartNumber', PartNumber));
    },

    async complete(upload) {
      const { sizeBytes, checksums } = upload;
      for (let attempt = 1; ; attempt += 1) {
        const found = await wholeParts(upload);
        if (!found) return 'absent';
        if (found.length < partCount(upload)) return 'incomplete';
        const parts = found.map(({ PartNumber, ETag, ChecksumSHA256 }) => ({
          PartNumber,
          ETag: answered('an ETag', ETag),
          ...(checksums && { ChecksumSHA256: answered('a checksum', ChecksumSHA256) }),
        }));
        try {
          return await completeParts(options, named(upload), { parts, sizeBytes });
        } catch (error) {
          const isReplaced = nameOf(error) === 'InvalidPart'; // it was sent again after the list
          if (!isReplaced || attempt === ATTEMPTS) throw s3Fault(error);
        }
      }
    },

    async abort(upload) {
      try {
        await client.send(new AbortMultipartUploadCommand(named(upload)));
      } catch (error) {
        if (!meansNoUpload(error)) throw s3Fault(error);
      }
    },

    async *list(Prefix): AsyncGenerator<UnfinishedUpload> {
      for (let KeyMarker: string | undefined, UploadIdMarker: string | undefined; ; ) {
        const input = { Bucket: bucket, Prefix, KeyMarker, UploadIdMarker };
        const page = await onS3(client.send(new ListMultipartUploadsCommand(input)));
        for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
          yield {
            key: answered('a Key', Key) as ObjectKey,
            uploadId: answered('an UploadId', UploadId),
            begunAt: answered('Initiated', Initiated),
          };
        }
        if (page.IsTruncated !== true) return;
        ({ NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page);
      }
    },
  };
}

interface Parts {
  readonly parts: readonly CompletedPart[];
  readonly sizeBytes: number;
}

/**
 * Puts parts together. `absent`: there is no such upload, maybe because the answer to a former request was lost. Errors
 * of the store pass unchanged.
 */
export async function completeParts(
  { onceClient, whileAtWork }: S3Clients,
  upload: Upload,
  { parts, sizeBytes }: Parts,
): Promise<'completed' | 'absent'> {
  const command = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: [...parts] } });
  try {
    const { ETag } = await repeated(() => onceClient.send(command, whileAtWork(sizeBytes)));
    answered('an ETag', ETag); // a failure may begin with the status 200
    return 'completed';
  } catch (error) {
    if (meansNoUpload(error)) return 'absent';
    throw error;
  }
}

/** Ceph lists no parts of an absent key. */
const meansNoUpload = (error: unknown): boolean => ['NoSuchUpload', 'NoSuchKey'].includes(nameOf(error));
