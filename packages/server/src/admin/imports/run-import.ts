import { setTimeout as delay } from 'node:timers/promises';
import { AppError, type ErrorCode } from '../../domain/errors.ts';
import { createSpread } from '../../domain/import/spread-times.ts';
import type { TakeBytes } from '../../flow/rate-limit.ts';
import type { ImportedAlbum } from '../../operations/imports/import-album.ts';
import type { ImportedImage, ImportOutcome, OpenBytes } from '../../operations/imports/import-image.ts';
import type { ImportReport } from './import-report.ts';
import { type ImportSource, isFault, type SourceEntry } from './import-source.ts';
import { preparedImage } from './prepare-entry.ts';

/** An image that waits to be imported. */
export interface Waiting {
  readonly image: ImportedImage;
  readonly open: OpenBytes;
}

/** Brings images into one service. */
export interface Importer extends AsyncDisposable {
  /** Tells services apart. */
  readonly service: string;
  /**
   * Imports all, and tells what became of each, in any order. Errors: those that end an import; what was told stays.
   */
  importAll(
    images: AsyncIterable<Waiting>,
    ended: (one: Waiting, outcome: ImportOutcome) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Errors: `user-erased`; those that end an import. */
  importAlbum(album: ImportedAlbum, signal: AbortSignal): Promise<void>;
}

export interface ImportCounts {
  entries: number;
  imported: number;
  /** Brought by an earlier import. */
  known: number;
  refused: number;
  clamped: number;
  /** That were read. */
  bytes: number;
  readonly refusedBy: Record<string, number>;
}

export interface RunOptions {
  readonly source: ImportSource;
  readonly importer: Importer;
  readonly report: ImportReport;
  readonly takeBytes: TakeBytes;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onProgress: (counts: ImportCounts) => void;
  readonly onRefused: (path: string, detail: string) => void;
}

/** The code of a source's entry that can't be an image. */
export const UNUSABLE = 'unusable-entry';

/** A busy image is tried again so often: more than the minute for which a dead import holds it. */
const MAX_TRIES = 60;
const MAX_LATE = 100;

interface Late extends Waiting {
  readonly dueMs: number;
}

/**
 * Brings what the report doesn't have yet: the source (`import-source.ts`) lists entries, each is checked by the fields
 * of the API (`prepare-entry.ts`) and gets its time (`domain/import/spread-times.ts`). The importer, in this process
 * (`import-here.ts`) or by the service beside it (`import-beside.ts`, `operations/imports/answer-import.ts`), verifies
 * and stores it (`operations/imports/import-image.ts`), and the report (`import-report.ts`) gets a line. Errors: those
 * of source, importer and report; the next run goes on.
 */
export async function runImport({
  source,
  importer,
  report,
  takeBytes,
  now,
  signal,
  onProgress,
  onRefused,
}: RunOptions): Promise<ImportCounts> {
  const counts = startCounts();
  const spread = createSpread({ begunAt: report.begunAt, now });
  const late: Late[] = [];
  const tries = new Map<string, number>();
  const clamped = new Set<string>(); // of those under way

  const refuse = async (path: string, code: ErrorCode | typeof UNUSABLE, detail: string): Promise<void> => {
    counts.refused += 1;
    counts.refusedBy[code] = (counts.refusedBy[code] ?? 0) + 1;
    onRefused(path, detail);
    await report.add({ path, outcome: 'refused', code, detail });
  };

  const openCounted =
    (entry: SourceEntry): OpenBytes =>
    async (lost) => {
      const body = await source.open(entry, lost);
      return body && counted(body, lost);
    };
  async function* counted(body: AsyncIterable<Uint8Array>, lost: AbortSignal): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      counts.bytes += chunk.byteLength;
      await takeBytes(chunk.byteLength, lost);
      yield chunk;
    }
  }

  async function* fresh(): AsyncGenerator<Waiting> {
    for await (const entry of source.entries()) {
      signal.throwIfAborted();
      counts.entries += 1;
      onProgress(counts);
      const { path } = entry;
      if (isFault(entry)) {
        await refuse(path, UNUSABLE, entry.fault);
        continue;
      }
      const { at, isClamped } = spread(entry.at);
      if (report.has(path, entry.userId)) {
        counts.known += 1;
        continue;
      }
      try {
        const image = preparedImage(source.name, entry, at);
        if (isClamped) clamped.add(path);
        yield { image, open: openCounted(entry) };
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        await refuse(path, error.code, error.detail);
      }
    }
  }

  async function* all(): AsyncGenerator<Waiting> {
    for await (const one of fresh()) {
      yield one;
      while (late.length >= MAX_LATE || (late[0] && late[0].dueMs <= performance.now())) yield await nextLate();
    }
  }
  async function* rest(): AsyncGenerator<Waiting> {
    while (late.length > 0) yield await nextLate();
  }
  async function nextLate(): Promise<Waiting> {
    const one = late.shift();
    if (!one) throw new Error('expected an image that waits; got none');
    await delay(Math.max(one.dueMs - performance.now(), 0), undefined, { signal });
    return one;
  }

  const ended = async ({ image, open }: Waiting, outcome: ImportOutcome): Promise<void> => {
    const { path, userId, at } = image;
    if (outcome.outcome === 'busy') {
      const tried = (tries.get(path) ?? 0) + 1;
      tries.set(path, tried);
      if (tried < MAX_TRIES) {
        late.push({ image, open, dueMs: performance.now() + outcome.retryAfterSeconds * 1_000 });
        return;
      }
    }
    tries.delete(path);
    const wasClamped = clamped.delete(path);
    if (outcome.outcome === 'busy') await refuse(path, 'overloaded', 'expected a turn; got none: import again later');
    else if (outcome.outcome === 'refused') await refuse(path, outcome.code, outcome.detail);
    else {
      const { imageId, status } = outcome;
      counts[outcome.outcome] += 1;
      if (wasClamped) counts.clamped += 1;
      await report.add({
        ...{ path, outcome: outcome.outcome, image_id: imageId, status, user_id: userId },
        created_at: at.toISOString(),
        ...(wasClamped && { clamped: true }),
      });
    }
    onProgress(counts);
  };

  for await (const one of source.albums?.() ?? []) {
    signal.throwIfAborted();
    if (isFault(one)) {
      await refuse(one.path, UNUSABLE, one.fault);
      continue;
    }
    try {
      await importer.importAlbum(one.album, signal);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'user-erased') throw error;
      await refuse(one.path, error.code, error.detail);
    }
  }
  await importer.importAll(all(), ended, signal);
  while (late.length > 0) await importer.importAll(rest(), ended, signal);
  return counts;
}

export const startCounts = (): ImportCounts => ({
  ...{ entries: 0, imported: 0, known: 0, refused: 0, clamped: 0, bytes: 0, refusedBy: {} },
});
