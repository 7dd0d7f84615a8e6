import { Camera, ImagePlus, Upload } from 'lucide-react';
import { Button } from '../ui/button.tsx';
import { useIsTouch } from '../ui/media.ts';
import { askForFiles } from './ask-for-files.ts';
import style from './first-pictures.module.css';

/** How to add pictures, where there are none to see. */
export function FirstPictures() {
  if (useIsTouch())
    return (
      <div className={style['ways']}>
        <Button icon={ImagePlus} isMain onClick={() => askForFiles('files')}>
          Choose photos
        </Button>
        <Button icon={Camera} onClick={() => askForFiles('camera')}>
          Take one
        </Button>
      </div>
    );
  return (
    <Button icon={Upload} isMain onClick={() => askForFiles('files')}>
      Upload
    </Button>
  );
}
