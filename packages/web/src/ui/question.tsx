import { useSyncExternalStore } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import style from './question.module.css';

export interface Question {
  readonly title: string;
  readonly text: string;
  /** What the button says that means yes. */
  readonly action: string;
}

let asked: (Question & { readonly answer: (isYes: boolean) => void }) | undefined;
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

/** Where questions appear. */
export function Questions() {
  const question = useSyncExternalStore(subscribe, () => asked);
  if (!question) return null;
  return (
    <Dialog title={question.title} onClose={() => question.answer(false)}>
      <p className={style['text']} dir="auto">
        {question.text}
      </p>
      <div className={style['answers']}>
        <Button onClick={() => question.answer(false)}>Cancel</Button>
        <Button isMain onClick={() => question.answer(true)}>
          {question.action}
        </Button>
      </div>
    </Dialog>
  );
}
