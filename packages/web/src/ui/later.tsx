import { type ComponentType, useEffect, useReducer } from 'react';
import { showToast } from './toast.tsx';

/** A component whose code is loaded when it is first shown: the grid doesn't need it. */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let Loaded: ComponentType<Props> | undefined;
  return function Later(props: Props) {
    const [, render] = useReducer((count: number) => count + 1, 0);
    useEffect(() => {
      if (Loaded) return;
      load().then(
        (component) => {
          Loaded = component;
          render();
        },
        () => showToast({ text: "This can't be opened. Check your connection, and reload the page." }),
      );
    }, []);
    return Loaded ? <Loaded {...props} /> : null;
  };
}
