import {
  acceptableName,
  createClient,
  explainPause,
  type SafelightCode,
  SafelightError,
  type Service,
  type UploadItem,
} from '@safelight/client';
import type { Waits } from '../../session/waits.ts';
import { reasonAgainst } from '../../uploads/check-file.ts';
import type { Found } from '../../uploads/found-files.ts';
import { isActive } from '../../uploads/upload-queue.ts';
import type { GuestLink } from '../guest-link.ts';
import { type Contribution, type Refusal, rowOf, rowOfRefusal } from './contribution.ts';
import { type OwnPicture, openGuestMemory } from './guest-memory.ts';
import { descriptionBy, linkRoute, RETRIES } from './link-route.ts';
import { previewOf } from './preview.ts';

/** Everything that the list shows, at one moment: one object until something changes. */
export interface ContributionsState {
  /** In the order in which they were added. */
  readonly rows: readonly Contribution[];
  readonly isBusy: boolean;
  /** How many were added since nothing was left to do, and how many of these are sent (`done`). */
  readonly done: number;
  readonly total: number;
  /** 0 to 1, of the bytes of those. */
  readonly progress: number;
  readonly ready: number;
  readonly held: number;
  readonly failed: number;
  /** Why nothing moves, for people. */
  readonly pause: string | undefined;
  /** Whether files would be lost with the page. */
  readonly wouldLose: boolean;
}

export interface Contributions {
  add(found: Found, maxBytes: number): Promise<void>;
  retry(id: string): void;
  /** Stops an upload, or removes a failed one from the list. */
  discard(id: string): void;
  /** Has it deleted for good. Errors: `SafelightError`, after which it is in the list again. */
  takeBack(id: string): Promise<void>;
  name(): string;
  setName(name: string): void;
  snapshot(): ContributionsState;
  subscribe(listener: () => void): () => void;
  close(): void;
}

export interface ContributionsOptions {
  readonly link: GuestLink;
  readonly types: Service['image_types'];
  readonly waits: Waits;
  /** Pictures were added or taken back, or the link takes no more. Called once for many of them. */
  readonly onChanged: () => void;
}

const CONCURRENCY = 3;
/** Between two states: progress comes far more often than anybody reads it. */
const TICK_MS = 100;
/** Between two calls of `onChanged`. */
const CHANGED_MS = 1_500;
/** An upload whose bytes didn't come for so long has ended. */
const EXPIRED_MS = 86_400_000;
/** After these the link's terms are other ones than the page shows. */
const CLOSED: readonly SafelightCode[] = ['forbidden', 'album-full'];

