import type { SafelightClient } from '../client.ts';
import { SafelightError } from '../errors.ts';
import type { Image } from '../images/image.ts';
import type { Description } from '../upload/upload.ts';
import { explain } from '../words/explain.ts';
import { type Changing, changing } from './changing.ts';

interface AnyUpload {
  /** Unique among the uploads of a component. */
  readonly id: number;
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** 0 to 1, never falling; 1 once the image is ready. */
  readonly progress: number;
}

/** One file. Immutable: a change replaces the object. */
export type FileUpload =
  | (AnyUpload & { readonly state: 'ready'; readonly image: Image })
  /** `error`: what to tell the user. `cause`: what was thrown, with its code. */
  | (AnyUpload & { readonly state: 'failed'; readonly error: string; readonly cause: unknown })
  | (AnyUpload & { readonly state: 'waiting' | 'uploading' | 'canceled' });

/** Uploads at one moment. Immutable, and the same object until something changes. */
export interface UploadsSnapshot {
  /** Since the last time that nothing was running, in the order in which they were added. */
  readonly uploads: readonly FileUpload[];
  readonly isUploading: boolean;
  /** 0 to 1, of all bytes in `uploads`. */
  readonly progress: number;
  /** The error of the last upload that failed, in words for the user. */
  readonly error: string | undefined;
  /** The image that became ready last. It stays while the next one is uploaded. */
  readonly image: Image | undefined;
}

export interface Uploads extends Pick<Changing<UploadsSnapshot>, 'snapshot' | 'subscribe'> {
  add(files: readonly Blob[], description: Description): Promise<readonly Image[]>;
  cancel(): void;
}

const NOTHING: UploadsSnapshot = { uploads: [], isUploading: false, progress: 0, error: undefined, image: undefined };

/** `atOnce`: how many files are sent at the same time. */
export function createUploads(client: SafelightClient, atOnce: number): Uploads {
  const { snapshot, subscribe, set } = changing(NOTHING);
  const lines: (() => void)[] = [];
  let running = 0;
  let count = 0;
  let canceling = new AbortController();

  const publish = (uploads: readonly FileUpload[], image = snapshot().image): void => {
    const bytes = uploads.reduce((sum, { size }) => sum + size, 0);
    const sent = uploads.reduce((sum, { size, progress }) => sum + size * progress, 0);
    set({
      uploads,
      image,
      isUploading: uploads.some(isOpen),
      progress: bytes === 0 ? 0 : sent / bytes,
      error: uploads.findLast((one) => one.state === 'failed')?.error,
    });
  };
  const replace = (next: FileUpload): void =>
    publish(
      snapshot().uploads.map((one) => (one.id === next.id ? next : one)),
      next.state === 'ready' ? next.image : undefined,
    );

  async function run(file: Blob, start: AnyUpload, description: Description): Promise<Image | undefined> {
    const { signal } = canceling;
    if (running === atOnce) await new Promise<void>((resolve) => lines.push(resolve));
    else running += 1;
    let progress = 0;
    try {
      signal.throwIfAborted();
      replace({ ...start, state: 'uploading' });
      const image = await client.upload(file, {
        ...description,
        signal,
        onProgress(fraction) {
          progress = fraction;
          replace({ ...start, progress, state: 'uploading' });
        },
      });
      replace({ ...start, progress: 1, state: 'ready', image });
      return image;
    } catch (cause) {
      const isCanceled = signal.aborted || (cause instanceof SafelightError && cause.code === 'aborted');
      const end = { ...start, progress };
      replace(isCanceled ? { ...end, state: 'canceled' } : { ...end, state: 'failed', error: explain(cause), cause });
      return undefined;
    } finally {
      const next = lines.shift();
      if (next) next();
      else running -= 1;
    }
  }

  return {
    async add(files, description) {
      const added = files.map((file) => {
        count += 1;
        const start = { id: count, name: nameOf(file), size: file.size, progress: 0, state: 'waiting' as const };
        return { file, start };
      });
      const { isUploading, uploads } = snapshot();
      publish([...(isUploading ? uploads : []), ...added.map(({ start }) => start)]);
      const images = await Promise.all(added.map(({ file, start }) => run(file, start, description)));
      return images.filter((image) => image !== undefined);
    },
    cancel() {
      canceling.abort();
      canceling = new AbortController();
    },
    snapshot,
    subscribe,
  };
}

const isOpen = ({ state }: FileUpload): boolean => state === 'waiting' || state === 'uploading';

const nameOf = (file: Blob): string => ('name' in file ? String(file.name) : '');
