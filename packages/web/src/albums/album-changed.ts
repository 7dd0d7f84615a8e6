const CHANGED = 'safelight-album';

/** Pictures were added to that album, or taken out of it. */
export const albumChanged = (album: string): boolean => dispatchEvent(new CustomEvent(CHANGED, { detail: album }));

export function onAlbumChanged(listener: (album: string) => void): () => void {
  const heard = (event: Event): void => listener((event as CustomEvent<string>).detail);
  addEventListener(CHANGED, heard);
  return () => removeEventListener(CHANGED, heard);
}
