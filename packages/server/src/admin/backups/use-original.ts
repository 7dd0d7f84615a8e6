import { createHash } from 'node:crypto';
import { AppError } from '../../domain/errors.ts';
import { isStored, type StoredImage } from '../../domain/image/image.ts';
import type { TakeBytes } from '../../flow/rate-limit.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import type { ImageRepository } from '../../records/images/image-repository.ts';
import type { BackupFault } from './backup-progress.ts';

export interface OriginalSource {
  readonly images: Pick<ImageRepository, 'get'>;
  readonly objects: Pick<ObjectStore, 'get'>;
}

export interface UseOptions {
  readonly takeBytes: TakeBytes;
  readonly signal: AbortSignal;
}

export type Used =
  | { readonly kind: 'sound' }
  /** Since its record was read; or its bytes were replaced, and the former ones are removed. */
  | { readonly kind: 'deleted' }
  | { readonly kind: BackupFault['kind']; readonly detail: string; readonly cause?: unknown };

/** An image that moves more often while it is read has another fault. */
const MOST_MOVES = 3;

/** Has `use` read an original whole, with its size and hash compared. Errors: those of `use` and of the records. */
export async function useOriginal(
  services: OriginalSource,
  recorded: StoredImage,
  options: UseOptions,
  use: (bytes: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<Used> {
  let image = recorded;
  try {
    for (let moves = 0; moves <= MOST_MOVES; moves += 1) {
      const object = await ofSource(services.objects.get(image.objectKey));
      if (object) {
        await use(compared(object.body, image, options));
        return { kind: 'sound' };
      }
      const now = await services.images.get(recorded.id);
      if (!now || !isStored(now) || now.sha256 !== recorded.sha256) return { kind: 'deleted' };
      if (now.objectKey === image.objectKey) break;
      image = now; // its bytes stay the same, as its hash is compared
    }
    return { kind: 'missing', detail: `expected an object ${image.objectKey}; got none` };
  } catch (error) {
    if (!(error instanceof OtherBytes || error instanceof SourceFault)) throw error;
    const now = await services.images.get(recorded.id);
    if (!now || !isStored(now) || now.sha256 !== recorded.sha256) return { kind: 'deleted' }; // while its bytes were read
    if (error instanceof OtherBytes) return { kind: 'damaged', detail: error.message };
    return { kind: 'unreadable', detail: error.message, cause: error.cause };
  }
}

async function* compared(
  body: Uint8Array | ReadableStream<Uint8Array>,
  { sha256, sizeBytes }: Pick<StoredImage, 'sha256' | 'sizeBytes'>,
  { takeBytes, signal }: UseOptions,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunksOf(body)) {
    signal.throwIfAborted();
    await takeBytes(chunk.byteLength, signal);
    hash.update(chunk);
    bytes += chunk.byteLength;
    yield chunk;
  }
  const got = hash.digest('hex');
  if (bytes !== sizeBytes) throw new OtherBytes(`expected ${sizeBytes} bytes; got ${bytes}`);
  if (got !== sha256) throw new OtherBytes(`expected bytes with the SHA-256 ${sha256}; got ${got}`);
}

async function* chunksOf(body: Uint8Array | ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) return yield body;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await ofSource(reader.read());
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined); // it may have failed already
  }
}

/** Whether the store has the object and can read it: not which bytes it has. */
export async function isReadable({ objects }: OriginalSource, { objectKey }: StoredImage): Promise<boolean> {
  try {
    const object = await objects.get(objectKey);
    if (!object) return false;
    const chunks = chunksOf(object.body);
    const { done } = await chunks.next();
    await chunks.return(undefined);
    return !done;
  } catch {
    return false; // one more fault of the store
  }
}

/** The bytes aren't those of the record. */
class OtherBytes extends Error {}

/** The store of the service failed, not the target. */
class SourceFault extends Error {}

async function ofSource<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const detail = cause instanceof AppError ? cause.detail : cause instanceof Error ? cause.message : String(cause);
    throw new SourceFault(detail, { cause });
  }
}
