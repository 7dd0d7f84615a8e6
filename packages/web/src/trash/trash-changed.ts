const CHANGED = 'safelight-trash';

/** A picture was moved to the trash, or one was restored, elsewhere than in the trash's view. */
export const trashChanged = (restored?: string): boolean =>
  dispatchEvent(new CustomEvent(CHANGED, { detail: restored }));

export function onTrashChanged(listener: (restored: string | undefined) => void): () => void {
  const heard = (event: Event): void => listener((event as CustomEvent<string | undefined>).detail);
  addEventListener(CHANGED, heard);
  return () => removeEventListener(CHANGED, heard);
}
