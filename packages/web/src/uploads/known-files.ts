import type { KnownBytes } from '@safelight/client';

/** A file that wasn't sent, because its owner has a picture of the same bytes. */
export interface FileThere {
  readonly id: string;
  readonly file: File;
  readonly isTrashed: boolean;
}

/** Its bytes are read at once: a larger file is sent without the question. */
const MOST_BYTES = 67_108_864;

export type AskForKnown = (sha256: readonly string[]) => Promise<readonly KnownBytes[]>;

/** Files of this page whose bytes the service has. A reload forgets them: nothing of them is lost. */
export function createKnownFiles(askFor: AskForKnown) {
  let all: readonly FileThere[] = [];
  let count = 0;

  /** Errors: those of `askFor`. */
  async function statusesOf(files: readonly File[]): Promise<ReadonlyMap<File, KnownBytes['status']>> {
    const digests = new Map<File, string>();
    // One after another: only one file at a time is in memory.
    for (const file of files) if (file.size <= MOST_BYTES) digests.set(file, await digestOf(file));
    if (digests.size === 0) return new Map();
    const known = await askFor([...new Set(digests.values())]);
    const statuses = new Map(known.map(({ sha256, status }) => [sha256, status]));
    return new Map(
      [...digests].flatMap(([file, digest]) => {
        const status = statuses.get(digest);
        return status ? [[file, status] as const] : [];
      }),
    );
  }

  return {
    all: (): readonly FileThere[] => all,
    /** Notes those that are there. Returns the others; all, if the service doesn't say. */
    async others(files: readonly File[]): Promise<readonly File[]> {
      const statuses = await statusesOf(files).catch(() => new Map<File, KnownBytes['status']>());
      const there = files.flatMap((file): FileThere[] => {
        const status = statuses.get(file);
        count += 1;
        return status ? [{ id: `there-${count}`, file, isTrashed: status === 'trashed' }] : [];
      });
      if (there.length > 0) all = [...all, ...there];
      return files.filter((file) => !statuses.has(file));
    },
    /** Forgets them. Returns those that were there. */
    take(ids: ReadonlySet<string>): readonly File[] {
      const taken = all.filter(({ id }) => ids.has(id));
      if (taken.length > 0) all = all.filter(({ id }) => !ids.has(id));
      return taken.map(({ file }) => file);
    },
    clear(): void {
      all = [];
    },
  };
}

/** Browsers compute digests only on pages that come by https or from this machine. */
export const canDigest = (): boolean => globalThis.crypto?.subtle !== undefined;

/** Errors: the file can't be read. */
async function digestOf(file: File): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
