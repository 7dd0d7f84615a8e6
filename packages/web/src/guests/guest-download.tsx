import { formatName } from '@safelight/client';
import { Download } from 'lucide-react';
import type { Picture } from '../library/library.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import style from '../viewer/dialogs.module.css';
import type { Files } from './guest-source.ts';

interface GuestDownloadProps {
  readonly picture: Picture;
  readonly onSave: (file: keyof Files) => void;
  readonly onClose: () => void;
}

/** The JPEG or the original, where the link gives both. */
export function GuestDownload({ picture, onSave, onClose }: GuestDownloadProps) {
  const { width, height, content_type: type } = picture;
  return (
    <Dialog title="Download" onClose={onClose}>
      <div className={style['choices']}>
        <Button icon={Download} onClick={() => onSave('download_url')}>
          JPEG
          <small>
            {width} × {height}
          </small>
        </Button>
        <Button icon={Download} onClick={() => onSave('original_url')}>
          Original, {formatName(type)}
        </Button>
      </div>
      <p className={style['quiet']}>
        The original may tell where and when it was taken, and with which camera. The JPEG doesn't.
      </p>
    </Dialog>
  );
}
