import { type ReactNode, useEffect, useSyncExternalStore } from 'react';

/** What goes on while the person does other things: one task at a time. */
export interface Task {
  readonly panel: ReactNode;
  /** The person has left: nothing of it goes on. */
  end(): void;
}

let shown: Task | undefined;
const listeners = new Set<() => void>();

/** undefined: it is over. */
export function showTask(task: Task | undefined): void {
  shown = task;
  for (const listener of listeners) listener();
}

export const currentTask = (): Task | undefined => shown;

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const leave = (): void => {
  shown?.end();
  shown = undefined;
};

/** Where the task appears, whatever the view is. */
export function Tasks() {
  const task = useSyncExternalStore(subscribe, currentTask);
  useEffect(() => leave, []);
  return task?.panel;
}
