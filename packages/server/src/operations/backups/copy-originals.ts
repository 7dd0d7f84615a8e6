import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { GROUPS, groupPrefix, objectPath } from '../../archive/backup/names.ts';
import type { Target } from '../../archive/target/target.ts';
import { AppError } from '../../domain/errors.ts';
import { isStored, type StoredImage } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { eachAtMost } from '../../flow/each-at-most.ts';
import type { ImageRepository } from '../../image-repository/image-repository.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import type { BackupFault } from './backup-progress.ts';
import type { TakeBytes } from './rate-limit.ts';
import type { SpooledRecords } from './spool-records.ts';

export interface CopyServices {
  readonly images: Pick<ImageRepository, 'get'>;
  readonly objects: Pick<ObjectStore, 'get'>;
}

export interface CopyOptions {
  readonly target: Target;
  readonly takeBytes: TakeBytes;
  readonly signal: AbortSignal;
  /** Images whose bytes the target has, from before or now. */
  readonly onStored: (images: number) => void;
  readonly onCopied: (bytes: number) => void;
}

export interface Copied {
  /** Deleted since their records were read. */
  readonly leftOut: readonly ImageId[];
  readonly faults: readonly BackupFault[];
}

/** A sync takes longer than the bytes of a small image; several at once share it. */
const COPIES_AT_ONCE = 12;
/** With as many faults in a row the store of the service may be away, or another one: such a backup must not count as one. */
const MOST_FAULTS = 20;
/**
 * So many originals are then looked for. The store that has one of them is the right one: a target that has all sound originals lacks the
 * lost ones alone.
 */
const SAMPLES = 100;
const LOOKS_AT_ONCE = 20;
/** An image that moves more often while it is copied has another fault. */
const MOST_MOVES = 3;

/** Images with the same bytes. */
type Alike = readonly StoredImage[];

/** Copies the originals that the target lacks. Errors: those of the target, of the records, and of a store that is away. */
export async function copyOriginals(
  services: CopyServices,
  records: SpooledRecords,
  options: CopyOptions,
): Promise<Copied> {
  const leftOut: ImageId[] = [];
  const faults: BackupFault[] = [];
  const unreadable: Alike[] = [];
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  let inRow = 0;
  let cause: unknown;

  /** Once the target has the bytes, all of these images have theirs, also one whose own original is faulty. */
  async function copyAlike(alike: Alike, attempt: 'first' | 'last'): Promise<void> {
    const found: BackupFault[] = [];
    const left: StoredImage[] = [];
    let deleted = 0;
    for (const image of alike) {
      const outcome = await copyOriginal(services, image, { ...options, signal });
      if (outcome.kind === 'stored') {
        inRow = 0;
        return options.onStored(alike.length - deleted);
      }
      if (outcome.kind === 'deleted') {
        deleted += 1;
        leftOut.push(image.id);
        continue;
      }
      left.push(image);
      found.push({ imageId: image.id, kind: outcome.kind, detail: outcome.detail });
      cause = outcome.cause ?? cause;
      inRow += 1;
      if (inRow < MOST_FAULTS) continue;
      inRow = 0;
      if (!(await hasOneOf(services, records))) throw outcome.cause ?? withoutOriginals(faults);
    }
    if (attempt === 'first' && found.some(isUnreadable)) unreadable.push(left);
    else faults.push(...found);
  }

  const copyEach = (source: AsyncIterable<Alike>, attempt: 'first' | 'last'): Promise<void> =>
    eachAtMost(COPIES_AT_ONCE, source, (alike) =>
      copyAlike(alike, attempt).catch((error: unknown) => {
        ending.abort(error); // the first fault ends the others
        throw error;
      }),
    );

  await copyEach(findLacking(records, options), 'first');
  await copyEach(Readable.from(unreadable), 'last'); // the store may have been busy, or away for a moment
  signal.throwIfAborted();
  if (faults.some(isUnreadable) && !(await hasOneOf(services, records))) throw cause;
  return { leftOut, faults };
}

