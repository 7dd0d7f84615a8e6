import type { Image } from '@safelight/client';
import { useEffect } from 'react';
import style from './about.module.css';
import { DescriptionField } from './description-field.tsx';
import type { Edits } from './edits.ts';
import { FocalField } from './focal-field.tsx';
import { MetadataField } from './metadata-field.tsx';
import { TagsField } from './tags-field.tsx';
import { TakenField } from './taken-field.tsx';
import { useImageEdits } from './use-edits.ts';
import { VisibilityField } from './visibility-field.tsx';

export interface AboutProps {
  readonly edits: Edits;
  readonly image: Image;
  /** It has been changed. */
  readonly onChange: (image: Image) => void;
}

/** What one may change of a picture. */
export function About({ edits: all, image: given, onChange }: AboutProps) {
  const { edits, image } = useImageEdits(all, given);
  useEffect(() => onChange(image), [image, onChange]);
  return (
    <div key={edits.id} className={style['about']}>
      <DescriptionField edit={edits.description} />
      <TagsField edit={edits.tags} owner={image.user_id} />
      <TakenField edit={edits.taken} image={image} />
      <VisibilityField edit={edits.visibility} image={image} />
      <details>
        <summary>Focal point</summary>
        <FocalField edit={edits.focalPoint} image={image} />
      </details>
      <details>
        <summary>Metadata</summary>
        <MetadataField edit={edits.metadata} />
      </details>
    </div>
  );
}
