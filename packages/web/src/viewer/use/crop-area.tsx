import { type CSSProperties, type PointerEvent, useRef } from 'react';
import { Button } from '../../ui/button.tsx';
import type { Rendition } from '../renditions.ts';
import { TextField } from './form-fields.tsx';
import { type Crop, cropBetween } from './render-form.ts';
import style from './use.module.css';

interface CropAreaProps {
  readonly crop: Crop | undefined;
  readonly picture: { readonly width: number; readonly height: number };
  /** The whole picture; undefined: no preset shows it. */
  readonly shown: Rendition | undefined;
  readonly onChange: (crop: Crop | undefined) => void;
}

const SIDES = { left: 'Left', top: 'Top', width: 'Crop width', height: 'Crop height' } as const;

/** A part of the picture: drawn on it, or as numbers. */
export function CropArea({ crop, picture, shown, onChange }: CropAreaProps) {
  const start = useRef<readonly [number, number]>(undefined);
  const at = ({ currentTarget, clientX, clientY }: PointerEvent<HTMLElement>): readonly [number, number] => {
    const { left, top, width, height } = currentTarget.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height];
  };
  const all = { left: '0', top: '0', width: String(picture.width), height: String(picture.height) };
  const percent = (part: string, length: number): string => `${(Number(part) / length) * 100}%`;
  return (
    <details className={style['crop']}>
      <summary>Crop</summary>
      {shown && (
        // The numbers below do the same by keyboard.
        <div
          className={style['area']}
          data-crop-area
          style={{ '--ratio': picture.width / picture.height } as CSSProperties}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            start.current = at(event);
          }}
          onPointerMove={(event) => {
            if (start.current) onChange(cropBetween(start.current, at(event), picture));
          }}
          onPointerUp={() => {
            start.current = undefined;
          }}
          onPointerCancel={() => {
            start.current = undefined;
          }}
        >
          <img src={shown.url} alt="" draggable={false} />
          {crop && (
            <span
              style={{
                left: percent(crop.left, picture.width),
                top: percent(crop.top, picture.height),
                width: percent(crop.width, picture.width),
                height: percent(crop.height, picture.height),
              }}
            />
          )}
        </div>
      )}
      <div className={style['sides']}>
        {(Object.keys(SIDES) as (keyof Crop)[]).map((side) => (
          <TextField
            key={side}
            label={SIDES[side]}
            value={(crop ?? all)[side]}
            onChange={(value) => onChange({ ...(crop ?? all), [side]: value })}
          />
        ))}
      </div>
      {crop && <Button onClick={() => onChange(undefined)}>No crop</Button>}
    </details>
  );
}
