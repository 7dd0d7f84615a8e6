import { AppError } from '../../../domain/errors.ts';
import type { Target } from '../place/target.ts';
import type { BackupId } from './names.ts';
import { putNote, readNote } from './notes.ts';

/** More make nothing clearer. */
const MOST_FAULTS = 100;
const MOST_LETTERS = 500;

/**
 * The damage of the database that is backed up. The backup continues with the readable part, and stores this note
 * beside its manifest.
 */
export interface DamageNote {
  readonly faults: readonly string[];
  onDamage(this: void, detail: string): void;
  /** Takes the error of a damaged database; throws another one. */
  onError(this: void, error: unknown): void;
  /** Takes over what an interrupted run has found. */
  recall(): Promise<void>;
  put(): Promise<void>;
}

export function createDamageNote(target: Target, id: BackupId): DamageNote {
  const faults: string[] = [];
  const onDamage = (detail: string): void => {
    const fault = detail.slice(0, MOST_LETTERS);
    if (faults.length < MOST_FAULTS && !faults.includes(fault)) faults.push(fault);
  };
  return {
    faults,
    onDamage,
    onError(error) {
      if (!(error instanceof AppError && error.isDamage)) throw error;
      onDamage(error.detail);
    },
    async recall() {
      try {
        (await readNote(target, id, 'damage.json'))?.faults.forEach(onDamage);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        onDamage(error.message);
      }
    },
    async put() {
      if (faults.length > 0) await putNote(target, { id, name: 'damage.json', note: { format: 1, faults } });
    },
  };
}
