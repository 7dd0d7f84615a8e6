import { SafelightError } from '@safelight/client';
import type { Picture } from '../library/library.ts';
import type { Session } from '../session/session.tsx';
import { trashedPresets } from './trashed-presets.ts';

/** Blob URLs of pictures in the trash. */
export interface TrashedUrls {
  /** Of the largest preset that the service can send: its answers may be limited, as on Lambda. Errors: those of the client. */
  urlOf(picture: Pick<Picture, 'image_id' | 'user_id' | 'width' | 'height'>): Promise<string>;
  /** They are no URLs any more, and requests end. */
  close(): void;
}

interface TrashedUrlsOptions extends Pick<Session, 'clientOf'> {
  readonly presets: Readonly<Record<string, string>>;
}

function unlessTooLarge(error: unknown): undefined {
  if (!(error instanceof SafelightError) || error.code !== 'invalid-request') throw error;
}

export function createTrashedUrls({ clientOf, presets }: TrashedUrlsOptions): TrashedUrls {
  const closing = new AbortController();
  const made = new Set<string>();
  return {
    async urlOf(picture) {
      const { images } = clientOf(picture.user_id);
      const [smallest, ...larger] = trashedPresets(picture, presets);
      if (smallest === undefined) throw new Error('expected a preset of the whole picture; got none');
      const { signal } = closing;
      const ask = (preset: string): Promise<Blob> => images.trashedRendition(picture.image_id, preset, { signal });
      let rendition: Blob | undefined;
      for (const preset of larger.toReversed()) rendition ??= await ask(preset).catch(unlessTooLarge);
      rendition ??= await ask(smallest);
      signal.throwIfAborted();
      const url = URL.createObjectURL(rendition);
      made.add(url);
      return url;
    },
    close() {
      closing.abort();
      for (const url of made) URL.revokeObjectURL(url);
    },
  };
}
