import { createReadStream, type ReadStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { makeZip } from 'client-zip';
import type { StoredObject } from './object-store.ts';
import type { LocalFile, StageOptions, Staging } from './staging.ts';
import { withEndOf } from './zip-end.ts';

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
  /** Resolves when everything was read. */
  end(): Promise<void>;
  /** Ends everything with the error. */
  fail(error: unknown): void;
}

const LIMITS: StageOptions = { maxBytes: Number.POSITIVE_INFINITY, leaving: 'reserve' };

type ZipFile = { readonly name: string; readonly input: AsyncIterable<Uint8Array> | string; readonly size?: number };

/** Errors of all methods: those of `Staging`, and the one that `fail` was told. */
export function createZip(staging: Pick<Staging, 'stage'>, { ofLines }: { readonly ofLines: readonly string[] }): Zip {
  const files = createHandOver<ZipFile>();
  const lines = new Map(ofLines.map((name) => [name, createLines(staging)]));
  let count = 0;
  let reading: ReadStream | undefined;

  /** Opened once it is read. */
  async function* contentOf(path: string): AsyncGenerator<Uint8Array> {
    reading = createReadStream(path);
    yield* reading;
  }

  const give = (file: ZipFile): Promise<void> => {
    count += 1;
    return files.give(file);
  };
  const add = (name: string, { path, sizeBytes: size }: LocalFile): Promise<void> =>
    give({ name, input: contentOf(path), size });

  return {
    bytes: withEndOf(() => count, makeZip(files.taken())),

    async addFile(name, body, sha256) {
      await using file = await receive(staging, body);
      if (file.sha256 === sha256) await add(name, file);
      return file.sha256;
    },

    addText: (name, text) => give({ name, input: text }),

    async addLine(name, line) {
      await lines.get(name)?.add(line);
    },

    async end() {
      for (const [name, one] of lines) {
        await using file = await one.end();
        await add(name, file);
      }
      await files.end();
    },

    fail(error) {
      files.fail(error);
      reading?.destroy(); // a reader that failed leaves it open, and with it the bytes of a removed file
      for (const one of lines.values()) one.fail(error);
    },
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

interface HandOver<Value> {
  /** Resolves when the taker is through with the value. */
  give(value: Value): Promise<void>;
  /** No value follows. Resolves when the taker knows. */
  end(): Promise<void>;
  fail(error: unknown): void;
  taken(): AsyncGenerator<Value>;
}

/** Hands values of many givers to one taker, one after the other. */
function createHandOver<Value>(): HandOver<Value> {
  type Given = { readonly value: Value | undefined; readonly done: PromiseWithResolvers<void> };
  const waiting: Given[] = [];
  let arrival = Promise.withResolvers<void>();
  let failed: { readonly error: unknown } | undefined;
  const give = (value: Value | undefined): Promise<void> => {
    const done = Promise.withResolvers<void>();
    if (failed) done.reject(failed.error);
    else waiting.push({ value, done });
    arrival.resolve();
    return done.promise;
  };
  return {
    give,
    end: () => give(undefined),
    fail(error) {
      failed ??= { error };
      for (const { done } of waiting.splice(0)) done.reject(error);
      arrival.resolve();
    },
    async *taken() {
      for (;;) {
        while (waiting.length === 0 && !failed) {
          await arrival.promise;
          arrival = Promise.withResolvers<void>();
        }
        if (failed) throw failed.error;
        const given = waiting[0];
        if (given?.value !== undefined) yield given.value;
        waiting.shift();
        given?.done.resolve();
        if (given?.value === undefined) return;
      }
    },
  };
}
