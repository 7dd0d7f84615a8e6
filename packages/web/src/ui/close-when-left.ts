import type { FocusEvent } from 'react';

/**
 * For a popover: it closes when the focus goes elsewhere, which it would hide. A press on its own button closes it by
 * itself.
 */
export function closeWhenLeft({ currentTarget, relatedTarget }: FocusEvent<HTMLElement>): void {
  if (!(relatedTarget instanceof HTMLElement) || currentTarget.contains(relatedTarget)) return;
  if (relatedTarget instanceof HTMLButtonElement && relatedTarget.popoverTargetElement === currentTarget) return;
  currentTarget.hidePopover();
}