/** The client's queue by a link, and the memory of what became of its uploads. */
export async function openContributions({
  link,
  types,
  waits,
  onChanged,
}: ContributionsOptions): Promise<Contributions> {
  const memory = await openGuestMemory(link.id);
  const route = linkRoute(link, memory);
  const client = createClient({ imageTypes: types, retries: RETRIES, onWait: waits.begin, route });
  const uploads = client.uploader({ name: `guest ${link.id}`, concurrency: CONCURRENCY });
  const own = { 'guest-secret': memory.secret };
  const listeners = new Set<() => void>();
  const adds = new Set<Promise<void>>();
  const known = new Set<string>();
  let refused: readonly Refusal[] = [];
  let [reading, refusals, done, doneBytes] = [0, 0, 0, 0];
  let previews: Promise<void> = Promise.resolve();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let telling: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;

  const isBusy = (): boolean => reading > 0 || uploads.items.some(isActive);

  function noteChange(): void {
    telling ??= setTimeout(() => {
      telling = undefined;
      onChanged();
    }, CHANGED_MS);
  }

  /** What the queue says is remembered: it forgets a picture that is done. */
  function note(item: UploadItem): void {
    const picture = memory.get(item.id) ?? newPicture(item);
    if (picture.isLeaving || item.state === 'canceled') return;
    if (item.state === 'ready') {
      if (picture.state !== 'sending') return;
      done += 1;
      doneBytes += item.size;
      memory.put({ ...picture, imageId: item.image.image_id, state: item.image.status === 'held' ? 'held' : 'ready' });
      noteChange();
    } else if (item.imageId !== picture.imageId || !memory.get(item.id))
      memory.put({ ...picture, imageId: item.imageId, grantedAt: Date.now() });
    if (item.state === 'failed' && CLOSED.includes(item.error.code) && !known.has(item.id)) noteChange();
    if (item.state === 'failed') known.add(item.id);
    else known.delete(item.id);
  }

  const newPicture = ({ id, name, imageId }: UploadItem): OwnPicture => ({
    id,
    linkId: link.id,
    name,
    addedAt: Date.now(),
    grantedAt: Date.now(),
    imageId,
    state: 'sending',
    isLeaving: false,
    preview: undefined,
  });

  function take(): ContributionsState {
    const { items, stalledBy } = uploads.snapshot();
    const active = items.filter(isActive);
    const left = new Map(items.map((item) => [item.id, item]));
    const pictures = memory.pictures().flatMap((picture) => {
      const item = left.get(picture.id);
      left.delete(picture.id);
      return rowOf(picture, item) ?? [];
    });
    const rows = [...pictures, ...refused.map(rowOfRefusal)];
    const countOf = (...kinds: readonly Contribution['state']['kind'][]): number =>
      rows.filter(({ state }) => kinds.includes(state.kind)).length;
    let [sent, bytes] = [doneBytes, doneBytes];
    for (const { size, progress } of active) {
      bytes += size;
      sent += size * progress;
    }
    return {
      rows,
      isBusy: isBusy(),
      done,
      total: done + active.length + reading,
      progress: bytes === 0 ? 0 : sent / bytes,
      ready: countOf('ready'),
      held: countOf('held'),
      failed: countOf('failed', 'needs-file'),
      pause: active.length > 0 && stalledBy ? explainPause(stalledBy, active.length) : undefined,
      wouldLose: adds.size > 0 || active.some(({ isKept }) => !isKept),
    };
  }

  function tell(): void {
    timer = undefined;
    if (isClosed) return;
    for (const item of uploads.items) note(item);
    if (uploads.items.some(({ state }) => state === 'ready' || state === 'canceled')) uploads.clear();
    current = take();
    for (const listener of listeners) listener();
  }

  const changed = (): void => {
    timer ??= setTimeout(tell, TICK_MS);
  };

  /** A grant is written at once: its guest may take it back whatever happens to the page. */
  const onQueue = (): void => {
    for (const item of uploads.items) if (item.imageId !== memory.get(item.id)?.imageId) note(item);
    changed();
  };

  async function keep(file: File): Promise<void> {
    const [item] = await uploads.add(file, descriptionBy(memory.name()));
    if (!item) return;
    note(item);
    previews = previews.then(async () => {
      const preview = await previewOf(file);
      const picture = memory.get(item.id);
      if (!preview || !picture || isClosed) return;
      memory.put({ ...picture, preview });
      changed();
    });
  }

  async function addAll(files: readonly File[], maxBytes: number): Promise<void> {
    for (const file of files) {
      const error = await reasonAgainst(file, { client, maxBytes });
      if (error) {
        refusals += 1;
        refused = [...refused, { id: `refused-${refusals}`, name: acceptableName(file.name) ?? 'image', error }];
      } else await keep(file);
      reading -= 1;
      changed();
    }
  }

  const remove = (imageId: string): Promise<unknown> =>
    link.request(`/uploads/${imageId}`, { method: 'DELETE', headers: own });

  /** Errors: `SafelightError`, except that it isn't there any more. */
  async function leave(id: string): Promise<void> {
    const picture = memory.get(id);
    uploads.cancel(id);
    changed();
    if (!picture) return;
    if (picture.imageId === undefined) return memory.remove(id);
    memory.put({ ...picture, isLeaving: true });
    await remove(picture.imageId).catch((error: unknown) => {
      if (!(error instanceof SafelightError && error.code === 'image-not-found')) throw error;
    });
    memory.remove(id);
    noteChange();
    changed();
  }

  /** Asks again about pictures whose result isn't known, and completes what a closed page left undone. */
  async function look(): Promise<void> {
    const queued = new Set(uploads.items.map(({ id }) => id));
    for (const picture of memory.pictures()) {
      if (isClosed) return;
      const isOpen = picture.state === 'held' || (picture.state === 'sending' && !queued.has(picture.id));
      if (picture.isLeaving) await leave(picture.id).catch(() => undefined);
      else if (isOpen) await lookAt(picture).catch(() => undefined);
    }
    changed();
  }

  /** Errors: `SafelightError`. */
  async function lookAt(picture: OwnPicture): Promise<void> {
    const { id, imageId, grantedAt, state } = picture;
    const isExpired = Date.now() - grantedAt > EXPIRED_MS;
    if (imageId === undefined) {
      if (isExpired) memory.remove(id);
      return;
    }
    try {
      const { status } = await route.complete(imageId, undefined);
      if (status === state || memory.get(id)?.state !== state) return;
      if (status === 'ready' || status === 'held') memory.put({ ...picture, state: status });
      else if (status === 'rejected') memory.put({ ...picture, state: 'refused' });
      noteChange();
    } catch (error) {
      const code = error instanceof SafelightError ? error.code : undefined;
      if (code === 'image-not-found' || (code === 'upload-missing' && isExpired)) memory.remove(id);
    }
  }

  let isLooking = false;
  const lookAgain = (): void => {
    if (document.visibilityState !== 'visible' || isClosed || isLooking) return;
    isLooking = true;
    void look().finally(() => {
      isLooking = false;
    });
  };

  await uploads.add([]); // once it has read what it kept
  for (const item of uploads.items) note(item);
  let current = take();
  const stopListening = uploads.subscribe(onQueue);
  memory.onOthers(changed);
  addEventListener('online', lookAgain);
  document.addEventListener('visibilitychange', lookAgain);
  lookAgain();
  changed();

  return {
    async add({ files }, maxBytes) {
      if (!isBusy()) [done, doneBytes] = [0, 0];
      reading += files.length;
      changed();
      const work = addAll(files, maxBytes).finally(() => adds.delete(work));
      adds.add(work);
      await work;
      changed();
    },
    retry(id) {
      if (!isBusy()) [done, doneBytes] = [0, 0];
      uploads.retry(id);
    },
    discard(id) {
      refused = refused.filter((one) => one.id !== id);
      leave(id).catch(() => undefined); // the next look does it
    },
    async takeBack(id) {
      try {
        await leave(id);
      } catch (error) {
        const picture = memory.get(id);
        if (picture) memory.put({ ...picture, isLeaving: false });
        changed();
        throw error;
      }
    },
    name: memory.name,
    setName: (name) => memory.keepName(name),
    snapshot: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      clearTimeout(telling);
      stopListening();
      removeEventListener('online', lookAgain);
      document.removeEventListener('visibilitychange', lookAgain);
      void uploads.close().then(memory.close);
    },
  };
}
