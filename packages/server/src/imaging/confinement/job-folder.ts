import { fstatSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readSync, rmSync } from 'node:fs';
import { copyFile, type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface JobPlaces {
  /** The paths that the decoder may read. */
  readonly inputs: string;
  /** The decoder may write to the files in it, but make and remove none. */
  readonly outputs: string;
  /** An empty folder, for the root of its namespace. */
  readonly root: string;
}

/**
 * The files of one decoder's current job. A decoder waits for these calls, so inputs are linked and small outputs read
 * synchronously: microseconds in the kernel's memory, where the thread pool's threads may all be waiting for the disk.
 */
export interface JobFolder extends JobPlaces {
  /** Links the files at `paths` into the folder; makes empty outputs. Errors: the system's. */
  bring(paths: readonly string[], outputs: number): Promise<void>;
  /** The path of that file of the current job in the folder. */
  input(index: number): string;
  /** The path for that output of the current job. */
  output(index: number): string;
  /** A copy of an output's bytes. Errors: the system's, `UnexpectedFile`. */
  read(index: number): Promise<Buffer<ArrayBuffer>>;
  /**
   * Ends the job. The next one gets other outputs while those with bytes are being truncated. Errors: the system's,
   * `UnexpectedFile`.
   */
  empty(): Promise<void>;
  remove(): Promise<void>;
}

interface Output {
  readonly path: string;
  readonly file: FileHandle;
  /** Undefined once it is empty. */
  emptying: Promise<void> | undefined;
}

/** A decoder left something else than it was asked for. */
export class UnexpectedFile extends Error {}

/** A JPEG of 200 MP of a photograph takes 33 MB, one of noise more than this; 16.8 MP of noise in a PNG take 64 MB. */
export const MAX_OUTPUT_BYTES = 128 * 1_048_576;

/** An output up to this size is read within a millisecond. Most that are smaller come through the pipe. */
export const SMALL_OUTPUT_BYTES = 1_048_576;

/**
 * ext4 and XFS write a file to the disk when it is closed after a truncation, and the next truncation waits for that.
 * With one output more than its largest job needs, a decoder doesn't wait too.
 */
const SPARE_OUTPUTS = 1;

/**
 * A decoder can make no files and remove none, so the outputs are those of its largest job and a spare one, each of
 * `MAX_OUTPUT_BYTES` at most, for as long as it lives: they are truncated and used again, because it may hold them
 * open. The service keeps them open too, and follows no path that a decoder could have changed.
 */
export function createJobFolder(parent: string): JobFolder {
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(parent, 'decoder-'));
  const places: JobPlaces = {
    inputs: join(folder, 'inputs'),
    outputs: join(folder, 'outputs'),
    root: join(folder, 'root'),
  };
  for (const path of Object.values(places)) mkdirSync(path, { mode: 0o700 });
  const outputs: Output[] = [];
  /** Those of the current job. */
  let current: readonly Output[] = [];
  const inputs: string[] = [];
  let brought = 0;
  let bringing: Promise<unknown> = Promise.resolve();

  const make = async (): Promise<void> => {
    const path = join(places.outputs, `${outputs.length}`);
    outputs.push({ path, file: await open(path, 'wx+', 0o600), emptying: undefined });
  };

  const take = async (needed: number): Promise<readonly Output[]> => {
    while (needed > 0 && outputs.length < needed + SPARE_OUTPUTS) await make();
    for (;;) {
      for (const output of outputs) if (fstatSync(output.file.fd).size > 0) startEmptying(output);
      const empty = outputs.filter(({ emptying }) => !emptying);
      if (empty.length >= needed) return empty.slice(0, needed);
      await Promise.race(outputs.map(({ emptying }) => emptying).filter(Boolean));
    }
  };

  const removeInputs = (): void => {
    for (const input of inputs.splice(0)) rmSync(input, { force: true });
  };

  const bring = async (paths: readonly string[], needed: number): Promise<void> => {
    removeInputs(); // those of a job that was never sent, because not all could be brought
    current = await take(needed);
    for (const path of paths) {
      const input = join(places.inputs, `${brought++}`);
      inputs.push(input);
      try {
        linkSync(path, input);
      } catch (error) {
        if (!isElsewhere(error)) throw error;
        await copyFile(path, input); // another file system, or one without hard links
      }
    }
  };

  return {
    ...places,
    output: (index) => outputOf(current, index).path,

    input: (index) => {
      const input = inputs[index];
      if (input === undefined) throw new Error(`expected an input ${index}; got ${inputs.length} inputs`);
      return input;
    },

    bring: (paths, needed) => {
      const brings = bring(paths, needed);
      bringing = brings.catch(() => undefined);
      return brings;
    },

    read: (index) => bytesOf(outputOf(current, index).file),

    empty: async () => {
      removeInputs();
      for (const output of outputs) if (mayHaveSpace(output)) startEmptying(output);
      // At a level without the filter of system calls a decoder can make files.
      if (readdirSync(places.outputs).length > outputs.length) throw new UnexpectedFile('more files than outputs');
    },

    remove: async () => {
      await bringing;
      for (const { file, emptying } of outputs.splice(0)) {
        await emptying?.catch(() => undefined);
        await file.close();
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function outputOf(outputs: readonly Output[], index: number): Output {
  const output = outputs[index];
  if (output) return output;
  throw new UnexpectedFile(`output ${index}`);
}

/**
 * A decoder may have written to any, or have reserved space behind the end. Some file systems count blocks of an empty
 * file, as ZFS does.
 */
function mayHaveSpace({ file }: Output): boolean {
  const { size, blocks } = fstatSync(file.fd);
  return size > 0 || blocks > 0;
}

function startEmptying(output: Output): void {
  if (output.emptying) return;
  const emptying = output.file.truncate().finally(() => {
    output.emptying = undefined; // also after an error: the next job tries again
  });
  emptying.catch(() => undefined); // a job that waits for the output gets the error
  output.emptying = emptying;
}

const LINK_REFUSALS = ['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

const isElsewhere = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && LINK_REFUSALS.includes(String(error.code));

/** Copied, not linked: the decoder may still hold the file open. */
async function bytesOf(file: FileHandle): Promise<Buffer<ArrayBuffer>> {
  const { size } = fstatSync(file.fd);
  if (size === 0 || size > MAX_OUTPUT_BYTES) throw new UnexpectedFile(`${size} bytes`);
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < bytes.length) {
    const left = bytes.length - length;
    const bytesRead =
      size > SMALL_OUTPUT_BYTES
        ? (await file.read(bytes, length, left, length)).bytesRead
        : readSync(file.fd, bytes, length, left, length);
    if (bytesRead === 0) break; // the decoder has truncated it since
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}
