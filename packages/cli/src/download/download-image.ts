import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { handedUrl, SafelightError } from '@safelight/client';
import { type Failure, failure } from '../failure.ts';

/** Bytes to fetch. `url` is asked again after each cut: it lasts minutes. */
export interface Download {
  readonly url: () => Promise<string>;
  /** The SHA-256 of an original; a rendition has none. */
  readonly sha256: string | undefined;
  /** Bytes of an original, as its record has them. */
  readonly size: number | undefined;
  readonly signal: AbortSignal;
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

const ATTEMPTS = 6;
/** The limit of a rendition. The service stores at most 64 MB of them for an image. */
const MOST_BYTES = 256 * 1_048_576;
/** S3 answers with one where a bucket is new. */
const MOST_REDIRECTS = 5;
/** Doubles with each attempt, with full jitter. */
const FIRST_PAUSE_MS = 250;

/**
 * Downloads to a new file, which appears complete or not at all. Errors: `file-exists`, `disk-full`,
 * `damaged-download`, `network`.
 */
export const downloadTo = (file: string, download: Download): Promise<void> =>
  writeNew(file, (keep) => receive(download, keep));

/**
 * Writes what `write` keeps to a new file, which appears complete or not at all. Errors: `file-exists`, `disk-full`,
 * and those of `write`.
 */
export async function writeNew(
  file: string,
  write: (keep: (chunk: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const temporary = join(dirname(file), `.safelight-${randomUUID()}.part`);
  const handle = await open(temporary, 'wx');
  try {
    try {
      await write((chunk) => writeAll(handle, chunk));
      await handle.sync(); // a disk may be full only now
    } finally {
      await handle.close();
    }
    await appear(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Hands over the bytes in order, each once, and continues after cuts. Errors: `damaged-download` for more than are
 * expected, which aren't read.
 */
export async function receive(download: Download, take: (chunk: Uint8Array) => Promise<void>): Promise<void> {
  const { sha256, size = MOST_BYTES, signal, onBytes } = download;
  const hash = createHash('sha256');
  let received = 0;
  const keep = async (chunk: Uint8Array): Promise<void> => {
    received += chunk.length;
    if (received > size) throw damaged();
    await take(chunk);
    hash.update(chunk);
    onBytes?.(received);
  };
  for (let attempt = 1; ; attempt += 1) {
    const response = await request(await download.url(), received, signal);
    if (response !== undefined) {
      const chunks: AsyncIterable<Uint8Array> = response.body ?? noChunks();
      // A server without ranges begins again.
      if (await drain(response.status === 200 ? without(chunks, received) : chunks, keep)) break;
    }
    signal.throwIfAborted();
    if (attempt === ATTEMPTS) throw cut();
    await setTimeout(Math.random() * FIRST_PAUSE_MS * 2 ** attempt, undefined, { signal });
  }
  if (sha256 !== undefined && hash.digest('hex') !== sha256) throw damaged();
}

/**
 * Undefined if there is no connection, or a temporary answer. Errors: `unexpected-answer`, also for too many redirects
 * and one from https to http.
 */
async function request(
  url: string,
  offset: number,
  signal: AbortSignal,
  redirects = MOST_REDIRECTS,
): Promise<Response | undefined> {
  // A compressed answer has other ranges.
  const headers = { 'accept-encoding': 'identity', ...(offset > 0 && { range: `bytes=${offset}-` }) };
  const response = await fetch(url, { signal, headers, redirect: 'manual' }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    return undefined;
  });
  if (response === undefined || response.ok) return response;
  await response.body?.cancel();
  const next = response.status < 400 ? response.headers.get('location') : null;
  if (next !== null && redirects > 0)
    return await request(handedUrl(URL.parse(next, url)?.href, url), offset, signal, redirects - 1);
  if (response.status >= 500 || response.status === 429) return undefined;
  throw new SafelightError('unexpected-answer', `expected the bytes of an image; got status ${response.status}`, {
    status: response.status,
  });
}

/** False if the connection was cut. Errors of `take`. */
async function drain(chunks: AsyncIterable<Uint8Array>, take: (chunk: Uint8Array) => Promise<void>): Promise<boolean> {
  const iterator = chunks[Symbol.asyncIterator]();
  for (;;) {
    const next = await iterator.next().catch(() => undefined);
    if (next === undefined) return false;
    if (next.done) return true;
    try {
      await take(next.value);
    } catch (error) {
      await iterator.return?.().catch(() => undefined);
      throw error;
    }
  }
}

async function* without(chunks: AsyncIterable<Uint8Array>, skipped: number): AsyncGenerator<Uint8Array> {
  let left = skipped;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

async function* noChunks(): AsyncGenerator<Uint8Array> {}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length; ) written += (await handle.write(chunk, written)).bytesWritten;
}

/** Never over another file. */
async function appear(temporary: string, file: string): Promise<void> {
  try {
    await link(temporary, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw exists(file);
    // A file system without hard links, such as FAT.
    if (
      await stat(file).then(
        () => true,
        () => false,
      )
    )
      throw exists(file);
    await rename(temporary, file);
  }
}

/** Whether the file has these bytes; undefined if there is no such file. */
export async function hasContent(
  file: string,
  { size, sha256 }: { size: number | null; sha256: string | null },
): Promise<boolean | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isFile() || found.size !== size || sha256 === null) return false;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex') === sha256;
}

export const exists = (file: string): Failure =>
  failure('file-exists', `${file} exists already. Remove it, or choose another place with --output.`);

const cut = (): SafelightError =>
  new SafelightError('network', 'expected the bytes of an image; the connection was cut each time');

const damaged = (): Failure =>
  failure(
    'damaged-download',
    'Other bytes arrived than the image has. Run the same command again; if it repeats, tell the operator of the service.',
  );
