import { Camera, ImagePlus, Upload } from 'lucide-react';
import { useEffect } from 'react';
import { Button } from '../ui/button.tsx';
import { useIsTouch } from '../ui/media.ts';
import { askForFiles, WANTED } from './ask-for-files.ts';
import style from './first-pictures.module.css';

/** How to add pictures, where there are none to see. */
export function FirstPictures() {
  const isTouch = useIsTouch();
  useEffect(() => void dispatchEvent(new Event(WANTED)), []);
  if (isTouch)
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
