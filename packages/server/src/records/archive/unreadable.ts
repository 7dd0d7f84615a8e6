import { AppError } from '../../domain/errors.ts';
import type { Details } from '../../domain/facts/facts.ts';
import { type Image, isStored } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { ArchiveRecord, ImageRecord, ReadAllOptions } from './record-archive.ts';

/** Reads stored records by the contract of `all`: one that can't be read is an error that names it. */
export function createRecordReader({ onUnreadable }: ReadAllOptions) {
  return {
    /** Undefined: it can't be read, and was reported. */
    readImage(id: ImageId, read: () => Omit<ImageRecord<Image>, 'kind'>): ArchiveRecord | undefined {
      try {
        return { kind: 'image', ...read() };
      } catch (error) {
        if (!onUnreadable) throw unreadable(`image ${id}`, error);
        onUnreadable(id, error);
        return undefined;
      }
    },

    readOther(name: string, read: () => ArchiveRecord): ArchiveRecord {
      try {
        return read();
      } catch (error) {
        throw unreadable(name, error);
      }
    },
  };
}

/** Details that can't be read, or were removed since the image was read, don't keep the image from being archived. */
export function withDetails(image: Image, details: Details | null): Omit<ImageRecord<Image>, 'kind'> {
  if (!isStored(image) || !image.hasDetails) return { image };
  return details ? { image, details } : { image: { ...image, hasDetails: false } };
}

/** The error of a record, which names it. */
export const unreadable = (name: string, error: unknown): AppError => {
  if (error instanceof AppError)
    return new AppError(error.code, `The record of ${name}: ${error.detail}`, {
      cause: error,
      isOfNewerVersion: error.isOfNewerVersion,
    });
  const { cause = error } = error instanceof Error ? error : {};
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError('internal', `The record of ${name} can't be read: ${reason}`, { cause: error });
};
