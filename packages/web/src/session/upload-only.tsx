import { Upload } from 'lucide-react';
import { Button } from '../ui/button.tsx';
import { askForFiles } from '../uploads/ask-for-files.ts';
import style from './doorway.module.css';

/** For those who may add pictures, and see none. */
export function UploadOnly() {
  return (
    <section className={style['note']}>
      <h2>You can add pictures here</h2>
      <p>Drop them anywhere. They arrive where they belong, and aren't shown here.</p>
      <Button icon={Upload} isMain onClick={() => askForFiles('files')}>
        Upload
      </Button>
    </section>
  );
}
