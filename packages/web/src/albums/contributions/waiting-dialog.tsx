import type { Album } from '@safelight/client';
import { useRef } from 'react';
import { picturesText } from '../../select/words.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ContributionPreview } from './contribution-preview.tsx';
import { GuestName } from './guest-name.tsx';
import type { Verdict, WaitingPictures } from './use-waiting-pictures.ts';
import style from './waiting.module.css';

interface WaitingDialogProps {
  readonly waiting: WaitingPictures;
  readonly album: Album;
  readonly onClose: () => void;
}

const VERDICTS = [
  ['pass', 'Accept'],
  ['refuse', 'Refuse'],
] as const satisfies readonly (readonly [Verdict, string])[];

/** Pictures of guests that wait for the owner, who accepts or refuses each, or accepts all. */
export function WaitingDialog({ waiting, album, onClose }: WaitingDialogProps) {
  const { pictures, hasMore, problem, deciding, decide } = waiting;
  const main = useRef<HTMLButtonElement>(null);
  const isOver = pictures.length === 0 && !hasMore;
  const isBusy = deciding.size > 0;
  /** Focuses that button of the next picture, since this one leaves. */
  const focusNext = (button: HTMLElement, verdict: Verdict): void => {
    const item = button.closest('li');
    const beside = item?.nextElementSibling ?? item?.previousElementSibling;
    (beside?.querySelector<HTMLElement>(`[data-verdict="${verdict}"]`) ?? main.current)?.focus();
  };
  const acceptAll = (): void => {
    if (isBusy) return;
    void decide(
      pictures.map(({ image_id }) => image_id),
      'pass',
    );
  };
  return (
    <Dialog title="Pictures from guests" isWide onClose={onClose}>
      <div className={style['head']}>
        <p role="status">
          {isOver
            ? 'No picture waits for you any more.'
            : `${hasMore ? 'More than ' : ''}${picturesText(pictures.length)} to look at. Nobody else sees them yet.`}
        </p>
        <Button ref={main} isMain aria-disabled={isBusy} onClick={isOver ? onClose : acceptAll}>
          {isOver ? 'Done' : 'Accept all'}
        </Button>
      </div>
      {!isOver && <p className={style['quiet']}>A picture that you refuse is deleted for good.</p>}
      {problem !== undefined && <p role="alert">{problem}</p>}
      <ul className={style['pictures']} aria-label="Pictures that wait">
        {pictures.map((picture) => {
          const { image_id: id, filename, added_by: guest } = picture;
          const isDeciding = deciding.has(id);
          return (
            <li key={id} data-is-deciding={isDeciding}>
              <ContributionPreview album={album} picture={picture} />
              <p>
                <bdi>{filename}</bdi>
                <small>
                  from <GuestName name={guest?.name} />
                </small>
              </p>
              <div>
                {VERDICTS.map(([verdict, text]) => (
                  <Button
                    key={verdict}
                    aria-label={`${text}: ${filename}`}
                    aria-disabled={isDeciding}
                    data-verdict={verdict}
                    onClick={({ currentTarget }) => {
                      if (isDeciding) return;
                      focusNext(currentTarget, verdict);
                      void decide([id], verdict);
                    }}
                  >
                    {text}
                  </Button>
                ))}
              </div>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
