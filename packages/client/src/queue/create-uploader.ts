import { SafelightError } from '../errors.ts';
import { type Pause, pauseMs } from '../http/retry.ts';
import type { Image } from '../images/image.ts';
import type { Digest } from '../upload/hash.ts';
import { requireFile } from '../upload/require-file.ts';
import type { Description } from '../upload/upload.ts';
import { type Entry, entryOf, errorOf, failureOf, isFileOf, newItem, survivor } from './entry.ts';
import { createKeeper, itemsIn, storeError } from './keeper.ts';
import type { QueueStore } from './queue-store.ts';
import { setbackOf } from './setback.ts';
import { createStall } from './stall.ts';
import { createSpeedometer, totalsOf } from './totals.ts';
import { nextAttempt, type TransferServices, transfer } from './transfer.ts';
import type { Uploader, UploaderOptions, UploadItem } from './uploader.ts';
import { createView } from './view.ts';

/** What differs between browsers and Node. */
export interface QueuePlatform {
  /** Errors: a place that the program asked for can't be used. */
  openStore(place: { readonly name: string; readonly folder: string | undefined }): Promise<QueueStore>;
  /** Runs `task` while no other tab runs one of this name, where the platform can tell. */
  exclusively<Result>(name: string, signal: AbortSignal, task: () => Promise<Result>): Promise<Result>;
  /** Calls `listener` when there is a network again, until the function that it returns is called. */
  onOnline(listener: () => void): () => void;
}

export interface UploaderServices extends TransferServices, QueuePlatform {
  readonly digest: Digest;
  readonly pause: Pause;
}

const MAX_CONCURRENCY = 16;
/** How often an item may fail for reasons of its own that may pass. */
const MAX_FAILURES = 5;

