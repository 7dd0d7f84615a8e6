/** The picture's tile, as far as it is on the screen. */
export function tileOf(id: string): HTMLElement | undefined {
  const tile = document.querySelector<HTMLElement>(`[data-image="${CSS.escape(id)}"]`);
  if (!tile) return undefined;
  const { top, bottom } = tile.getBoundingClientRect();
  return bottom > 0 && top < innerHeight ? tile : undefined;
}
