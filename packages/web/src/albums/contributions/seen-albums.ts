import type { Album } from '@safelight/client';

type Contributed = Pick<Album, 'album_id' | 'contributed_at'>;

const KEY = 'safelight-albums-seen';
/** The albums that were seen longest ago are forgotten: they may be called new once more. */
const MOST = 200;

/** Whether a guest has added pictures since this browser has last shown the album. */
export const hasUnseen = ({ album_id: id, contributed_at: at }: Contributed): boolean =>
  at !== null && at > (seenAlbums().get(id) ?? '');

/** The album is shown. */
export function markSeen({ album_id: id, contributed_at: at }: Contributed): void {
  if (at === null) return;
  const seen = seenAlbums();
  seen.delete(id);
  seen.set(id, at);
  try {
    localStorage.setItem(KEY, JSON.stringify([...seen].slice(-MOST)));
  } catch {
    // Without storage an album to which guests add is always new.
  }
}

/** When a guest last added a picture, as it was when this browser showed the album; the latest shown last. */
function seenAlbums(): Map<string, string> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return new Map(Array.isArray(kept) ? kept.filter(isEntry) : []);
  } catch {
    return new Map();
  }
}

const isEntry = (value: unknown): value is [string, string] =>
  Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');
