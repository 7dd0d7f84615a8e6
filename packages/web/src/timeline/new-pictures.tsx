import { ArrowUp } from 'lucide-react';
import type { Library } from '../library/library.ts';
import { useSnapshot } from '../library/source.tsx';
import { Button } from '../ui/button.tsx';
import { numberText } from '../ui/formats.ts';
import style from './new-pictures.module.css';

interface NewPicturesProps {
  readonly library: Library;
  /** They are there now: the newest of them. */
  readonly onShown: (id: string) => void;
}

/**
 * Offers the pictures that have arrived: put among the others by themselves, they would move what somebody looks at.
 */
export function NewPictures({ library, onShown }: NewPicturesProps) {
  const { arrived } = useSnapshot(library);
  const show = (): void => {
    const newest = library.settle();
    if (newest) onShown(newest.image_id);
  };
  return (
    <>
      <p role="status" className="visually-hidden">
        {arrived > 0 && 'There are new pictures.'}
      </p>
      {arrived > 0 && (
        <Button className={style['new'] ?? ''} icon={ArrowUp} onClick={show}>
          {numberText(arrived)} new
        </Button>
      )}
    </>
  );
}
