import { createSequence, type ListedPage } from '../albums/create-sequence.ts';
import type { Picture } from '../library/library.ts';
import type { Source } from '../library/source.tsx';
import { createTileLine } from '../library/tile-line.ts';
import type { Waits } from '../session/waits.ts';
import type { GuestLink, SharedImage } from './guest-link.ts';

/** The pictures of a link, and where their files are. */
export interface GuestSource extends Source {
  /** undefined: the picture isn't loaded. */
  filesOf(id: string): Files | undefined;
  /** Whether the link gave files with the pictures that are loaded. */
  givesFiles(): boolean;
  /** Reads the list again: URLs end, and others have changed the album. Several calls at once are one. */
  readAgain(): Promise<void>;
}

export type Files = Pick<SharedImage, 'download_url' | 'original_url'>;

interface GuestSourceOptions {
  readonly link: Pick<GuestLink, 'images'>;
  readonly waits: Waits;
  /** How many pictures the album has, as far as it is known. */
  readonly images: number;
}

/** What was read so recently, in milliseconds, isn't read again for each tile of a screen. */
const FRESH_MS = 5_000;

export function createGuestSource({ link, waits, images }: GuestSourceOptions): GuestSource {
  const files = new Map<string, Files>();
  const library = createSequence({
    order: 'added', // whichever it is: guests move nothing
    images,
    async read(page): Promise<ListedPage> {
      const listed = await link.images(page);
      for (const { image_id, download_url, original_url } of listed.images)
        files.set(image_id, { download_url, original_url });
      return { images: listed.images.map(pictureOf), next_cursor: listed.next_cursor };
    },
  });
  let reading: Promise<void> | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  const readAgain = (): Promise<void> => {
    reading ??= library.readAgain(new Set()).finally(() => {
      reading = undefined;
      readAt = performance.now();
    });
    return reading;
  };
  const line = createTileLine({
    waits,
    readAgain: async () => {
      if (performance.now() - readAt > FRESH_MS) await readAgain();
    },
  });
  return {
    library,
    line,
    filesOf: (id) => (library.loaded(id) ? files.get(id) : undefined),
    givesFiles: () => [...files.values()].some(({ download_url: url }) => url !== null),
    readAgain,
  };
}

/** Nothing of its owner. */
function pictureOf({ taken_at: _, download_url: _jpeg, original_url: _original, ...image }: SharedImage): Picture {
  return { ...image, user_id: '', created_at: '', status: 'ready' };
}
