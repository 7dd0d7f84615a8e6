import type { Erasure } from '../../../domain/user/erasure.ts';
import { recordLine, recordOf } from '../../../records/archive/record-json.ts';
import { putText, readText, type Target } from '../place/target.ts';
import { sealed, unsealed } from '../sealed.ts';
import { ERASURES_PREFIX, erasurePath, fileAt } from './names.ts';

/** An erasure, with the key of its hash: an older backup may not have it. */
export interface KeyedErasure {
  readonly erasure: Erasure;
  readonly key: string;
}

/** The text of a file of erasures, as `erasures/ID.json`. */
export const erasureText = ({ erasure, key }: KeyedErasure): string =>
  sealed(`${recordLine({ kind: 'erasure-key', key })}\n${recordLine({ kind: 'erasure', erasure })}\n`);

/** Errors: TypeError for a file that isn't as it was written. */
export function parseErasure(text: string, path: string): KeyedErasure {
  const lines = unsealed(text)?.split('\n') ?? [];
  const [key, erasure] = lines.slice(0, 2).map((line) => recordOf(line));
  if (lines.length === 3 && key?.kind === 'erasure-key' && erasure?.kind === 'erasure')
    return { key: key.key, erasure: erasure.erasure };
  throw new TypeError(damagedErasure(path));
}

/**
 * What an operator does about a file of erasures that isn't as it was written: without it a restore might bring a
 * person back.
 */
export const damagedErasure = (path: string): string =>
  `expected an erasure as it was written in ${path}; got other bytes: bring the file back from a copy of the target, or make a backup with the service that wrote it. If nobody has it, remove it, and repeat user delete after the restore for the person whose data was deleted`;

/** Stores it, unless the target has it. */
export async function putErasure(target: Target, keyed: KeyedErasure): Promise<boolean> {
  const path = erasurePath(keyed.erasure.id);
  const text = erasureText(keyed);
  if ((await readText(target, path)) === text) return false;
  await putText(target, path, text);
  return true;
}

/** All of a target; files of others are passed over. Errors: TypeError for one that isn't as it was written. */
export async function* readErasures(target: Target): AsyncGenerator<KeyedErasure> {
  for await (const { path } of target.list(ERASURES_PREFIX)) {
    if (fileAt(path).kind !== 'erasure') continue;
    const text = await readText(target, path);
    if (text !== undefined) yield parseErasure(text, path);
  }
}