const isUnreadable = ({ kind }: BackupFault): boolean => kind === 'unreadable';

/** Whether the store of the service has the original of any sample, and can read it. */
async function hasOneOf(services: CopyServices, records: SpooledRecords): Promise<boolean> {
  const samples: StoredImage[] = [];
  for await (const image of imagesOf(records)) if (samples.push(image) === SAMPLES) break;
  for (let start = 0; start < samples.length; start += LOOKS_AT_ONCE) {
    const looks = samples.slice(start, start + LOOKS_AT_ONCE).map((image) => isReadable(services, image));
    if ((await Promise.all(looks)).includes(true)) return true;
  }
  return false;
}

async function* imagesOf(records: SpooledRecords): AsyncGenerator<StoredImage> {
  for (const group of GROUPS) yield* records.images(group);
}

async function isReadable({ objects }: CopyServices, { objectKey }: StoredImage): Promise<boolean> {
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

const withoutOriginals = (faults: readonly BackupFault[]): AppError => {
  const last = faults.at(-1);
  const detail = `expected the store with the originals of the records; got ${MOST_FAULTS} faults in a row, the last one for ${last?.imageId}: ${last?.detail}. Is it the right bucket or folder? npm run admin -- reconcile explains each`;
  return new AppError('unavailable', detail);
};

/** The originals that the target lacks, group by group. One with another size counts as lacking: it is stored again. */
async function* findLacking(
  records: SpooledRecords,
  { target, onStored, signal }: CopyOptions,
): AsyncGenerator<Alike, undefined> {
  for (const group of GROUPS) {
    const wanted = new Map<string, [StoredImage, ...StoredImage[]]>();
    for await (const image of records.images(group)) {
      const alike = wanted.get(image.sha256);
      if (alike) alike.push(image);
      else wanted.set(image.sha256, [image]);
    }
    if (wanted.size === 0) continue;
    signal.throwIfAborted();
    const found = new Map<string, number>();
    for await (const { path, sizeBytes } of target.list(groupPrefix(group))) found.set(path, sizeBytes);
    for (const alike of wanted.values()) {
      const [{ sha256, sizeBytes }] = alike;
      if (found.get(objectPath(sha256)) === sizeBytes) onStored(alike.length);
      else yield alike;
    }
  }
  return undefined;
}

type Outcome =
  | { readonly kind: 'stored' }
  | { readonly kind: 'deleted' }
  | { readonly kind: BackupFault['kind']; readonly detail: string; readonly cause?: unknown };

async function copyOriginal(services: CopyServices, recorded: StoredImage, options: CopyOptions): Promise<Outcome> {
  let image = recorded;
  try {
    for (let moves = 0; moves <= MOST_MOVES; moves += 1) {
      const object = await ofSource(services.objects.get(image.objectKey));
      if (object) return await store(object.body, image, options);
      const now = await services.images.get(recorded.id);
      if (!now || !isStored(now)) return { kind: 'deleted' };
      if (now.objectKey === image.objectKey) break;
      image = now; // its bytes stay the same, as its hash is compared
    }
    return { kind: 'missing', detail: `expected an object ${image.objectKey}; got none` };
  } catch (error) {
    if (!(error instanceof OtherBytes || error instanceof SourceFault)) throw error;
    const now = await services.images.get(recorded.id);
    if (!now || !isStored(now)) return { kind: 'deleted' }; // while its bytes were read
    if (error instanceof OtherBytes) return { kind: 'damaged', detail: error.message };
    return { kind: 'unreadable', detail: error.message, cause: error.cause };
  }
}

async function store(
  body: Uint8Array | ReadableStream<Uint8Array>,
  { sha256, sizeBytes }: Pick<StoredImage, 'sha256' | 'sizeBytes'>,
  { target, takeBytes, signal, onStored: _, onCopied }: CopyOptions,
): Promise<Outcome> {
  async function* compared(): AsyncGenerator<Uint8Array> {
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
  await target.put(objectPath(sha256), compared(), { sizeBytes });
  onCopied(sizeBytes);
  return { kind: 'stored' };
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