export function createUploader(services: UploaderServices, options: UploaderOptions): Uploader {
  const { concurrency = 4, name = 'uploads', folder } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MAX_CONCURRENCY)
    throw new RangeError(`expected concurrency as an integer from 1 to ${MAX_CONCURRENCY}; got ${concurrency}`);
  const entries = new Map<string, Entry>();
  const runs = new Set<Promise<void>>();
  const speedometer = createSpeedometer();
  const closing = new AbortController();
  const stall = createStall({ pause: services.pause, signal: closing.signal, wake: () => pump() });
  let isPaused = false;
  /** Lists of files that aren't all entries yet; the first is the store's. */
  let arriving = 1;
  let lastPlace = 0;

  const { snapshot, changed, subscribe, until } = createView(() => {
    const items = [...entries.values()].map(({ item }) => item);
    const totals = totalsOf(items, speedometer.speeds(performance.now()));
    return { items, totals, isPaused, stalledBy: stall.reason() };
  });

  function show(entry: Entry, state: Exclude<UploadItem['state'], 'ready' | 'failed'>): void {
    const { imageId } = entry.stored;
    entry.item = { ...entry.item, state, imageId, image: undefined, error: undefined };
    changed();
  }

  async function open(): Promise<QueueStore> {
    try {
      const store = await services.openStore({ name, folder });
      for (const stored of await itemsIn(store)) {
        entries.set(stored.id, survivor(stored));
        lastPlace = stored.place;
      }
      return store;
    } finally {
      arriving -= 1;
      changed();
    }
  }

  async function addOne(file: Blob, description: Description, candidates: readonly Entry[]): Promise<Added> {
    const sha256 = () => services.digest(file).catch(() => undefined);
    for (const entry of candidates) {
      if (entry.item.state !== 'needs-file' || !(await isFileOf(entry, file, sha256))) continue;
      entry.file = file;
      show(entry, 'waiting');
      return { entry, stored: entry.storing };
    }
    lastPlace = Math.max(Date.now(), lastPlace + 1);
    const entry = entryOf(newItem(file, description, lastPlace), file);
    entries.set(entry.stored.id, entry);
    changed();
    const stored = keeper.add(entry, file);
    stored.catch(() => undefined); // `add` reports it once it has all files
    return { entry, stored };
  }

  function pump(): void {
    const now = performance.now();
    for (const entry of entries.values()) {
      if (isPaused || closing.signal.aborted || runs.size >= stall.limit(concurrency)) return;
      if (entry.item.state !== 'waiting' || entry.running || entry.dueAt > now) continue;
      const running = run(entry, new AbortController()).finally(() => {
        runs.delete(running);
        if (runs.size === 0) speedometer.stop();
        changed();
        pump();
      });
      runs.add(running);
    }
  }

  async function run(entry: Entry, controller: AbortController): Promise<void> {
    const { signal } = controller;
    entry.running = controller;
    try {
      await entry.storing;
      const { queueId } = await opened;
      const lock = `safelight/${queueId}/${entry.stored.id}`;
      const image = await services.exclusively(lock, signal, () => runAlone(entry, { queueId, signal }));
      if (image) succeed(entry, image);
    } catch (error) {
      if (entry.item.state === 'canceled') return;
      if (signal.aborted) show(entry, 'waiting');
      else setBack(entry, error instanceof SafelightError ? error : storeError(error));
    } finally {
      entry.running = undefined;
    }
  }

  /** Undefined if there is nothing to do, or no file to do it with. */
  async function runAlone(
    entry: Entry,
    { queueId, signal }: { readonly queueId: string; readonly signal: AbortSignal },
  ): Promise<Image | undefined> {
    const stored = entries.has(entry.stored.id) ? await keeper.current(entry) : undefined;
    if (!stored) {
      entries.delete(entry.stored.id); // another tab has uploaded or canceled it
      return undefined;
    }
    entry.stored = stored;
    if (stored.failure) throw errorOf(stored.failure);
    const file = await keeper.file(entry);
    if (signal.aborted) throw signal.reason;
    show(entry, file ? 'uploading' : 'needs-file');
    if (!file) return undefined;
    return transfer(services, {
      queueId,
      item: stored,
      file,
      signal,
      keep(next) {
        keeper.put(entry, next);
        moved();
      },
      onProgress(fraction) {
        progressed(entry, fraction);
        moved();
      },
      onResumed: (fraction) => advance(entry, fraction),
      onSent: () => !signal.aborted && show(entry, 'verifying'),
    });
  }

  function progressed(entry: Entry, fraction: number): void {
    const { progress, size } = entry.item;
    if (fraction <= progress) return;
    speedometer.moved((fraction - progress) * size, performance.now());
    advance(entry, fraction);
  }

  function advance(entry: Entry, fraction: number): void {
    if (fraction <= entry.item.progress) return;
    entry.item = { ...entry.item, progress: fraction };
    changed();
  }

  /** The service is there. */
  function moved(): void {
    if (!stall.end()) return;
    changed();
    pump();
  }

  function succeed(entry: Entry, image: Image): void {
    if (entry.item.state === 'canceled') return;
    entry.item = { ...entry.item, state: 'ready', progress: 1, image, error: undefined };
    entry.file = undefined;
    keeper.remove(entry);
    moved();
    changed();
  }

  function setBack(entry: Entry, error: SafelightError): void {
    const kind = setbackOf(error);
    if (kind === 'queue') {
      stall.begin(error);
      show(entry, 'waiting');
      return;
    }
    entry.failures += 1;
    if (kind === 'item' && entry.failures < MAX_FAILURES) {
      entry.dueAt = performance.now() + pauseMs(error, entry.failures);
      stall.wakeAt(entry.dueAt);
      show(entry, 'waiting');
      return;
    }
    // After a verdict only another upload can succeed; without one this upload may still have.
    const isOver = error.status === 400 || error.status === 404;
    keeper.put(entry, { ...(isOver ? nextAttempt(entry.stored) : entry.stored), failure: failureOf(error) });
    entry.item = { ...entry.item, state: 'failed', image: undefined, error };
    changed();
  }

  function retryOne(entry: Entry): void {
    if (entry.item.state !== 'failed') return;
    entry.failures = 0;
    if (entry.stored.hasFile) entry.file = undefined; // the store's copy hasn't changed
    keeper.put(entry, { ...entry.stored, failure: undefined });
    show(entry, entry.file || entry.stored.hasFile ? 'waiting' : 'needs-file');
  }

  const isActive = ({ item: { state } }: Entry): boolean =>
    state === 'waiting' || state === 'uploading' || state === 'verifying';
  const isIdle = (): boolean => closing.signal.aborted || (arriving === 0 && ![...entries.values()].some(isActive));

  function hurry(): void {
    stall.hurry();
    for (const entry of entries.values()) entry.dueAt = 0;
    pump();
  }

  const opened = open();
  const drop = ({ stored }: Entry): void => {
    entries.delete(stored.id);
    changed();
  };
  const keeper = createKeeper({ opened, digest: services.digest, drop });
  opened.then(pump, () => undefined); // `add` reports an error
  const stopListening = services.onOnline(hurry);

  return {
    async add(files, description = {}) {
      const isList = typeof files === 'object' && files !== null && Symbol.iterator in files;
      const list = isList ? [...files] : [files]; // a copy: an input's list empties with it
      for (const file of list) requireFile(file);
      arriving += 1;
      try {
        await opened;
        const candidates = [...entries.values()].filter(({ item }) => item.state === 'needs-file');
        const added: Added[] = [];
        for (const file of list) added.push(await addOne(file, description, candidates));
        pump();
        for (const { stored } of added) await stored;
        return added.map(({ entry }) => entry.item);
      } finally {
        arriving -= 1;
        changed();
      }
    },
    pause() {
      isPaused = true;
      for (const { item, running } of entries.values()) if (item.state !== 'verifying') running?.abort();
      changed();
    },
    resume() {
      isPaused = false;
      changed();
      hurry();
    },
    retry(id) {
      for (const entry of id === undefined ? entries.values() : [entries.get(id)]) if (entry) retryOne(entry);
      hurry();
    },
    cancel(id) {
      const entry = entries.get(id);
      if (!entry || entry.item.state === 'ready' || entry.item.state === 'canceled') return;
      show(entry, 'canceled');
      entry.file = undefined;
      entry.running?.abort();
      keeper.remove(entry);
    },
    clear() {
      for (const [id, { item }] of entries) if (item.state === 'ready' || item.state === 'canceled') entries.delete(id);
      changed();
    },
    get items() {
      return snapshot().items;
    },
    snapshot,
    subscribe,
    whenIdle: () => until(isIdle),
    async close() {
      closing.abort();
      stopListening();
      for (const { running } of entries.values()) running?.abort();
      changed();
      const store = await opened.catch(() => undefined);
      await Promise.all(runs);
      await Promise.all([...entries.values()].map(({ storing }) => storing));
      store?.close();
    },
  };
}

interface Added {
  readonly entry: Entry;
  /** Rejects if the store refuses the item. */
  readonly stored: Promise<void>;
}
