import { useSyncExternalStore } from 'react';
import { later } from './later.tsx';

export interface Question {
  readonly title: string;
  readonly text: string;
  /** What the button says that means yes. */
  readonly action: string;
}

export interface Asked extends Question {
  readonly answer: (isYes: boolean) => void;
}

let asked: Asked | undefined;
const listeners = new Set<() => void>();

/** Only for what can't be undone. */
export function ask(question: Question): Promise<boolean> {
  asked?.answer(false);
  return new Promise((resolve) => {
    show({
      ...question,
      answer(isYes) {
        show(undefined);
        resolve(isYes);
      },
    });
  });
}

/** The person who was asked has left: the answer is no. */
export const withdraw = (): void => asked?.answer(false);

function show(question: typeof asked): void {
  asked = question;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const QuestionDialog = later<Asked>(() => import('./question-dialog.tsx').then(({ QuestionDialog }) => QuestionDialog));

/** Where questions appear. */
export function Questions() {
  const question = useSyncExternalStore(subscribe, () => asked);
  return question && <QuestionDialog {...question} />;
}
