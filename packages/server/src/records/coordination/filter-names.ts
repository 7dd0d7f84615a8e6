import { AppError } from '../../domain/errors.ts';
import { completeNames, type FilterRequest } from '../../domain/metadata/filling.ts';
import type { Coordination } from './coordination.ts';
import { readFilterRequest, readFilterWalk } from './filter-bookmarks.ts';

/** Other names, which another process asked for, count within this time. */
export const NAMES_NOTICED_MS = 5_000;

/** A fill of a million images takes minutes. */
const RETRY_AFTER_SECONDS = 30;

/** The names of metadata in force: those of the process that last started with others, for all processes. */
export interface FilterNames {
  /** The names for which images get rows. Errors: those of a read. */
  written(): Promise<readonly string[]>;

  /** Errors: `unavailable` while images without their rows of a name may exist; those of a read. */
  requireComplete(names: readonly string[]): Promise<void>;

  /** Makes the next call read the names again. */
  outdate(): void;
}

export interface FilterNamesOptions {
  readonly coordination: Pick<Coordination, 'bookmark' | 'setBookmark'>;
  readonly clock: { elapsedMs(): number };
}

interface Read {
  readonly readMs: number;
  readonly request: Promise<FilterRequest | undefined>;
}

/** Reads the names at most once in `NAMES_NOTICED_MS`; those who wait share one read. */
export function createFilterNames({ coordination, clock }: FilterNamesOptions): FilterNames {
  let latest: Read | undefined;
  /** The request whose walk is known to be done. */
  let doneId: string | undefined;

  /** Errors aren't kept. */
  function current(): Promise<FilterRequest | undefined> {
    const readMs = clock.elapsedMs();
    if (latest && readMs - latest.readMs < NAMES_NOTICED_MS) return latest.request;
    const own: Read = { readMs, request: readFilterRequest(coordination) };
    latest = own;
    own.request.catch(() => {
      if (latest === own) latest = undefined;
    });
    return own.request;
  }

  async function completeOf(request: FilterRequest): Promise<readonly string[]> {
    if (doneId === request.id) return request.names;
    const walk = await readFilterWalk(coordination, request);
    if (walk?.doneAt) doneId = request.id;
    return completeNames({ request, walk });
  }

  return {
    written: async () => (await current())?.names ?? [],

    async requireComplete(names) {
      const request = await current();
      const unknown = names.find((name) => !request?.names.includes(name));
      if (unknown !== undefined || request === undefined) {
        throw notYet(
          `expected the same METADATA_FILTERS in every process; got metadata.${unknown}, which the last one to start doesn't have`,
        );
      }
      if (names.every((name) => request.kept.includes(name))) return;
      const complete = await completeOf(request);
      const missing = names.find((name) => !complete.includes(name));
      if (missing === undefined) return;
      const since = request.askedAt.toISOString();
      throw notYet(
        `expected a filter with the rows of all images; got metadata.${missing}, whose rows are being written since ${since}: try again later`,
      );
    },

    outdate() {
      latest = undefined;
    },
  };
}

const notYet = (detail: string): AppError =>
  new AppError('unavailable', detail, { isExpected: true, retryAfterSeconds: RETRY_AFTER_SECONDS });
