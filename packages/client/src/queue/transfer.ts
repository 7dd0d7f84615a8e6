import { SafelightError } from '../errors.ts';
import type { Image } from '../images/image.ts';
import { hexOf } from '../upload/hash.ts';
import type { Continuing, UploadOptions } from '../upload/upload.ts';
import type { StoredItem } from './queue-store.ts';

export interface TransferServices {
  upload(file: Blob, options: UploadOptions & Continuing): Promise<Image>;
  /** The image of an earlier grant, once the service has decided. */
  decided(imageId: string, signal: AbortSignal): Promise<Image>;
}

export interface Transfer extends Pick<UploadOptions, 'onProgress' | 'onResumed' | 'onSent'> {
  readonly queueId: string;
  readonly item: StoredItem;
  readonly file: Blob;
  readonly signal: AbortSignal;
  /** Remembers the item as it is now. */
  readonly keep: (item: StoredItem) => void;
}

/** An attempt may be over when it is continued, and so may the one that follows it, in another tab; never a third. */
const ATTEMPTS = 3;

/**
 * Uploads an item. If an earlier run was granted an upload, its image decides: the service forgets an Idempotency-Key
 * after 24 hours, and this machine's clock may be wrong. Errors: those of an upload.
 */
export async function transfer(services: TransferServices, transfer: Transfer): Promise<Image> {
  const { queueId, file, signal, keep, onProgress, onResumed, onSent } = transfer;
  let { item } = transfer;
  for (let attempts = 1; ; attempts += 1) {
    try {
      if (item.imageId !== undefined) {
        const image = await madeBefore(services, item.imageId, signal);
        if (image === 'gone') item = nextAttempt(item);
        else if (image) return image;
      }
      const { description, name, attempt } = item;
      return await services.upload(file, {
        filename: name,
        ...description,
        idempotencyKey: await keyOf(`${queueId}/${item.id}/${attempt}`),
        continues: item.imageId,
        signal,
        onProgress,
        onResumed,
        onSent,
        onGranted(imageId) {
          if (imageId === item.imageId) return;
          item = { ...item, imageId };
          keep(item);
        },
      });
    } catch (error) {
      if (attempts === ATTEMPTS || !isOver(error)) throw error;
      item = nextAttempt(item);
      keep(item);
    }
  }
}

/** Undefined if its bytes never came; `gone` if the service has no such image for this caller. */
async function madeBefore(
  { decided }: TransferServices,
  imageId: string,
  signal: AbortSignal,
): Promise<Image | 'gone' | undefined> {
  try {
    return await decided(imageId, signal);
  } catch (error) {
    if (!(error instanceof SafelightError)) throw error;
    if (error.code === 'upload-missing') return undefined;
    if (error.code === 'image-not-found' && error.status === 404) return 'gone';
    throw error;
  }
}

/** The upload has expired, or its file was another one. */
const isOver = (error: unknown): boolean =>
  error instanceof SafelightError && (error.code === 'image-not-ready' || error.code === 'idempotency-conflict');

/** Another upload, for when the last one can't succeed any more. */
export const nextAttempt = (item: StoredItem): StoredItem => ({
  ...item,
  attempt: item.attempt + 1,
  imageId: undefined,
});

/** The text itself where there is no `crypto.subtle`. */
async function keyOf(text: string): Promise<string> {
  const { subtle } = globalThis.crypto;
  return subtle ? hexOf(await subtle.digest('SHA-256', new TextEncoder().encode(text))) : text;
}
