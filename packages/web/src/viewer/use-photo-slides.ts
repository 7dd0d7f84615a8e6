import { SafelightError } from '@safelight/client';
import { useMemo } from 'react';
import { useLibrary } from '../library/source.tsx';
import { useSession } from '../session/session.tsx';
import { isShownByBrowsers } from './full-size.ts';
import { slideOf } from './slide-of.ts';
import type { Slides } from './use-stage.ts';

/** Slides of pictures that aren't in the trash: signed URLs that an `<img>` loads. */
export function usePhotoSlides(): Slides {
  const { client, info, mayOpenOriginals } = useSession();
  const library = useLibrary();
  return useMemo(
    () => ({
      slideOf: (picture) => slideOf(picture, info.presets),
      originalUrl: mayOpenOriginals
        ? ({ image_id, content_type }) =>
            client.images.downloadUrl(image_id, {
              disposition: 'inline',
              ...(!isShownByBrowsers(content_type) && { format: 'jpeg' }),
            })
        : undefined,
      async fresh({ image_id }) {
        const image = await client.images.get(image_id);
        if (library.loaded(image_id)) library.put(image);
        return image;
      },
      async find(id) {
        try {
          const image = await client.images.get(id);
          return image.status === 'ready' ? image : "This picture can't be shown.";
        } catch (error) {
          if (isUnknown(error)) return 'There is no such picture, or it is in the trash.';
          throw error;
        }
      },
    }),
    [client, info, library, mayOpenOriginals],
  );
}

/** The service describes no picture that is in the trash. */
const isUnknown = (error: unknown): boolean =>
  error instanceof SafelightError && (error.code === 'image-not-found' || error.code === 'invalid-request');
