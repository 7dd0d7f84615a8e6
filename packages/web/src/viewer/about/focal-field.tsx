import type { Image } from '@safelight/client';
import { type CSSProperties, type KeyboardEvent, type PointerEvent, useEffect } from 'react';
import { useSession } from '../../session/session.tsx';
import { Button } from '../../ui/button.tsx';
import { wholeRenditions } from '../renditions.ts';
import style from './about.module.css';
import type { FieldEdit } from './field-edit.ts';
import { FieldFrame } from './field-frame.tsx';
import { type FocalForm, pointForm } from './fields.ts';
import { useFieldState } from './use-edits.ts';

interface FocalFieldProps {
  readonly edit: FieldEdit<FocalForm>;
  readonly image: Image;
}

/** A step of an arrow key, as a part of the side. */
const STEP = 0.01;
const LARGE_STEP = 0.1;
/** After the last change, in milliseconds. */
const REST_MS = 800;
/** Sharp enough for the panel. */
const ENOUGH_PIXELS = 700;

const ARROWS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The part of the picture that crops keep: by a press on it, by arrow keys, or as numbers. */
export function FocalField({ edit, image }: FocalFieldProps) {
  const { own, status } = useFieldState(edit);
  const { info } = useSession();
  const whole = wholeRenditions(image, info.presets);
  const shown = whole.find(({ width }) => width >= ENOUGH_PIXELS) ?? whole.at(-1);
  const [x, y] = [Number(own.x) / 100, Number(own.y) / 100];
  useEffect(() => {
    if (status !== 'typed') return;
    const timer = setTimeout(() => void edit.save(), REST_MS);
    return () => clearTimeout(timer);
  });
  const point = ({ currentTarget, clientX, clientY }: PointerEvent<HTMLElement>): void => {
    const { left, top, width, height } = currentTarget.getBoundingClientRect();
    edit.type(pointForm((clientX - left) / width, (clientY - top) / height));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const arrow = ARROWS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const step = event.shiftKey ? LARGE_STEP : STEP;
    edit.type(pointForm(x + arrow[0] * step, y + arrow[1] * step));
  };
  const percent = (name: 'x' | 'y', label: string, describedBy: string) => (
    <span className={style['percent']}>
      <input
        aria-label={label}
        aria-describedby={describedBy}
        inputMode="decimal"
        autoComplete="off"
        value={own[name]}
        onChange={({ target }) => edit.type({ ...own, hasPoint: true, [name]: target.value.trim().replace(',', '.') })}
      />
      %
    </span>
  );
  return (
    <FieldFrame edit={edit} label="Focal point" isGroup>
      {({ describedBy }) => (
        <>
          <p className={style['quiet']}>Crops keep this part. Press on it, use the arrow keys, or type numbers.</p>
          {shown && (
            <button
              type="button"
              className={style['picture']}
              aria-label={`Focal point: ${own.hasPoint ? `${own.x} % from the left, ${own.y} % from the top` : 'none'}`}
              aria-describedby={describedBy}
              style={{ '--ratio': shown.width / shown.height } as CSSProperties}
              onPointerDown={(event) => {
                event.currentTarget.setPointerCapture(event.pointerId);
                point(event);
              }}
              onPointerMove={(event) => {
                if (event.currentTarget.hasPointerCapture(event.pointerId)) point(event);
              }}
              onKeyDown={onKeyDown}
            >
              <img src={shown.url} alt="" draggable={false} />
              {own.hasPoint && <span className={style['point']} style={{ left: `${x * 100}%`, top: `${y * 100}%` }} />}
            </button>
          )}
          <div className={style['pair']}>
            {percent('x', 'From the left, in percent', describedBy)}
            {percent('y', 'From the top, in percent', describedBy)}
          </div>
          {own.hasPoint && (
            <div className={style['buttons']}>
              <Button
                onClick={() => {
                  edit.type({ hasPoint: false, x: '50', y: '50' });
                  void edit.save();
                }}
              >
                No focal point
              </Button>
            </div>
          )}
        </>
      )}
    </FieldFrame>
  );
}
