import { UNKNOWN_PAYER } from '../../domain/access/payer.ts';
import { AppError, uploadTooLarge } from '../../domain/errors.ts';
import { latestTaken } from '../../domain/facts/latest-taken.ts';
import { SIGNATURE_BYTES } from '../../domain/image/file-signature.ts';
import { IMAGE_FORMATS } from '../../domain/image/media-type.ts';
import { createSpread } from '../../domain/import/spread-times.ts';
import type { Imaging } from '../../imaging/imaging.ts';
import type { Staging } from '../../object-store/staging.ts';
import { typeOf } from '../../operations/imports/import-image.ts';
import { type ImportSource, isFault, type SourceEntry } from './import-source.ts';
import { preparedImage } from './prepare-entry.ts';

export interface TryOptions {
  readonly source: ImportSource;
  readonly imaging: Imaging;
  readonly staging: Staging;
  readonly maxUploadBytes: number;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly onProgress: (tried: Tried) => void;
  readonly onRefused: (path: string, detail: string) => void;
}

export interface Tried {
  entries: number;
  accepted: number;
  refused: number;
  clamped: number;
  /** Those of accepted pictures. */
  bytes: number;
  /** Pictures that were wholly read and verified, and how long that took. */
  verified: number;
  verifiedMs: number;
}

/** All of a small source, and a few of a large one. */
const ALL_OF = 20;
const EACH = 50;

/**
 * What an import would do, without a service: looks at the fields, the size and the first bytes of each entry, verifies
 * some wholly, and measures that. Quotas, gates, and what the service has, aren't asked. Errors: those of the source.
 */
export async function tryImport(options: TryOptions): Promise<Tried> {
  const { source, now, signal, onProgress, onRefused } = options;
  const tried: Tried = { entries: 0, accepted: 0, refused: 0, clamped: 0, bytes: 0, verified: 0, verifiedMs: 0 };
  const spread = createSpread({ begunAt: now, now: () => now });
  const refuse = (path: string, detail: string): void => {
    tried.refused += 1;
    onRefused(path, detail);
  };
  for await (const entry of source.entries()) {
    signal.throwIfAborted();
    tried.entries += 1;
    onProgress(tried);
    if (isFault(entry)) {
      refuse(entry.path, entry.fault);
      continue;
    }
    const { at, isClamped } = spread(entry.at);
    if (isClamped) tried.clamped += 1;
    try {
      const isWhole = tried.entries <= ALL_OF || tried.entries % EACH === 0;
      tried.bytes += await (isWhole ? verify(options, entry, at, tried) : look(options, entry, at));
      tried.accepted += 1;
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'unavailable') throw error;
      refuse(entry.path, error.detail);
    }
  }
  return tried;
}

/** The size, as far as the source says it. */
async function look({ source, maxUploadBytes, signal }: TryOptions, entry: SourceEntry, at: Date): Promise<number> {
  const { contentType } = preparedImage(source.name, entry, at);
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of await bytesOf(source, entry, signal)) {
    chunks.push(chunk);
    sizeBytes += chunk.byteLength;
    if (sizeBytes >= SIGNATURE_BYTES) break;
  }
  if (sizeBytes === 0) throw new AppError('empty-upload', 'expected the bytes of an image; got an empty file');
  const type = contentType ?? typeOf(Buffer.concat(chunks));
  const maxBytes = Math.min(maxUploadBytes, IMAGE_FORMATS[type].maxBytes);
  if (entry.sizeBytes !== null && entry.sizeBytes > maxBytes) throw uploadTooLarge(maxBytes, entry.sizeBytes);
  return entry.sizeBytes ?? sizeBytes;
}

async function verify(options: TryOptions, entry: SourceEntry, at: Date, tried: Tried): Promise<number> {
  const { source, imaging, staging, maxUploadBytes, now, signal } = options;
  const begunMs = performance.now();
  const { contentType } = preparedImage(source.name, entry, at);
  const head: Uint8Array[] = [];
  const body = await bytesOf(source, entry, signal);
  async function* seen(): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      if (head.length < SIGNATURE_BYTES) head.push(Uint8Array.from(chunk.subarray(0, SIGNATURE_BYTES)));
      yield chunk;
    }
  }
  await using file = await staging.stage(seen(), { maxBytes: maxUploadBytes });
  if (file.sizeBytes === 0) throw new AppError('empty-upload', 'expected the bytes of an image; got an empty file');
  const type = contentType ?? typeOf(Buffer.concat(head).subarray(0, SIGNATURE_BYTES));
  if (file.sizeBytes > IMAGE_FORMATS[type].maxBytes) throw uploadTooLarge(IMAGE_FORMATS[type].maxBytes, file.sizeBytes);
  const turn = { payer: UNKNOWN_PAYER, signal, latest: latestTaken(now) };
  const inspection = await imaging.inspect(file.path, type, turn);
  tried.verified += 1;
  tried.verifiedMs += performance.now() - begunMs;
  if (inspection.outcome === 'refused') throw new AppError(inspection.rejection.code, inspection.rejection.detail);
  return file.sizeBytes;
}

async function bytesOf(
  source: ImportSource,
  entry: SourceEntry,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const body = await source.open(entry, signal);
  if (body) return body;
  throw new AppError('upload-missing', 'expected its bytes in the source; got none');
}
