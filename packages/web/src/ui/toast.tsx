import { useSyncExternalStore } from 'react';
import { Button } from './button.tsx';
import style from './toast.module.css';

export interface Toast {
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** As long as Undo is offered. */
const SHOWN_MS = 10_000;

let shown: (Toast & { readonly id: number }) | undefined;
let count = 0;
let ending: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

/** Instead of the one that is shown. */
export function showToast(toast: Toast): void {
  show({ ...toast, id: ++count });
  clearTimeout(ending);
  ending = setTimeout(hideToast, SHOWN_MS);
}

export const hideToast = (): void => show(undefined);

function show(toast: typeof shown): void {
  shown = toast;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Where toasts appear. Screen readers announce each. */
export function Toasts() {
  const toast = useSyncExternalStore(subscribe, () => shown);
  return (
    <div className={style['place']} role="status">
      {toast && (
        <div key={toast.id} className={style['toast']}>
          <span>{toast.text}</span>
          {toast.action && (
            <Button
              onClick={() => {
                hideToast();
                toast.action?.run();
              }}
            >
              {toast.action.label}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
