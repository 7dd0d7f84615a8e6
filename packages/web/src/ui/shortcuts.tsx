import { createContext, useContext, useLayoutEffect, useRef, useState } from 'react';

export interface Shortcut {
  /** As `KeyboardEvent.key` says it: `u`, `?`, `Escape`, `Delete`. */
  readonly key: string;
  /** What it does, for the list of shortcuts. */
  readonly about: string;
  readonly run: () => void;
}

/** Only the newest layer's shortcuts work: those of an open dialog, not those of the page below it. */
export interface Layer {
  readonly shortcuts: Set<readonly Shortcut[]>;
}

const ofPage: Layer = { shortcuts: new Set() };
const layers: Layer[] = [ofPage];
const LayerContext = createContext(ofPage);
export const ShortcutLayer = LayerContext.Provider;

/** A layer that is the newest while the component is there: `<ShortcutLayer value={layer}>` around its children. */
export function useShortcutLayer(): Layer {
  const [layer] = useState<Layer>(() => ({ shortcuts: new Set() }));
  useLayoutEffect(() => {
    layers.push(layer);
    return () => {
      layers.splice(layers.lastIndexOf(layer), 1);
    };
  }, [layer]);
  return layer;
}

/** While the component is there, from its first paint on. `layer`: instead of the one around it. */
export function useShortcuts(shortcuts: readonly Shortcut[], layer?: Layer): void {
  const around = useContext(LayerContext);
  const target = layer ?? around;
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useLayoutEffect(() => {
    // Getters, so that a key always runs the newest function.
    const own = latest.current.map(({ key }, index) => ({
      key,
      get about() {
        return latest.current[index]?.about ?? '';
      },
      run: () => latest.current[index]?.run(),
    }));
    target.shortcuts.add(own);
    return () => {
      target.shortcuts.delete(own);
    };
  }, [target]);
}

/** For the list that `?` shows. */
export const shortcutsOfPage = (): readonly Shortcut[] => [...ofPage.shortcuts].flat();

/** Calls the shortcut of each key that isn't typed into a field, and `undo` for Ctrl+Z outside of modal dialogs. */
export function listenForShortcuts(undo: () => void): () => void {
  const onKey = (event: KeyboardEvent): void => {
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === 'z' && !event.repeat;
    if (isUndo && !isTyping(event.target) && !document.querySelector('dialog:modal')) undo();
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const pressed = event.key === 'Backspace' ? 'Delete' : event.key; // a Mac has no Delete where others have it
    const shortcut = [...(layers.at(-1)?.shortcuts ?? [])].flat().findLast(({ key }) => key === pressed);
    if (!shortcut) return;
    event.preventDefault();
    if (event.repeat && shortcut.key === 'Delete') return; // a key that is held would trash one picture after another
    shortcut.run();
  };
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}

/** Whether keys and pasted text go into a field. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'));
