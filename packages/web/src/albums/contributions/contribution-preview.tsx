import type { Album, Image } from '@safelight/client';
import { useEffect, useRef, useState } from 'react';
import { useSession } from '../../session/session.tsx';
import style from './waiting.module.css';

interface ContributionPreviewProps {
  readonly album: Album;
  readonly picture: Image;
}

/**
 * Fetched with the credential once it is near the screen: each is a render of the service. Its blob URL is revoked when
 * it leaves.
 */
export function ContributionPreview({ album, picture }: ContributionPreviewProps) {
  const { clientOf } = useSession();
  const { album_id: albumId, user_id: owner } = album;
  const { image_id: id, filename, width, height } = picture;
  const { contributions } = clientOf(owner).albums;
  const place = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState<string | 'none'>();
  useEffect(() => {
    const leaving = new AbortController();
    const { signal } = leaving;
    let made: string | undefined;
    const load = async (): Promise<void> => {
      try {
        const preview = await contributions.preview(albumId, id, { signal });
        if (signal.aborted) return;
        made = URL.createObjectURL(preview);
        setShown(made);
      } catch {
        if (!signal.aborted) setShown('none');
      }
    };
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        observer.disconnect();
        void load();
      },
      { rootMargin: '200px' },
    );
    if (place.current) observer.observe(place.current);
    return () => {
      observer.disconnect();
      leaving.abort();
      if (made !== undefined) URL.revokeObjectURL(made);
    };
  }, [contributions, albumId, id]);
  return (
    <div ref={place} className={style['preview']}>
      {shown === 'none' && <p>It can't be shown.</p>}
      {shown !== undefined && shown !== 'none' && (
        <img src={shown} alt={filename} width={width ?? undefined} height={height ?? undefined} draggable={false} />
      )}
    </div>
  );
}
