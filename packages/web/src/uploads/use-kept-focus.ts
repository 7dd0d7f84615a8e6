import { type RefObject, useLayoutEffect } from 'react';

const BUTTONS = 'button:not(:disabled)';

/** Where the focus was: the button, and its place among the others. */
interface Last {
  readonly element: Element;
  readonly index: number;
}

/** When the button that has the focus goes, its neighbour gets it; without one `fallback`, or the Upload button. */
export function useKeptFocus(container: RefObject<HTMLElement | null>, fallback: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    let last: Last | undefined;
    const buttonsNow = (): HTMLElement[] => [...(container.current?.querySelectorAll<HTMLElement>(BUTTONS) ?? [])];
    const onFocus = (event: FocusEvent): void => {
      const element = event.target as HTMLElement;
      last = container.current?.contains(element) ? { element, index: buttonsNow().indexOf(element) } : undefined;
    };
    const forget = (): void => {
      last = undefined; // a press on nothing takes the focus away on purpose
    };
    // Removing the focused element fires no event in all browsers; the body has the focus then.
    const watcher = new MutationObserver(() => {
      if (!last || last.element.isConnected || document.activeElement !== document.body) return;
      const buttons = buttonsNow();
      const neighbour = buttons[Math.min(last.index, buttons.length - 1)];
      (neighbour ?? fallback.current ?? document.querySelector<HTMLElement>('#upload'))?.focus();
    });
    document.addEventListener('focusin', onFocus);
    document.addEventListener('pointerdown', forget);
    watcher.observe(document.body, { childList: true, subtree: true });
    return () => {
      document.removeEventListener('focusin', onFocus);
      document.removeEventListener('pointerdown', forget);
      watcher.disconnect();
    };
  }, [container, fallback]);
}
