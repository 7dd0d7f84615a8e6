import { type Image, rejectionOf, type SafelightClient, SafelightError, type UploadItem } from '@safelight/client';
import { linkName } from './pasted-links.ts';
import { readList, writeList } from './tab-list.ts';

/** An upload whose bytes the service fetches. */
export type LinkItem = UploadItem & { readonly isLink: true };

/** The name that a tab keeps the links of a queue under. */
export const linksKey = (name: string): string => `safelight-links ${name}`;

export interface LinksOptions {
  readonly client: Pick<SafelightClient, 'request' | 'images'>;
  /** The name of the queue. */
  readonly name: string;
  readonly isPaused: () => boolean;
  readonly onReady: (item: LinkItem, image: Image) => void;
  readonly onChange: () => void;
}

/** JSON. */
interface Link {
  readonly id: string;
  readonly url: string;
  /** A later attempt is another image, with an Idempotency-Key of its own. From 1. */
  readonly attempt: number;
  readonly imageId?: string;
  readonly failure?: Pick<SafelightError, 'code' | 'detail' | 'params' | 'quota'>;
}

interface Entry {
  link: Link;
  item: LinkItem;
  /** When it last had its turn: those that had none come first. */
  turn: number;
  running?: AbortController | undefined;
}

/** Requests at once. A browser has six connections to a service of HTTP/1.1. */
const CONCURRENCY = 3;
/** The longest poll that the service offers, and the poll while other links wait for their turn. */
const POLL_SECONDS = { alone: 20, crowded: 1 };
/** The service tells the size only when the bytes are here. */
const GUESSED_BYTES = 1_048_576;
const LONGEST_PAUSE_MS = 30_000;

/** Codes of a service that can't take any request now. */
const BUSY: readonly string[] = ['network', 'timeout', 'rate-limited', 'overloaded', 'unavailable'];

