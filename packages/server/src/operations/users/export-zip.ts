import { createReadStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { makeZip } from 'client-zip';
import type { LocalFile, StageOptions } from '../../object-store/staging.ts';
import type { Services } from '../../services.ts';
import type { ExportFolder } from './export-user.ts';

/** An export as one file, which is read while it is made. */
export interface ExportZip extends ExportFolder {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Adds what is left, and ends `bytes`. */
  end(): Promise<void>;
  /** Ends everything with the error. */
  fail(error: unknown): void;
}

type ZipFile = { readonly name: string; readonly input: AsyncIterable<Uint8Array> | string; readonly size?: number };

/** Their bytes are known to be the owner's, and were limited when they came. */
const LIMITS: StageOptions = { maxBytes: Number.POSITIVE_INFINITY, leaving: 'reserve' };

/**
 * Images don't get smaller, so nothing is compressed. An original is first received whole, because a zip can't take
 * back what was found to be damaged; so are the lines, which grow beside the originals.
 */
export function createExportZip({ staging }: Pick<Services, 'staging'>): ExportZip {
  const files = createHandOver<ZipFile>();
  const images = createLines(staging);
  const events = createLines(staging);
  const addFile = (name: string, { path, sizeBytes: size }: LocalFile): Promise<void> =>
    files.give({ name, input: contentOf(path), size });

  return {
    bytes: makeZip(files.taken()),

    async putOriginal(name, body, sha256) {
      await using file = await staging.stage(body instanceof Uint8Array ? chunkOf(body) : body, LIMITS);
      if (file.sha256 === sha256) await addFile(`originals/${name}`, file);
      return file.sha256;
    },
    addImage: images.add,
    addEvent: events.add,
    putPerson: (text) => files.give({ name: 'person.json', input: text }),

    async end() {
      for (const [name, lines] of [
        ['images.jsonl', images],
        ['events.jsonl', events],
      ] as const) {
        await using file = await lines.end();
        await addFile(name, file);
      }
      await files.end();
    },

    fail(error) {
      files.fail(error);
      for (const lines of [images, events]) lines.fail(error);
    },
  };
}

async function* chunkOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Opened once it is read. */
async function* contentOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path);
}

interface Lines {
  add(line: string): Promise<void>;
  end(): Promise<LocalFile>;
  fail(error: unknown): void;
}

function createLines(staging: Services['staging']): Lines {
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
  const fail = (error: unknown): void => {
    failed ??= { error };
    for (const { done } of waiting.splice(0)) done.reject(error);
    arrival.resolve();
  };
  return {
    give,
    end: () => give(undefined),
    fail,
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
