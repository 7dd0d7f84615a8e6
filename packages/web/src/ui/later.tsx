import { type ComponentType, useEffect, useReducer } from 'react';
import { showToast } from './toast.tsx';
import type { whenQuiet } from './when-quiet.ts';

const AT_ONCE = (work: () => void): undefined => void work();

/**
 * A component whose code is loaded when it is first shown: the grid doesn't need it. `when`: it waits even longer, and
 * nobody misses it if it can't be loaded.
 */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  when: typeof whenQuiet | typeof AT_ONCE = AT_ONCE,
): ComponentType<Props> {
  let Loaded: ComponentType<Props> | undefined;
  return function Later(props: Props) {
    const [, render] = useReducer((count: number) => count + 1, 0);
    useEffect(() => {
      if (Loaded) return;
      return when(() => {
        load().then(
          (component) => {
            Loaded = component;
            render();
          },
          () =>
            when === AT_ONCE &&
            showToast({ text: "This can't be opened. Check your connection, and reload the page." }),
        );
      });
    }, []);
    return Loaded ? <Loaded {...props} /> : null;
  };
}
