import { Camera, ChevronDown, FolderUp, ImagePlus, Upload } from 'lucide-react';
import { useId } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { closeWhenLeft } from '../ui/close-when-left.ts';
import { useShortcuts } from '../ui/shortcuts.tsx';
import { askForFiles, type Chooser } from './ask-for-files.ts';
import style from './upload-button.module.css';

/** Chooses pictures; beside it are the other ways. The key `u` does the same. */
export function UploadButton() {
  const menu = useId();
  useShortcuts([{ key: 'u', about: 'Upload pictures', run: () => askForFiles('files') }]);
  const way = (icon: typeof Camera, label: string, chooser: Chooser, className = '') => (
    <Button
      icon={icon}
      className={`${style['way']} ${className}`}
      popoverTarget={menu}
      popoverTargetAction="hide"
      onClick={() => askForFiles(chooser)}
    >
      {label}
    </Button>
  );
  return (
    <div className={style['upload']}>
      <Button
        id="upload"
        icon={Upload}
        className={style['main'] ?? ''}
        aria-keyshortcuts="u"
        title="Upload pictures (u)"
        onClick={() => askForFiles('files')}
      >
        <span className={style['label']}>Upload</span>
      </Button>
      <IconButton icon={ChevronDown} label="More ways to upload" className={style['more'] ?? ''} popoverTarget={menu} />
      <section
        id={menu}
        popover="auto"
        aria-label="More ways to upload"
        className={style['menu']}
        onBlur={closeWhenLeft}
      >
        {way(ImagePlus, 'Choose pictures', 'files')}
        {way(FolderUp, 'Choose a folder', 'folder', style['folder'])}
        {way(Camera, 'Take a picture', 'camera', style['camera'])}
      </section>
    </div>
  );
}
