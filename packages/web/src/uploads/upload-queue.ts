import type { Image, SafelightClient, SafelightError, UploadItem } from '@safelight/client';
import { reasonAgainst } from './check-file.ts';
import type { Found } from './found-files.ts';
import { type AskForKnown, createKnownFiles, type FileThere } from './known-files.ts';
import { createLinks, type LinkItem } from './links.ts';
import { createRefusals, type Refusal } from './refusals.ts';
import { sharePause } from './share-pause.ts';

export type TrayItem = UploadItem | LinkItem;

/** Everything that the tray shows, at one moment. The same object until something changes. */
export interface QueueState {
  /** Neither ready nor canceled, in the order in which they were added. */
  readonly items: readonly TrayItem[];
  readonly refused: readonly Refusal[];
  /** Files that weren't sent, because their bytes are there. */
  readonly there: readonly FileThere[];
  /** Files whose first bytes are being read. */
  readonly reading: number;
  /** Uploads that became images since the last Clear, and their bytes. */
  readonly done: number;
  readonly doneBytes: number;
  /** Files of folders that aren't pictures. */
  readonly skipped: number;
  /** Files beyond the most at once were left out. */
  readonly isCut: boolean;
  readonly isPaused: boolean;
  readonly stalledBy: SafelightError | undefined;
  /** Until when the service has asked it to wait, as a time of `performance.now()`. */
  readonly stalledUntil: number | undefined;
  readonly bytesPerSecond: number;
  readonly secondsLeft: number | undefined;
}

export interface UploadQueue {
  add(found: Found): Promise<void>;
  /** Has the service fetch pictures. */
  addLinks(urls: readonly string[]): void;
  /** Adds those that a reload has lost, and tells how many they were. */
  addLost(files: readonly File[]): Promise<number>;
  pause(): void;
  resume(): void;
  retry(ids: readonly string[]): void;
  /** Stops uploads, or takes failed and refused ones off the list. */
  remove(ids: readonly string[]): void;
  /** Uploads files whose bytes are there. */
  sendKnown(ids: readonly string[]): void;
  /** Forgets what is over: the counts, failures and refusals. */
  clear(): void;
  snapshot(): QueueState;
  subscribe(listener: () => void): () => void;
  /** Whether files would be lost with the page. */
  wouldLose(): boolean;
  /** How many uploads are neither done nor failed. */
  unfinished(): number;
  /** Resolves when nothing waits or runs. */
  whenIdle(): Promise<void>;
  /** Keeps the files that were added, for the next queue of this name. */
  close(): Promise<void>;
  /** Cancels everything, and closes. */
  forget(): Promise<void>;
}

export interface QueueOptions {
  readonly client: SafelightClient;
  /** Under which the browser keeps it, for every tab. */
  readonly name: string;
  readonly maxBytes: number;
  /** Absent: nobody says whose bytes are there. */
  readonly askForKnown?: AskForKnown | undefined;
  /** Some files weren't sent, because their bytes are there. */
  readonly onThere: () => void;
  /** `run`: the same for all that is added until nothing waits or runs. */
  readonly onReady: (image: Image, run: object) => void;
}

/** Files whose first bytes are read at once. */
const BATCH = 16;
/** Between two states: progress comes far more often than anybody reads it. */
const TICK_MS = 100;
const CONCURRENCY = 4;

/**
 * The client's queue, and what it doesn't do: files are looked at before they are sent, and finished ones become a
 * count.
 */
