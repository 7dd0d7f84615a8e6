import { useIsTouch } from '../ui/media.ts';
import { FirstPictures } from '../uploads/first-pictures.tsx';
import style from './doorway.module.css';

/** For those who may add pictures, and see none. */
export function UploadOnly() {
  return (
    <section className={style['note']}>
      <h2>You can add pictures here</h2>
      <p>{!useIsTouch() && 'Drop them anywhere. '}They aren't shown here.</p>
      <FirstPictures />
    </section>
  );
}
