import { type ProblemParams, type SafelightCode, SafelightError } from '@safelight/client';
import { readList, writeList } from './tab-list.ts';

/** A file that was never sent, and why. */
export interface Refusal {
  readonly id: string;
  readonly name: string;
  readonly error: SafelightError;
}

/** Those beyond are forgotten by a reload. */
const MAX_KEPT = 1_000;

interface Kept {
  readonly name: string;
  readonly code: SafelightCode;
  readonly detail: string;
  readonly params?: ProblemParams;
}

/** Refusals of this tab, which survive a reload as the queue's items do. */
export function createRefusals(key: string) {
  let count = 0;
  const refusalOf = (name: string, error: SafelightError): Refusal => {
    count += 1;
    return { id: `refused-${count}`, name, error };
  };
  let all: readonly Refusal[] = readList<Kept>(key).map(({ name, code, detail, params }) =>
    refusalOf(name, new SafelightError(code, detail, { params })),
  );
  const set = (next: readonly Refusal[]): void => {
    all = next;
    const keptOf = ({ name, error: { code, detail, params } }: Refusal): Kept => ({ name, code, detail, params });
    writeList(key, all.slice(0, MAX_KEPT).map(keptOf));
  };
  return {
    all: () => all,
    add: (refused: readonly { readonly name: string; readonly error: SafelightError }[]): void =>
      set([...all, ...refused.map(({ name, error }) => refusalOf(name, error))]),
    remove: (ids: ReadonlySet<string>): void => set(all.filter(({ id }) => !ids.has(id))),
  };
}
