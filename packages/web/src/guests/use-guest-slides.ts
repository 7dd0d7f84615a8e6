import { useMemo } from 'react';
import { useSession } from '../session/session.tsx';
import { slideOf } from '../viewer/slide-of.ts';
import type { Slides } from '../viewer/use-stage.ts';
import { useGuestSource } from './guest-source-context.ts';

const GONE = 'This picture is not in the album any more.';

/** Slides of the pictures of a link. Where it gives files, the zoom ends at the JPEG of full size. */
export function useGuestSlides(): Slides {
  const { info } = useSession();
  const source = useGuestSource();
  return useMemo(() => {
    const { library } = source;
    return {
      slideOf: (picture) => slideOf(picture, info.presets),
      originalUrl: source.givesFiles()
        ? async ({ image_id }) => {
            const url = source.filesOf(image_id)?.download_url;
            if (!url) throw new Error('expected the JPEG of a picture; got none');
            return url;
          }
        : undefined,
      async fresh(picture) {
        await source.readAgain();
        const { error } = library.snapshot();
        if (error) throw error;
        return library.loaded(picture.image_id) ?? picture;
      },
      async find(id) {
        const found = await library.find(id);
        const { error } = library.snapshot();
        if (!found && error) throw error;
        return found ?? GONE;
      },
    };
  }, [info, source]);
}
