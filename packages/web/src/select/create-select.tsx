import type { Library, Sorted } from '../library/library.ts';
import type { Keys } from '../timeline/use-focus.ts';
import { isTyping } from '../ui/shortcuts.tsx';
import { type Begin, createSelecting, type Selecting } from './create-selecting.ts';
import { createPointer, type PointerHandlers } from './pointer.ts';
import { SectionHeading } from './section-heading.tsx';
import { SelectMark } from './select-mark.tsx';
import { has, type Selection } from './selection.ts';

/** How a grid offers that its pictures are selected. */
export interface Select {
  subscribe(listener: () => void): () => void;
  /** undefined: nothing is selected. */
  selecting(): Selecting | undefined;
  readonly begin: Begin;
  readonly handlers: PointerHandlers;
  /** Keys of the picture with the focus. While pictures are selected, the others are for all of these. */
  keysWith(keys: Keys): Keys;
  /** Shift has moved the focus. */
  extend(from: Sorted, to: Sorted): void;
  readonly has: (selection: Selection, at: string) => boolean;
  readonly Mark: typeof SelectMark;
  readonly Heading: typeof SectionHeading;
  close(): void;
}

export function createSelect(library: Library): Select {
  const listeners = new Set<() => void>();
  let selecting: Selecting | undefined;
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const onEnd = (): void => {
    selecting = undefined;
    tell();
  };
  const begin: Begin = (work) => {
    if (!selecting) {
      selecting = createSelecting(library, onEnd);
      selecting.subscribe(tell);
    }
    work(selecting);
  };
  const toggle = ({ at }: Sorted): void => begin((one) => one.toggle(at));

  /** Unless something else is open, Ctrl+A selects all, and `/`, which finds, ends the selection. */
  const onKey = (event: KeyboardEvent): void => {
    const { key, ctrlKey, metaKey, shiftKey, altKey } = event;
    if (isTyping(event.target) || document.querySelector('dialog:modal, [aria-modal="true"]')) return;
    const isWithControl = ctrlKey || metaKey;
    if (key === '/' && !isWithControl && !altKey) selecting?.end();
    if (key !== 'a' || !isWithControl || shiftKey || altKey) return;
    event.preventDefault();
    if (library.snapshot().pictures.length > 0) begin((one) => one.selectAll());
  };
  document.addEventListener('keydown', onKey);
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    selecting: () => selecting,
    begin,
    handlers: createPointer(library, { begin, isSelecting: () => selecting !== undefined }),
    keysWith: (keys) => ({ ...(!selecting && keys), x: toggle }),
    extend: (from, to) =>
      begin((one) => {
        if (one.snapshot().latest === undefined) one.anchor(from.at);
        one.extend(to.at);
      }),
    has,
    Mark: SelectMark,
    Heading: SectionHeading,
    close() {
      document.removeEventListener('keydown', onKey);
      selecting?.end();
    },
  };
}
