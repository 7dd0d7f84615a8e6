import { explain } from '@safelight/client';
import { Download } from 'lucide-react';
import { useState } from 'react';
import type { Picture } from '../library/library.ts';
import { useSession } from '../session/session.tsx';
import { Button } from '../ui/button.tsx';
import { capitalized } from '../ui/capitalized.ts';
import { Dialog } from '../ui/dialog.tsx';
import style from './dialogs.module.css';
import { wholeRenditions } from './renditions.ts';

export interface DownloadDialogProps {
  readonly picture: Picture;
  readonly onClose: () => void;
}

/** The original, or a size. */
export function DownloadDialog({ picture, onClose }: DownloadDialogProps) {
  const { client, info } = useSession();
  const [error, setError] = useState<unknown>();
  const download = async (part: string): Promise<void> => {
    setError(undefined);
    try {
      const answer = await client.request(`/images/${encodeURIComponent(picture.image_id)}${part}/download`);
      save((answer as { readonly download_url: string }).download_url);
      onClose();
    } catch (problem) {
      setError(problem);
    }
  };
  const sizes = wholeRenditions(picture, info.presets).toReversed();
  return (
    <Dialog title="Download" onClose={onClose}>
      <div className={style['choices']}>
        <Button icon={Download} onClick={() => void download('')}>
          Original
          <small>
            {picture.width} × {picture.height}
          </small>
        </Button>
        {sizes.map(({ preset, width, height }) => (
          <Button
            key={preset}
            icon={Download}
            onClick={() => void download(`/renditions/${encodeURIComponent(preset)}`)}
          >
            {capitalized(preset)}
            <small>
              {width} × {height}
            </small>
          </Button>
        ))}
      </div>
      {error !== undefined && <p role="alert">{explain(error)}</p>}
    </Dialog>
  );
}

/** The URL's answer is an attachment with the file's name, so the page stays. */
function save(url: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = '';
  link.click();
}
