import { Fragment, type ReactNode, useEffect, useSyncExternalStore } from 'react';

/** What goes on while the person does other things, or says how it went. */
export interface Task {
  readonly panel: ReactNode;
  /** The person has left: nothing of it goes on. */
  end(): void;
}

let shown: readonly (Task & { readonly id: number })[] = [];
let count = 0;
const listeners = new Set<() => void>();

function show(tasks: typeof shown): void {
  shown = tasks;
  for (const listener of listeners) listener();
}

/** Returns what takes it away. */
export function showTask(task: Task): () => void {
  count += 1;
  const id = count;
  show([...shown, { ...task, id }]);
  return () => show(shown.filter((one) => one.id !== id));
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const leave = (): void => {
  for (const task of shown) task.end();
  shown = [];
};

/** Where tasks appear, whatever the view is. Their code brings the style of `data-tasks`. */
export function Tasks() {
  const tasks = useSyncExternalStore(subscribe, () => shown);
  useEffect(() => leave, []);
  return (
    <div data-tasks>
      {tasks.map(({ id, panel }) => (
        <Fragment key={id}>{panel}</Fragment>
      ))}
    </div>
  );
}
