import { SafelightError } from '@safelight/client';
import { useEffect, useMemo } from 'react';
import type { TileAnswer } from '../library/tile-line.ts';
import { useSession } from '../session/session.tsx';
import { neededPixels, type RenditionProps, TileImage } from '../timeline/rendition.tsx';
import { useWaiting } from '../timeline/use-waiting.ts';
import { tilePreset } from './trashed-presets.ts';

/**
 * Fetched with the credential, since no URL of it can be put into an `<img>`. Its blob URL is revoked when the tile
 * leaves.
 */
export function TrashedRendition({ picture, ...tile }: RenditionProps) {
  const { clientOf, info } = useSession();
  const { image_id: id, user_id: owner } = picture;
  const preset = tilePreset(picture, info.presets, neededPixels(picture, tile));
  const ask = useMemo(() => {
    if (preset === undefined) return undefined;
    const { images } = clientOf(owner);
    // Without retries of its own: all tiles wait together.
    return (signal: AbortSignal): Promise<TileAnswer | undefined> =>
      images
        .trashedRendition(id, preset, { signal, retries: 0 })
        .then((rendition) => ({ status: 200, rendition }), refusalIn);
  }, [clientOf, owner, id, preset]);
  const { isWaiting, url, show, fail } = useWaiting(id, ask);
  useEffect(() => {
    if (isWaiting || url !== undefined || !ask) return;
    const leaving = new AbortController();
    void ask(leaving.signal).then((answer) => {
      if (leaving.signal.aborted) return;
      if (answer?.rendition) show(answer.rendition);
      else fail();
    });
    return () => leaving.abort();
  }, [isWaiting, url, ask, show, fail]);
  return url === undefined ? null : <TileImage tile={{ picture, ...tile }} src={url} />;
}

const refusalIn = (error: unknown): TileAnswer | undefined =>
  error instanceof SafelightError && error.status !== undefined ? error : undefined;
