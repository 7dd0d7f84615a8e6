import { explainWait } from '@safelight/client';
import type { Files, GuestSource } from './guest-source.ts';

const ENDED = [401, 403, 404, 410];
const GONE = 'This picture is not shared any more.';
const NO_FILES = 'This picture can be looked at only.';
const LATER = "This picture can't be downloaded at the moment. Try again later.";

/**
 * Saves a file of the picture, once the service says that it is there: a browser would tell nobody why a download
 * failed. Returns what went wrong, for people.
 */
export async function savePicture(source: GuestSource, id: string, file: keyof Files): Promise<string | undefined> {
  for (const isLast of [false, true]) {
    const files = source.filesOf(id);
    const url = files?.[file];
    if (!url) return files ? NO_FILES : GONE;
    const answer = await fetch(url, { method: 'HEAD', redirect: 'manual' }).catch(() => undefined);
    if (!answer) return navigator.onLine ? LATER : "You're offline. Try again when you're back.";
    if (answer.ok || answer.type === 'opaqueredirect') return save(url);
    if (answer.status === 429) return explainWait(Number(answer.headers.get('retry-after')));
    if (!ENDED.includes(answer.status)) return LATER;
    if (!isLast) await source.readAgain(); // its URL may have ended, and the picture not
  }
  return GONE;
}

/** The URL's answer is an attachment with the file's name, so the page stays. */
function save(url: string): undefined {
  const link = document.createElement('a');
  link.href = url;
  link.download = '';
  link.click();
}
