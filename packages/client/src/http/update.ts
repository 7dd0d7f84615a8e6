import type { SafelightCode, SafelightError } from '../errors.ts';
import type { Api } from './api.ts';
import { isResultOf, type Revised } from './update-result.ts';

export interface UpdateOptions {
  /** Only if it still has this revision; otherwise `revision-conflict`. */
  readonly revision?: number;
}

export interface Update<Changed extends Revised> {
  readonly changes: object;
  readonly revision: number | undefined;
  /** The record as it is now. */
  readonly read: () => Promise<Changed>;
  /** Fields of the record that `read` doesn't tell. */
  readonly more?: () => Promise<object | false>;
}

/**
 * Changes fields of a record. After a lost answer a conflict is a success if the record is as this update leaves it.
 */
export const update = <Changed extends Revised>(
  api: Pick<Api, 'json'>,
  path: string,
  { changes, revision, read, more }: Update<Changed>,
): Promise<Changed> =>
  api.json(path, {
    method: 'PATCH',
    body: changes,
    ...(revision !== undefined && {
      headers: { 'if-match': `"${revision}"` },
      afterLostAnswer: async (error) => {
        requireCode(error, 'revision-conflict');
        const record = await read();
        if (!isResultOf({ ...(await more?.()), ...record }, changes, revision)) throw error;
        return record;
      },
    }),
  }) as Promise<Changed>;

/** A repeat fails with this code if the first request was done. Errors: any other one. */
export function requireCode(error: SafelightError, code: SafelightCode): void {
  if (error.code !== code) throw error;
}
