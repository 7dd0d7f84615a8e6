import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError } from '../../domain/errors.ts';
import { importedId } from '../../domain/import/imported-id.ts';
import type { LocalFile, Staging } from '../../object-store/staging.ts';
import { type ImportAnswer, type ImportRequest, MAX_IMPORTED } from '../../operations/imports/answer-import.ts';
import { type ImportOutcome, refusalIn } from '../../operations/imports/import-image.ts';
import { CRASHED, type OperatorRequests } from '../../records/coordination/requests.ts';
import type { Services } from '../../services.ts';
import type { Importer, Waiting } from './run-import.ts';

export interface BesideOptions {
  readonly services: Pick<Services, 'erasures' | 'newId'> & {
    readonly images: Pick<Services['images'], 'get'>;
    readonly requests: OperatorRequests;
  };
  /** The folder of this command alone, and its number. */
  readonly folder: { readonly path: string; readonly number: number };
  /** Files in it, which the service reads. */
  readonly staging: Staging;
  /** The largest file. */
  readonly maxBytes: number;
  /** Has the service answer a request under that id. */
  readonly ask: (id: string, request: ImportRequest, signal: AbortSignal) => Promise<ImportAnswer>;
}

/** What lies on the disk beside the service's own files. */
const MAX_STEP_BYTES = 268_435_456;

interface Staged {
  readonly waiting: Waiting;
  readonly file: LocalFile;
}

/**
 * By the service that runs on the data folder, in steps of at most a hundred images, one after the other: while it does
 * one, the files of the next are fetched. Errors: those of the service, and of the folder.
 */
export async function importerBeside(options: BesideOptions, signal: AbortSignal): Promise<Importer> {
  const { services, folder, staging, maxBytes, ask } = options;
  await using stack = new AsyncDisposableStack();
  const asked = join(folder.path, 'request');
  await removeLeft(services.requests, asked);
  const askNoted = async (request: ImportRequest, lost: AbortSignal): Promise<ImportAnswer> => {
    const id = services.newId();
    await writeFile(asked, id); // a command that is killed leaves it to the next one
    return ask(id, request, lost);
  };
  const { service } = await askNoted({ folder: folder.number, images: [] }, signal);
  const key = await services.erasures.key();
  stack.defer(() => rm(asked, { force: true }));
  const held = stack.move();

  /** Answers without the service, or hands the file to it. */
  async function stage({ image, open }: Waiting, lost: AbortSignal): Promise<LocalFile | ImportOutcome> {
    const id = image.id ?? (key === undefined ? undefined : importedId(key, { ...image, attempt: 0 }));
    const before = id && (await services.images.get(id));
    if (before && before.status !== 'pending' && before.status !== 'expired')
      return { outcome: 'known', imageId: before.id, status: before.status };
    try {
      const body = await open(lost);
      if (body) return await staging.stage(body, { maxBytes, leaving: 'reserve' });
    } catch (error) {
      lost.throwIfAborted();
      const refusal = refusalIn(error);
      if (refusal) return refusal;
      throw error;
    }
    return { outcome: 'refused', code: 'upload-missing', detail: 'expected its bytes in the source; got none' };
  }

  /** A step that ends the service again and again is halved, down to the image that does. */
  async function take(step: readonly Staged[], lost: AbortSignal): Promise<readonly ImportOutcome[]> {
    const images = step.map(({ waiting: { image }, file }) => ({
      image: { ...image, at: image.at.toISOString() },
      file: basename(file.path),
    }));
    try {
      return (await askNoted({ folder: folder.number, images }, lost)).outcomes;
    } catch (error) {
      if (!(error instanceof AppError) || !error.detail.startsWith(CRASHED)) throw error;
      if (step.length === 1) return [{ outcome: 'refused', code: 'processing-failed', detail: error.detail }];
      const middle = Math.ceil(step.length / 2);
      const first = await take(step.slice(0, middle), lost);
      return [...first, ...(await take(step.slice(middle), lost))];
    }
  }

  return {
    service,

    async importAlbum({ createdAt, updatedAt, ...album }, lost) {
      const handed = { ...album, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
      await askNoted({ folder: folder.number, images: [], albums: [handed] }, lost);
    },

    async importAll(images, ended, lost) {
      let running = Promise.resolve();
      const begin = (step: readonly Staged[]): void => {
        running = (async () => {
          try {
            const outcomes = await take(step, lost);
            for (const [index, { waiting }] of step.entries()) {
              const outcome = outcomes[index];
              if (outcome) await ended(waiting, outcome);
            }
          } finally {
            for (const { file } of step) await file[Symbol.asyncDispose]();
          }
        })();
        running.catch(() => undefined); // it is awaited before the next
      };
      let step: Staged[] = [];
      let stepBytes = 0;
      try {
        for await (const waiting of images) {
          const staged = await stage(waiting, lost);
          if ('outcome' in staged) {
            await ended(waiting, staged);
            continue;
          }
          step.push({ waiting, file: staged });
          stepBytes += staged.sizeBytes;
          if (step.length < MAX_IMPORTED && stepBytes < MAX_STEP_BYTES) continue;
          await running;
          begin(step);
          [step, stepBytes] = [[], 0];
        }
        await running;
        if (step.length > 0) begin(step);
        step = [];
      } finally {
        for (const { file } of step) await file[Symbol.asyncDispose]();
        await running;
      }
    },

    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** The request of a command that was killed: its files are gone. */
async function removeLeft(requests: Pick<OperatorRequests, 'remove'>, asked: string): Promise<void> {
  const id = await readFile(asked, 'utf8').catch(() => undefined);
  if (id !== undefined) await requests.remove(id);
}
