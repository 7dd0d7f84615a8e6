import { useEffect, useState } from 'react';
import { useSession } from '../session/session.tsx';
import { tilePreset } from './trashed-presets.ts';
import type { TrashedPicture } from './use-trashed.ts';

/** Of the picture for a tile, while the tile is there; undefined until it is known, or if it can't be had. */
export function useTrashedUrl(picture: TrashedPicture): string | undefined {
  const { clientOf, info } = useSession();
  const [url, setUrl] = useState<string>();
  const { image_id: id, user_id: owner } = picture;
  const preset = tilePreset(picture, info.presets);
  useEffect(() => {
    if (preset === undefined) return;
    const leaving = new AbortController();
    let made: string | undefined;
    clientOf(owner)
      .images.trashedRendition(id, preset, { signal: leaving.signal })
      .then((rendition) => {
        if (leaving.signal.aborted) return;
        made = URL.createObjectURL(rendition);
        setUrl(made);
      })
      .catch(() => undefined); // its placeholder stands for it
    return () => {
      leaving.abort();
      if (made !== undefined) URL.revokeObjectURL(made);
      setUrl(undefined);
    };
  }, [clientOf, owner, id, preset]);
  return url;
}
