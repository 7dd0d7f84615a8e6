/**
 * A press outside an open menu closes it, and does nothing else: what lies beneath hears neither of the press nor of
 * its click. A press on the menu's own button is the browser's.
 */
export const swallowOutsidePresses = (): (() => void) => swallowPresses(isOutsideMenu);

/** Those presses, and their clicks, do nothing but close something. */
export function swallowPresses(closes: (target: EventTarget | null) => boolean): () => void {
  let isSwallowed = false;
  const onPress = (event: PointerEvent): void => {
    isSwallowed = closes(event.target);
    if (isSwallowed) swallow(event);
  };
  const onClick = (event: MouseEvent): void => {
    if (isSwallowed && event.detail > 0) swallow(event); // one of a key has no press
    isSwallowed = false;
  };
  addEventListener('pointerdown', onPress, true);
  addEventListener('click', onClick, true);
  return () => {
    removeEventListener('pointerdown', onPress, true);
    removeEventListener('click', onClick, true);
  };
}

function isOutsideMenu(target: EventTarget | null): boolean {
  const menu = document.querySelector('[popover=auto]:popover-open');
  if (!menu || !(target instanceof Element) || menu.contains(target)) return false;
  return target.closest('button')?.popoverTargetElement !== menu;
}

function swallow(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}