/** Pasted links. The service is asked to fetch each, and then in turns what came of it. */
export function createLinks({ client, name, isPaused, onReady, onChange }: LinksOptions) {
  const key = linksKey(name);
  const entries = new Map<string, Entry>();
  for (const link of readList<Link>(key)) entries.set(link.id, { link, item: itemOf(link), turn: 0 });
  let [turns, setbacks, dueAt] = [0, 0, 0];
  let isClosed = false;
  let stalledBy: SafelightError | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const all = (): Entry[] => [...entries.values()];
  const isActive = ({ link }: Entry): boolean => link.failure === undefined;
  const keep = (): void => {
    if (isClosed) return; // the next queue of this name has them
    writeList(
      key,
      all().map(({ link }) => link),
    );
    onChange();
  };
  function set(entry: Entry, link: Link): void {
    entry.link = link;
    entry.item = itemOf(link);
    keep();
  }

  function pump(): void {
    if (isClosed || performance.now() < dueAt) return;
    const waiting = all()
      .filter((entry) => isActive(entry) && !entry.running && (entry.link.imageId !== undefined || !isPaused()))
      .sort((one, other) => one.turn - other.turn);
    const running = all().filter((entry) => entry.running).length;
    for (const entry of waiting.slice(0, CONCURRENCY - running)) void run(entry, waiting.length > CONCURRENCY);
  }

  async function run(entry: Entry, isCrowded: boolean): Promise<void> {
    const running = new AbortController();
    entry.running = running;
    try {
      await advance(entry, { isCrowded, signal: running.signal });
      if (stalledBy) onChange();
      [stalledBy, setbacks] = [undefined, 0];
    } catch (error) {
      if (!isClosed && entries.has(entry.link.id)) setBack(entry, error);
    } finally {
      entry.running = undefined;
      entry.turn = turns += 1;
      pump();
    }
  }

  /** Has the picture fetched, or looks once what came of it. */
  async function advance(
    entry: Entry,
    { isCrowded, signal }: { readonly isCrowded: boolean; readonly signal: AbortSignal },
  ): Promise<void> {
    const { id, url, attempt, imageId } = entry.link;
    if (imageId === undefined) {
      // Without the signal: an image that is made for a canceled link is deleted.
      const headers = { 'idempotency-key': `${id}/${attempt}` };
      const made = (await client.request('/images', { method: 'POST', body: { url }, headers })) as Image;
      if (entries.has(id)) set(entry, { ...entry.link, imageId: made.image_id });
      else await remove(made.image_id);
      return;
    }
    const query = { wait: isCrowded ? POLL_SECONDS.crowded : POLL_SECONDS.alone };
    const image = (await client.request(`/images/${imageId}/metadata`, { query, signal })) as Image;
    if (image.status === 'pending' || !entries.has(id)) return;
    if (image.status !== 'ready' && image.status !== 'held')
      throw rejectionOf(image) ?? new SafelightError('image-not-found', `expected a picture; got one ${image.status}`);
    entries.delete(id);
    onReady(entry.item, image);
    keep();
  }

  function setBack(entry: Entry, error: unknown): void {
    const told =
      error instanceof SafelightError
        ? error
        : new SafelightError('unexpected-answer', 'expected an image; got an error', { cause: error });
    if (BUSY.includes(told.code)) {
      stalledBy = told;
      setbacks += 1;
      const pause = (told.retryAfter ?? 0) * 1_000 + Math.min(500 * 2 ** setbacks, LONGEST_PAUSE_MS);
      dueAt = performance.now() + pause;
      clearTimeout(timer);
      timer = setTimeout(hurry, pause);
      onChange();
      return;
    }
    const { code, detail, params, quota } = told;
    set(entry, { ...entry.link, failure: { code, detail, params, quota } });
  }

  function hurry(): void {
    clearTimeout(timer);
    dueAt = 0;
    pump();
  }

  /** Somebody who may only add pictures may not delete them: then the picture stays. */
  const remove = (imageId: string): Promise<void> => client.images.delete(imageId).catch(() => undefined);

  async function cancel(ids: Iterable<string>): Promise<void> {
    const canceled = [...ids].flatMap((id) => entries.get(id) ?? []);
    for (const { link } of canceled) entries.delete(link.id);
    if (canceled.length > 0) keep();
    const images = canceled.flatMap(({ link, running }) => {
      if (link.imageId === undefined || link.failure) return [];
      running?.abort();
      return [link.imageId];
    });
    await Promise.all(images.map(remove));
    pump();
  }

  addEventListener('online', hurry);
  pump();
  return {
    items: (): readonly LinkItem[] => all().map(({ item }) => item),
    stalledBy: () => (all().some(isActive) ? stalledBy : undefined),
    add(urls: readonly string[]): void {
      for (const url of urls) {
        const link = { id: crypto.getRandomValues(new Uint32Array(4)).join('-'), url, attempt: 1 };
        entries.set(link.id, { link, item: itemOf(link), turn: 0 });
      }
      keep();
      pump();
    },
    retry(ids: readonly string[]): void {
      for (const entry of ids.flatMap((id) => entries.get(id) ?? [])) {
        const { id, url, attempt, failure } = entry.link;
        if (failure) set(entry, { id, url, attempt: attempt + 1 });
        entry.turn = 0;
      }
      hurry();
    },
    /** Ends their fetches, or forgets those that failed. */
    cancel,
    /** Goes on after a pause. */
    pump,
    close(): void {
      isClosed = true;
      clearTimeout(timer);
      removeEventListener('online', hurry);
      for (const { running } of entries.values()) running?.abort();
    },
  };
}

function itemOf({ id, url, imageId, failure }: Link): LinkItem {
  const about = {
    id,
    name: linkName(url),
    size: GUESSED_BYTES,
    progress: 0,
    imageId,
    isKept: true,
    isLink: true,
  } as const;
  if (!failure)
    return { ...about, state: imageId === undefined ? 'waiting' : 'verifying', image: undefined, error: undefined };
  const { code, detail, ...more } = failure;
  return { ...about, state: 'failed', image: undefined, error: new SafelightError(code, detail, more) };
}
