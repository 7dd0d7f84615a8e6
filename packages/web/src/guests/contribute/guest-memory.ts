/** A picture that this browser adds or added by the link. */
export interface OwnPicture {
  /** That of the queue's item. */
  readonly id: string;
  readonly linkId: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly addedAt: number;
  /** With `imageId`: since then the service lets its guest take it back. */
  readonly grantedAt: number;
  /** Once the service has granted the upload. */
  readonly imageId: string | undefined;
  /** `sending`: until its result is known. */
  readonly state: 'sending' | 'ready' | 'held' | 'refused';
  /** Its guest takes it back; nobody sees it any more. */
  readonly isLeaving: boolean;
  /** A small JPEG; undefined: this browser can't make one. */
  readonly preview: Blob | undefined;
}

/** The guest of a link, as this browser remembers it. */
export interface GuestMemory {
  /** By which the service knows the guest's uploads again. */
  readonly secret: string;
  /** How the guest calls itself by every link; empty: not at all. */
  name(): string;
  keepName(name: string): void;
  /** In the order in which they were added. */
  pictures(): readonly OwnPicture[];
  get(id: string): OwnPicture | undefined;
  put(picture: OwnPicture): void;
  remove(id: string): void;
  /** Resolves once all changes until now are written. */
  written(): Promise<void>;
  /** Calls `listener` after changes by other tabs. */
  onOthers(listener: () => void): void;
  close(): void;
}

const DATABASE = 'safelight guest';
const SECRET_BYTES = 32;
const BY_LINK = 'byLink';

/** Without IndexedDB, as in some private windows, it remembers until the page is left. */
export async function openGuestMemory(linkId: string): Promise<GuestMemory> {
  const db = await openDatabase().catch(() => undefined);
  const channel = new BroadcastChannel(`${DATABASE} ${linkId}`);
  const pictures = new Map<string, OwnPicture>();
  const facts = await readFacts(db, linkId).catch(() => ({ secret: randomSecret(), name: '' }));
  let { name } = facts;
  let writing: Promise<void> = Promise.resolve();
  let others = (): void => undefined;

  async function load(): Promise<void> {
    if (!db) return;
    const store = db.transaction('pictures').objectStore('pictures');
    const kept = (await answerTo(store.index(BY_LINK).getAll(linkId))) as readonly OwnPicture[];
    const known = new Map(pictures);
    pictures.clear();
    for (const picture of [...kept].sort((one, other) => one.addedAt - other.addedAt))
      pictures.set(picture.id, { ...picture, preview: known.get(picture.id)?.preview ?? picture.preview });
  }

  /** A browser whose disk is full forgets a picture with the page; its upload goes on. */
  function write(change: (store: IDBObjectStore) => void): void {
    writing = writing
      .then(async () => {
        if (!db) return;
        const transaction = db.transaction('pictures', 'readwrite');
        change(transaction.objectStore('pictures'));
        await endOf(transaction);
        channel.postMessage(null);
      })
      .catch(() => undefined);
  }

  await load().catch(() => undefined);
  channel.onmessage = () => {
    const last = writing; // what this tab hasn't written yet would be lost
    void last.then(load).then(
      () => others(),
      () => undefined,
    );
  };
  return {
    secret: facts.secret,
    name: () => name,
    keepName(next) {
      name = next;
      if (!db) return;
      const transaction = db.transaction('facts', 'readwrite');
      transaction.objectStore('facts').put(next, 'name');
    },
    pictures: () => [...pictures.values()],
    get: (id) => pictures.get(id),
    put(picture) {
      pictures.set(picture.id, picture);
      write((store) => store.put(picture));
    },
    remove(id) {
      pictures.delete(id);
      write((store) => store.delete(id));
    },
    written: () => writing,
    onOthers(listener) {
      others = listener;
    },
    close() {
      channel.close();
      void writing.then(() => db?.close());
    },
  };
}

async function openDatabase(): Promise<IDBDatabase> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore('facts');
    opening.result.createObjectStore('pictures', { keyPath: 'id' }).createIndex(BY_LINK, 'linkId');
  };
  const db = await answerTo(opening);
  db.onversionchange = () => db.close();
  return db;
}

/** One transaction: two tabs that open at once are one guest. */
async function readFacts(
  db: IDBDatabase | undefined,
  linkId: string,
): Promise<{ readonly secret: string; readonly name: string }> {
  if (!db) return { secret: randomSecret(), name: '' };
  const transaction = db.transaction('facts', 'readwrite');
  const facts = transaction.objectStore('facts');
  const key = `secret ${linkId}`;
  const kept = (await answerTo(facts.get(key))) as string | undefined;
  const secret = kept ?? randomSecret();
  if (kept === undefined) facts.put(secret, key);
  const name = (await answerTo(facts.get('name'))) as string | undefined;
  await endOf(transaction);
  return { secret, name: name ?? '' };
}

const randomSecret = (): string =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(SECRET_BYTES))))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const answerTo = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const endOf = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