export function createUploadQueue({
  client,
  name,
  maxBytes,
  askForKnown,
  onThere,
  onReady,
}: QueueOptions): UploadQueue {
  const uploads = client.uploader({ name, concurrency: CONCURRENCY });
  const refusals = createRefusals(`safelight-refused ${name}`);
  const known = createKnownFiles(askForKnown ?? (async () => []));
  const pause = sharePause(name, uploads);
  const links = createLinks({
    client,
    name,
    isPaused: () => uploads.snapshot().isPaused,
    onReady: ({ size }, image) => finish(size, image),
    onChange: () => changed(),
  });
  const listeners = new Set<() => void>();
  /** What is being looked at and kept. */
  const adds = new Set<Promise<void>>();
  let [reading, done, doneBytes, skipped] = [0, 0, 0, 0];
  let run = {};
  let isCut = false;
  let isClosed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stall: Pick<QueueState, 'stalledBy' | 'stalledUntil'> = { stalledBy: undefined, stalledUntil: undefined };
  const changed = (): void => {
    timer ??= setTimeout(tell, TICK_MS);
  };
  let current: QueueState = take();

  function take(): QueueState {
    const { items, totals, isPaused, stalledBy = links.stalledBy() } = uploads.snapshot();
    if (stalledBy !== stall.stalledBy) {
      const { retryAfter } = stalledBy ?? {};
      stall = { stalledBy, stalledUntil: retryAfter && performance.now() + retryAfter * 1_000 };
    }
    return {
      items: [...items.filter(({ state }) => state !== 'ready' && state !== 'canceled'), ...links.items()],
      refused: refusals.all(),
      there: known.all(),
      reading,
      done,
      doneBytes,
      skipped,
      isCut,
      isPaused,
      ...stall,
      bytesPerSecond: totals.bytesPerSecond,
      secondsLeft: totals.secondsLeft,
    };
  }

  function finish(size: number, image: Image): void {
    done += 1;
    doneBytes += size;
    onReady(image, run);
  }

  const hasActive = (): boolean => uploads.items.some(isActive) || links.items().some(isActive);

  function count(): void {
    const finished = uploads.items.filter((item) => item.state === 'ready');
    for (const { size, image } of finished) finish(size, image);
    if (uploads.items.some(({ state }) => state === 'ready' || state === 'canceled')) uploads.clear();
  }

  function tell(): void {
    timer = undefined;
    if (isClosed) return;
    links.pump(); // after a pause, which another tab may have ended
    count();
    current = take();
    for (const listener of listeners) listener();
  }

  function begin(): void {
    if (reading > 0 || hasActive()) return;
    count(); // those of the run before
    run = {};
  }

  const stopListening = uploads.subscribe(changed);

  function subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  const nextChange = (): Promise<void> =>
    new Promise((resolve) => {
      const stop = subscribe(() => {
        stop();
        resolve();
      });
    });

  async function addChecked(files: readonly File[]): Promise<void> {
    const kept: Promise<unknown>[] = [];
    for (let at = 0; at < files.length; at += BATCH) {
      const batch = files.slice(at, at + BATCH);
      const reasons = await Promise.all(batch.map((file) => reasonAgainst(file, { client, maxBytes })));
      const refused = batch.flatMap(({ name }, index) => {
        const error = reasons[index];
        return error ? [{ name, error }] : [];
      });
      if (refused.length > 0) refusals.add(refused);
      const good = batch.filter((_, index) => !reasons[index]);
      const unknown = askForKnown ? await known.others(good) : good;
      if (unknown.length < good.length) onThere();
      if (unknown.length > 0) kept.push(uploads.add(unknown));
      reading -= batch.length;
      changed();
    }
    await Promise.all(kept);
  }

  return {
    async add(found) {
      begin();
      reading += found.files.length;
      skipped += found.others;
      isCut ||= found.isCut;
      changed();
      const work = addChecked(found.files).finally(() => adds.delete(work));
      adds.add(work);
      await work;
    },
    addLinks(urls) {
      begin();
      links.add(urls);
    },
    async addLost(files) {
      const sizes = new Set(uploads.items.filter(({ state }) => state === 'needs-file').map(({ size }) => size));
      const matching = files.filter(({ size }) => sizes.has(size));
      if (matching.length > 0) await uploads.add(matching);
      return matching.length;
    },
    pause: pause.begin,
    resume: pause.end,
    retry(ids) {
      begin();
      for (const id of ids) uploads.retry(id);
      links.retry(ids);
    },
    remove(ids) {
      for (const id of ids) uploads.cancel(id);
      refusals.remove(new Set(ids));
      known.take(new Set(ids));
      void links.cancel(ids);
      if (!hasActive()) pause.end(); // not for files of another day
      changed();
    },
    sendKnown(ids) {
      begin();
      const work = uploads.add(known.take(new Set(ids))).then(() => void adds.delete(work));
      adds.add(work);
      changed();
    },
    clear() {
      const failed = (items: readonly TrayItem[]): readonly string[] =>
        items.filter(({ state }) => state === 'failed').map(({ id }) => id);
      for (const id of failed(uploads.items)) uploads.cancel(id);
      void links.cancel(failed(links.items()));
      refusals.remove(new Set(refusals.all().map(({ id }) => id)));
      known.clear();
      count();
      [done, doneBytes, skipped, isCut] = [0, 0, 0, false];
      changed();
    },
    snapshot: () => current,
    subscribe,
    wouldLose: () => adds.size > 0 || (current.items.some(isActive) && !('indexedDB' in globalThis)),
    unfinished: () =>
      reading +
      [...uploads.items, ...links.items()].filter((item) => isActive(item) || item.state === 'needs-file').length,
    async whenIdle() {
      while (adds.size > 0) await Promise.allSettled(adds);
      await uploads.whenIdle();
      while (!isClosed && links.items().some(isActive)) await nextChange();
    },
    close,
    async forget() {
      for (const { id } of uploads.items) uploads.cancel(id);
      pause.end();
      await links.cancel(links.items().map(({ id }) => id));
      await close();
    },
  };

  async function close(): Promise<void> {
    isClosed = true;
    clearTimeout(timer);
    stopListening();
    pause.close();
    links.close();
    for (const listener of listeners) listener(); // nothing is waited for any more
    await Promise.allSettled(adds); // the queue of the next page has them
    count();
    await uploads.close();
  }
}

export const isActive = ({ state }: UploadItem): boolean =>
  state === 'waiting' || state === 'uploading' || state === 'verifying';
