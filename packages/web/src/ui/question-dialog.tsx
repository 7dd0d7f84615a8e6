import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import style from './question.module.css';
import type { Asked } from './question.tsx';

export function QuestionDialog({ title, text, action, answer }: Asked) {
  return (
    <Dialog title={title} onClose={() => answer(false)}>
      <p className={style['text']} dir="auto">
        {text}
      </p>
      <div className={style['answers']}>
        <Button onClick={() => answer(false)}>Cancel</Button>
        <Button isMain onClick={() => answer(true)}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
