import { SafelightError } from '@safelight/client';
import { useEffect, useState } from 'react';
import type { Picture } from '../library/library.ts';
import { useLibrary } from '../library/source.tsx';
import { go, toView } from '../routes.ts';
import { useSession } from '../session/session.tsx';
import { slideOf } from '../viewer/slide-of.ts';
import type { Slides } from '../viewer/use-stage.ts';
import { trashedPresets } from './trashed-presets.ts';

/** Slides of pictures in the trash: blob URLs, which are revoked when the viewer closes. undefined: a moment later. */
export function useTrashedSlides(): Slides | undefined {
  const { client, clientOf, info } = useSession();
  const trash = useLibrary();
  const [slides, setSlides] = useState<Slides>();
  useEffect(() => {
    const closing = new AbortController();
    const { signal } = closing;
    const urls = new Set<string>();

    /** The rendition of the largest preset that the service can send: its answers may be limited, as on Lambda. */
    async function renditionOf(picture: Picture): Promise<Blob> {
      const { images } = clientOf(picture.user_id);
      const [smallest, ...larger] = trashedPresets(picture, info.presets);
      if (smallest === undefined) throw new Error('expected a preset of the whole picture; got none');
      const ask = (preset: string): Promise<Blob> => images.trashedRendition(picture.image_id, preset, { signal });
      for (const preset of larger.toReversed()) {
        const rendition = await ask(preset).catch(unlessTooLarge);
        if (rendition) return rendition;
      }
      return ask(smallest);
    }

    setSlides({
      slideOf: (picture) => slideOf({ ...picture, renditions: null }, {}), // without a URL: the stage asks for it
      async originalUrl(picture) {
        const rendition = await renditionOf(picture);
        signal.throwIfAborted();
        const url = URL.createObjectURL(rendition);
        urls.add(url);
        return url;
      },
      fresh: async (picture) => picture,
      async find(id) {
        const found = await trash.find(id);
        const { error } = trash.snapshot();
        if (found) return found;
        if (error) throw error;
        const image = await client.images.get(id).catch(() => undefined);
        if (image?.status !== 'ready') return 'There is no such picture in the trash.';
        go({ ...toView('photos'), image: id }, { replace: true });
        return undefined;
      },
    });
    return () => {
      closing.abort();
      for (const url of urls) URL.revokeObjectURL(url);
    };
  }, [client, clientOf, info, trash]);
  return slides;
}

function unlessTooLarge(error: unknown): undefined {
  if (!(error instanceof SafelightError) || error.code !== 'invalid-request') throw error;
}
