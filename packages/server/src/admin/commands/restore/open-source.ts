import { readFile } from 'node:fs/promises';
import { AppError } from '../../../domain/errors.ts';
import { type KeyedErasure, parseErasure, readErasures } from '../../archive/backup/erasures.ts';
import type { BackupId } from '../../archive/backup/names.ts';
import { type OpenedBackup, openBackup } from '../../backups/open-backup.ts';
import type { Start } from '../command.ts';
import { openNamedTarget } from '../target.ts';

/** What the command line names. */
export interface SourceOptions {
  readonly target: string;
  /** undefined: the newest one. */
  readonly backup: BackupId | undefined;
  /** A file. */
  readonly erasures: string | undefined;
}

export interface Source extends AsyncDisposable {
  readonly backup: OpenedBackup;
  /** Those of the target and of the file. Errors: `unavailable` for one that isn't as it was written. */
  erasures(): AsyncIterable<KeyedErasure>;
}

/** Errors: `unavailable`, with a sentence for the operator. */
export async function openSource(
  start: Start,
  { target: name, backup: id, erasures: file }: SourceOptions,
): Promise<Source> {
  await using stack = new AsyncDisposableStack();
  const target = stack.use(await openNamedTarget(name, start));
  const backup = await openBackup(target, id);
  async function* erasures(): AsyncGenerator<KeyedErasure> {
    try {
      if (file !== undefined) yield parseErasure(await textOf(file), file);
      yield* readErasures(target);
    } catch (error) {
      if (error instanceof TypeError) throw new AppError('unavailable', error.message, { cause: error });
      throw error;
    }
  }
  for await (const _ of erasures()); // a damaged one is found before a store is opened
  const held = stack.move();
  return { backup, erasures, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new AppError('unavailable', `expected a readable file after --erasures; got an error: ${reason}`, { cause });
  }
}
