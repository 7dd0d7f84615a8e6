import { useRef, useSyncExternalStore } from 'react';
import { Button } from './button.tsx';
import style from './toast.module.css';

export interface Toast {
  readonly text: string;
  /** `isUndo`: Ctrl+Z does it too. */
  readonly action?: { readonly label: string; readonly run: () => void; readonly isUndo?: boolean };
}

/** As long as Undo is offered, also by Ctrl+Z. */
const SHOWN_MS = 10_000;

let shown: (Toast & { readonly id: number }) | undefined;
/** Undoes the latest action that a toast offered to undo, also if another toast is shown meanwhile. */
let undo: (() => void) | undefined;
let count = 0;
let ending: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

/** Instead of the one that is shown. Returns whether it still is, whenever that is asked. */
export function showToast(toast: Toast): () => boolean {
  count += 1;
  const id = count;
  if (toast.action?.isUndo) undo = toast.action.run;
  show({ ...toast, id });
  clearTimeout(ending);
  ending = setTimeout(end, SHOWN_MS);
  return () => shown?.id === id;
}

/** A toast whose button has the focus stays. */
function end(): void {
  if (document.activeElement?.closest('[data-toast]')) ending = setTimeout(end, SHOWN_MS);
  else hideToast();
}

export function hideToast(): void {
  undo = undefined;
  show(undefined);
}

export function undoLatest(): void {
  const run = undo;
  if (!run) return;
  hideToast();
  run();
}

function act({ action }: Toast): void {
  if (action?.isUndo) {
    undoLatest();
    return;
  }
  show(undefined);
  action?.run();
}

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
  /** Where the focus was before the toast took it. */
  const before = useRef<HTMLElement>(undefined);
  return (
    <div
      className={style['place']}
      role="status"
      onFocus={({ relatedTarget }) => {
        before.current = relatedTarget instanceof HTMLElement ? relatedTarget : undefined;
      }}
    >
      {toast && (
        <div key={toast.id} data-toast className={style['toast']}>
          <span>{toast.text}</span>
          {toast.action && (
            <Button
              onClick={() => {
                if (before.current?.isConnected) before.current.focus();
                act(toast);
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
