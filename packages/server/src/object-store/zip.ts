import { createReadStream } from 'node:fs';
import { PassThrough, type Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { StoredObject } from './object-store.ts';
import type { LocalFile, StageOptions, Staging } from './staging.ts';

/** A zip that is read while it is made. Of any size; nothing in it is compressed. */
export interface Zip {
  readonly bytes: AsyncIterable<Uint8Array>;
  /**
   * Adds the file if its bytes have that SHA-256. Returns the one that they have, in lower-case hex: a zip can't take
   * back what was found to be other bytes, so they are received whole first.
   */
  addFile(name: string, body: StoredObject['body'], sha256: string): Promise<string>;
  addText(name: string, text: string): Promise<void>;
  /** Adds a line to one of the `files` of lines, which grow beside the others, and are added at the end. */
  addLine(name: string, line: string): Promise<void>;
  /** Ends `bytes`, once everything was added. */
  end(): Promise<void>;
  /** Ends everything with the error. */
  fail(error: unknown): void;
}

const LIMITS: StageOptions = { maxBytes: Number.POSITIVE_INFINITY, leaving: 'reserve' };

/** Errors of all methods: those of `Staging`, and the one that `fail` was told. */
export function createZip(staging: Pick<Staging, 'stage'>, { ofLines }: { readonly ofLines: readonly string[] }): Zip {
  const zip = new ZipFile();
  const lines = new Map(ofLines.map((name) => [name, createLines(staging)]));
  const failing = new AbortController();
  /** Files that aren't read yet. */
  const waiting = new Set<PromiseWithResolvers<void>>();
  const bytes = zip.outputStream as Readable;

  function fail(error: unknown): void {
    for (const { reject } of waiting) reject(error);
    failing.abort(error); // closes the file that is being read
    bytes.destroy();
    for (const one of lines.values()) one.fail(error);
  }
  zip.on('error', fail);
  bytes.on('error', () => undefined); // who reads it is told, too

  /** Resolves once the file was read: then it may be removed. */
  function add(name: string, { path, sizeBytes: size }: LocalFile): Promise<void> {
    failing.signal.throwIfAborted();
    const read = Promise.withResolvers<void>();
    waiting.add(read);
    zip.addReadStreamLazy(name, { compress: false, size }, (begin) => {
      const content = createReadStream(path, { signal: failing.signal });
      content.once('close', read.resolve);
      begin(null, content);
    });
    return read.promise.finally(() => waiting.delete(read));
  }

  return {
    bytes,

    async addFile(name, body, sha256) {
      await using file = await receive(staging, body);
      if (file.sha256 === sha256) await add(name, file);
      return file.sha256;
    },

    async addText(name, text) {
      zip.addBuffer(Buffer.from(text), name, { compress: false });
    },

    async addLine(name, line) {
      await lines.get(name)?.add(line);
    },

    async end() {
      for (const [name, one] of lines) {
        await using file = await one.end();
        await add(name, file);
      }
      zip.end();
    },

    fail,
  };
}

async function* chunkOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A body that is refused before it is read is closed. */
async function receive(staging: Pick<Staging, 'stage'>, body: StoredObject['body']): Promise<LocalFile> {
  if (body instanceof Uint8Array) return staging.stage(chunkOf(body), LIMITS);
  try {
    return await staging.stage(body, LIMITS);
  } catch (error) {
    await body.cancel().catch(() => undefined); // its own failure has ended it
    throw error;
  }
}

interface Lines {
  add(line: string): Promise<void>;
  end(): Promise<LocalFile>;
  fail(error: unknown): void;
}

function createLines(staging: Pick<Staging, 'stage'>): Lines {
  const lines = new PassThrough();
  const staged = staging.stage(lines, LIMITS);
  staged.catch((error: Error) => lines.destroy(error));
  lines.on('error', () => undefined); // `staged` has it
  return {
    add: (line) =>
      new Promise((resolve, reject) => {
        lines.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
      }),
    end() {
      lines.end();
      return staged;
    },
    fail: (error) => void lines.destroy(error instanceof Error ? error : new Error(String(error))),
  };
}
