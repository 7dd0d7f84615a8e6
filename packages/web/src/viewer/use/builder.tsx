import { explain, formatName } from '@safelight/client';
import { useState } from 'react';
import type { Picture } from '../../library/library.ts';
import { useSession } from '../../session/session.tsx';
import { sizeText } from '../../ui/formats.ts';
import { wholeRenditions } from '../renditions.ts';
import { CropArea } from './crop-area.tsx';
import { SelectField, TextField } from './form-fields.tsx';
import {
  FIRST_FORM,
  FITS,
  FORMATS,
  POSITIONS,
  type RenderForm,
  renderBody,
  renderedSize,
  renderFault,
} from './render-form.ts';
import { Snippet } from './snippet.tsx';
import { imgHtml } from './snippets.ts';
import style from './use.module.css';
import { useRender } from './use-render.ts';

interface BuilderProps {
  readonly picture: Picture;
  /** Seconds; null: never. */
  readonly expiresIn: number | null;
}

/** Any size, shape and format, with the picture that it makes and its bytes. */
export function Builder({ picture, expiresIn }: BuilderProps) {
  const { info } = useSession();
  const [form, setForm] = useState(FIRST_FORM);
  const { image_id: id, user_id: owner, width, height } = picture;
  const size = { width: width ?? 0, height: height ?? 0 };
  const fault = width === null || height === null ? 'This picture has no size.' : renderFault(form, size);
  const body = { ...renderBody(form), ...(expiresIn !== null && { expires_in: expiresIn }) };
  const { rendered, error, isBusy, fail } = useRender(
    owner,
    id,
    fault === undefined ? JSON.stringify(body) : undefined,
  );
  const set = (changes: Partial<RenderForm>): void => setForm((before) => ({ ...before, ...changes }));
  const shown = fault === undefined ? rendered : undefined;
  const result = renderedSize(form, size);
  const whole = wholeRenditions(picture, info.presets);
  return (
    <section className={style['builder']} aria-label="Another size">
      <h3>Another size</h3>
      <div className={style['form']}>
        <TextField label="Width" value={form.w} onChange={(w) => set({ w })} />
        <TextField label="Height" value={form.h} onChange={(h) => set({ h })} />
        <SelectField label="Fit" value={form.fit} options={FITS} onChange={(fit) => set({ fit })} />
        {form.fit === 'cover' && (
          <SelectField
            label="Keep"
            value={form.position}
            options={POSITIONS}
            onChange={(position) => set({ position })}
          />
        )}
        <SelectField label="Format" value={form.format} options={FORMATS} onChange={(format) => set({ format })} />
        {form.format !== 'png' && <TextField label="Quality, 1 to 100" value={form.q} onChange={(q) => set({ q })} />}
        <CropArea
          crop={form.crop}
          picture={size}
          shown={whole.find((one) => one.width >= 500) ?? whole.at(-1)}
          onChange={(crop) => set({ crop })}
        />
      </div>
      <div className={style['result']} aria-busy={isBusy}>
        {shown && <img src={shown.shown} alt="What this address shows" onError={fail} />}
        <p role="status">
          {fault ??
            (isBusy
              ? 'Making it…'
              : shown &&
                [
                  `${result.width} × ${result.height}`,
                  shown.type && formatName(shown.type),
                  shown.bytes !== undefined && sizeText(shown.bytes),
                ]
                  .filter(Boolean)
                  .join(', '))}
        </p>
        {error !== undefined && !isBusy && fault === undefined && <p role="alert">{explain(error)}</p>}
        <Snippet label="Address of this size" rows={2} text={isBusy ? undefined : shown?.url} />
        <Snippet
          label="<img> of this size"
          rows={2}
          text={
            shown && !isBusy
              ? imgHtml({ src: shown.url, ...result, alt: picture.description ?? picture.filename })
              : undefined
          }
        />
      </div>
    </section>
  );
}
