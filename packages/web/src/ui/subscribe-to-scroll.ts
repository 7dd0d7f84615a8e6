/** For `useSyncExternalStore`: the page has been scrolled. */
export function subscribeToScroll(listener: () => void): () => void {
  addEventListener('scroll', listener, { passive: true });
  return () => removeEventListener('scroll', listener);
}
