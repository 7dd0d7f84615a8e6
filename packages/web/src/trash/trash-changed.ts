const CHANGED = 'safelight-trash';

/** Something was moved to the trash or taken out of it, elsewhere than in the trash's view. */
export const trashChanged = (): boolean => dispatchEvent(new Event(CHANGED));

export function onTrashChanged(listener: () => void): () => void {
  addEventListener(CHANGED, listener);
  return () => removeEventListener(CHANGED, listener);
}
