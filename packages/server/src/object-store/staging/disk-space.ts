import { statfs } from 'node:fs/promises';
import { AppError } from '../../domain/errors.ts';
import type { DiskSpace, Floor, MeasuredDisk } from '../disk-space.ts';

export interface DiskSpaceOptions {
  /**
   * The folders of the service's files, perhaps on several disks; none: the service writes no lasting file to a disk.
   */
  readonly folders: readonly string[];
  /** null: derived from the size of each disk; 0: nothing is refused. */
  readonly minFreeBytes: number | null;
  /** A monotonic clock, in milliseconds. */
  readonly elapsedMs: () => number;
  /** Called when `isLow` changes, with the measurement of the fullest disk. */
  readonly onChange: (isLow: boolean, fullest: MeasuredDisk) => void;
}

const MEGABYTE = 1_048_576;

/** A measurement is a system call, on a network's disk a request: grants and chunks share it. */
const REMEMBERED_MS = 1_000;
/** How long a refused upload counts as lack of space, though the next one may be smaller. */
const REFUSAL_MS = 30_000;

/** 5 % of the disk, 128 MB to 1 GB; never more than a quarter, so that a small disk is of use. */
export const usualReserve = (diskBytes: number): number =>
  Math.floor(Math.min(Math.max(diskBytes * 0.05, 128 * MEGABYTE), 1_024 * MEGABYTE, diskBytes / 4));

/** As in `staging-space.ts`: a caller alone may keep three quarters of the room for uploads under way. */
const SHARE_OF_LEFT = 3;

const SHARE = { reserve: 1, 'half-reserve': 0.5 } as const satisfies Record<Floor, number>;

export function createDiskSpace({ folders, minFreeBytes, elapsedMs, onChange }: DiskSpaceOptions): DiskSpace {
  if (folders.length === 0) return ENDLESS;
  const measureAll = async () =>
    (await Promise.all(folders.map((folder) => measureDisk(folder, minFreeBytes)))).flatMap((disk) => disk ?? []);
  if (minFreeBytes === 0) return { ...ENDLESS, fullest: async () => fullestOf(await measureAll()) };
  let disks: readonly MeasuredDisk[] = [];
  let measuredAt = Number.NEGATIVE_INFINITY;
  let measuring: Promise<void> | undefined;
  /**
   * Arriving bytes: those since the measurement, which may not include them, and those that were announced but haven't
   * come.
   */
  let addedBytes = 0;
  let awaitedBytes = 0;
  /** The shares of accounts in `awaitedBytes`; an account that announced nothing has no entry. */
  const awaitedFrom = new Map<string, number>();
  let refusal = { bytes: 0, atMs: Number.NEGATIVE_INFINITY };
  let wasLow = false;

  const roomFor = (leaving: Floor): number =>
    Math.min(...disks.map((disk) => disk.freeBytes - disk.reserveBytes * SHARE[leaving])) - addedBytes - awaitedBytes;

  const isLow = (): boolean => {
    const isRecent = elapsedMs() - refusal.atMs < REFUSAL_MS;
    return roomFor('reserve') < (isRecent ? refusal.bytes : 0);
  };

  const tellChange = (): void => {
    const fullest = fullestOf(disks);
    if (isLow() === wasLow || !fullest) return;
    wasLow = !wasLow;
    onChange(wasLow, fullest);
  };

  async function measureNow(): Promise<void> {
    const before = addedBytes;
    disks = await measureAll();
    addedBytes -= before;
    measuredAt = elapsedMs();
    tellChange();
  }

  /** One measurement for all who wait. */
  const measureAgain = (): Promise<void> => {
    measuring ??= measureNow().finally(() => {
      measuring = undefined;
    });
    return measuring;
  };

  const measure = async (): Promise<void> => {
    if (elapsedMs() - measuredAt >= REMEMBERED_MS) await measureAgain();
  };

  /** Counts, at once, what was just found to fit. */
  async function claim(bytes: number, leaving: Floor, count: () => void): Promise<void> {
    await measure();
    if (roomFor(leaving) < bytes) await measureAgain(); // something may have been removed since
    if (roomFor(leaving) >= bytes) return count();
    refusal = { bytes, atMs: elapsedMs() };
    tellChange();
    throw new AppError('insufficient-storage', LACKING[leaving], { isExpected: true });
  }

  /** Slow senders keep what they announced for long: without a bound a few could keep all of a disk from others. */
  function requireShare(account: string, bytes: number, leaving: Floor): void {
    const held = awaitedFrom.get(account) ?? 0;
    if (held === 0 || held + bytes <= SHARE_OF_LEFT * (roomFor(leaving) - bytes)) return;
    throw new AppError('insufficient-storage', TOO_MUCH_UNDER_WAY, { isExpected: true });
  }

  function awaitBytes(bytes: number, account: string | undefined): void {
    awaitedBytes += bytes;
    if (account === undefined) return;
    const held = (awaitedFrom.get(account) ?? 0) + bytes;
    if (held > 0) awaitedFrom.set(account, held);
    else awaitedFrom.delete(account);
  }

  return {
    require: (bytes, leaving) => claim(bytes, leaving, () => undefined),

    async open({ announcedBytes, leaving, payer }) {
      let ownBytes = announcedBytes;
      const account = payer?.account;
      await claim(announcedBytes, leaving, () => {
        if (account !== undefined) requireShare(account, announcedBytes, leaving);
        awaitBytes(announcedBytes, account);
      });
      return {
        async add(bytes) {
          const announced = Math.min(ownBytes, bytes);
          await claim(bytes - announced, leaving, () => {
            ownBytes -= announced;
            awaitBytes(-announced, account);
            addedBytes += bytes;
          });
        },
        [Symbol.dispose]() {
          awaitBytes(-ownBytes, account);
          ownBytes = 0;
        },
      };
    },

    async isLow() {
      await measure();
      return isLow();
    },

    async fullest() {
      await measure();
      return fullestOf(disks);
    },
  };
}

const TOO_MUCH_UNDER_WAY =
  'expected more free space on the disk for another upload of this caller; got less than its uploads under way leave to others: try again when they have ended';

const LACKING = {
  reserve: 'expected more free space on the disk than MIN_FREE_BYTES; got less: deleting images frees some',
  'half-reserve':
    'expected more free space on the disk than half of MIN_FREE_BYTES; got less: deleting images frees some',
} as const satisfies Record<Floor, string>;

const fullestOf = (disks: readonly MeasuredDisk[]): MeasuredDisk | undefined =>
  disks.toSorted((one, other) => leftOf(one) - leftOf(other))[0];

const leftOf = ({ freeBytes, reserveBytes }: MeasuredDisk): number => freeBytes - reserveBytes;

/** Undefined if the disk can't be measured: a broken one fails the next write, and some network disks have no size. */
async function measureDisk(folder: string, minFreeBytes: number | null): Promise<MeasuredDisk | undefined> {
  const stats = await statfs(folder).catch(() => undefined);
  if (!stats || stats.blocks === 0) return undefined;
  const { bsize, blocks, bavail } = stats;
  return { freeBytes: bavail * bsize, reserveBytes: minFreeBytes ?? usualReserve(blocks * bsize) };
}

/** Nothing is refused. */
export const ENDLESS: DiskSpace = {
  require: async () => undefined,
  open: async () => ({ add: async () => undefined, [Symbol.dispose]() {} }),
  isLow: async () => false,
  fullest: async () => undefined,
};
