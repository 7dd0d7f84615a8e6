import { useEffect, useState, useSyncExternalStore } from 'react';
import { useLibrary } from '../library/source.tsx';
import { whenQuiet } from '../ui/when-quiet.ts';
import type { Select } from './create-select.tsx';
import type { Selecting } from './create-selecting.ts';
import type { Selection } from './selection.ts';

/** What selects pictures of the grid. Its code is loaded once the first pictures are there. undefined: until then. */
export function useSelect(isOffered: boolean): Select | undefined {
  const library = useLibrary();
  const [select, setSelect] = useState<Select>();
  useEffect(() => {
    if (!isOffered) return;
    let made: Select | undefined;
    let isOver = false;
    const load = async (): Promise<void> => {
      const { createSelect } = await import('./create-select.tsx');
      if (isOver || made) return;
      made = createSelect(library);
      setSelect(made);
    };
    // Without it pictures can't be selected, and all else goes on.
    const begin = (): void => void load().catch(() => undefined);
    const callOff = whenQuiet(begin);
    addEventListener('keydown', begin, { once: true });
    return () => {
      isOver = true;
      callOff();
      removeEventListener('keydown', begin);
      made?.close();
      setSelect(undefined);
    };
  }, [library, isOffered]);
  return select;
}

const never = () => (): void => undefined;

/** undefined: nothing is selected. */
export const useSelecting = (select: Select | undefined): Selecting | undefined =>
  useSyncExternalStore(select?.subscribe ?? never, () => select?.selecting());

export const useSelection = (select: Select | undefined): Selection | undefined =>
  useSyncExternalStore(select?.subscribe ?? never, () => select?.selecting()?.snapshot().selection);
