import { type RefObject, useEffect } from 'react';

/**
 * While the element is there, what lies beside it takes neither focus nor clicks; toasts, dialogs and the line of the
 * uploads do.
 */
export function useAlone(element: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const beside = [...(element.current?.parentElement?.children ?? [])].filter(
      (one): one is HTMLElement =>
        one instanceof HTMLElement &&
        one !== element.current &&
        !one.matches('[role="status"], dialog, [data-beside-viewer]'),
    );
    for (const one of beside) one.inert = true;
    return () => {
      for (const one of beside) one.inert = false;
    };
  }, [element]);
}
