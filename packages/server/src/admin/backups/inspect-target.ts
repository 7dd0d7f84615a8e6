import { createNamed } from '../../flow/named.ts';
import { parseErasure } from '../archive/backup/erasures.ts';
import { fileAt } from '../archive/backup/names.ts';
import { readText, type Target, type TargetPath } from '../archive/place/target.ts';

/** What a target has that no backup wrote. */
export interface InspectedTarget {
  /** Files whose names aren't ours, as a file manager leaves them: the first ones. A restore ignores them. */
  readonly foreign: readonly TargetPath[];
  readonly foreignCount: number;
  /** Files of erasures that aren't as they were written: the first ones. A restore ends before them. */
  readonly damagedErasures: readonly TargetPath[];
  readonly damagedErasuresCount: number;
}

export interface InspectOptions {
  /** Ids of the erasures that were compared already. */
  readonly told: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** More are counted only. */
const MAX_NAMED = 100;

/** Looks at all names of a target, and reads its erasures. Errors: those of the target. */
export async function inspectTarget(target: Target, { told, signal }: InspectOptions): Promise<InspectedTarget> {
  const foreign = createNamed<TargetPath>(MAX_NAMED);
  const damaged = createNamed<TargetPath>(MAX_NAMED);
  for await (const { path } of target.list('')) {
    signal.throwIfAborted();
    const file = fileAt(path);
    if (file.kind === 'unknown') foreign.add(path);
    else if (file.kind === 'erasure' && !told.has(file.id) && !(await isErasure(target, path))) damaged.add(path);
  }
  return {
    foreign: foreign.first,
    foreignCount: foreign.count(),
    damagedErasures: damaged.first,
    damagedErasuresCount: damaged.count(),
  };
}

async function isErasure(target: Target, path: TargetPath): Promise<boolean> {
  const text = await readText(target, path);
  try {
    if (text !== undefined) parseErasure(text, path);
    return true;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return false;
  }
}
