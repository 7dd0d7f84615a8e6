import { explain, formatName } from '@safelight/client';
import { Download } from 'lucide-react';
import { useState } from 'react';
import type { Picture } from '../library/library.ts';
import { useSession } from '../session/session.tsx';
import { Button } from '../ui/button.tsx';
import { capitalized } from '../ui/capitalized.ts';
import { Dialog } from '../ui/dialog.tsx';
import style from './dialogs.module.css';
import { isShownByBrowsers } from './full-size.ts';
import { wholeRenditions } from './renditions.ts';

export interface DownloadDialogProps {
  readonly picture: Picture;
  readonly onClose: () => void;
}

/** The original, or a size. Of a type that few programs open also a JPEG of the same size. */
export function DownloadDialog({ picture, onClose }: DownloadDialogProps) {
  const { client, info, maySaveSizes } = useSession();
  const [error, setError] = useState<unknown>();
  const [isBusy, setIsBusy] = useState(false);
  const download = async (urlOf: () => Promise<string>): Promise<void> => {
    if (isBusy) return;
    setIsBusy(true);
    setError(undefined);
    try {
      save(await urlOf());
      onClose();
    } catch (problem) {
      setError(problem);
      setIsBusy(false);
    }
  };
  const { image_id: id, content_type: type } = picture;
  const rendition = async (preset: string): Promise<string> => {
    const path = `/images/${encodeURIComponent(id)}/renditions/${encodeURIComponent(preset)}/download`;
    return ((await client.request(path)) as { readonly download_url: string }).download_url;
  };
  const hasJpeg = !isShownByBrowsers(type);
  const fullSize = (
    <small>
      {picture.width} × {picture.height}
    </small>
  );
  const sizes = wholeRenditions(picture, info.presets).toReversed();
  return (
    <Dialog title="Download" onClose={onClose}>
      <div className={style['choices']}>
        {hasJpeg && (
          <Button
            icon={Download}
            onClick={() => void download(() => client.images.downloadUrl(id, { format: 'jpeg' }))}
          >
            JPEG
            {fullSize}
          </Button>
        )}
        <Button icon={Download} onClick={() => void download(() => client.images.downloadUrl(id))}>
          Original{hasJpeg && ` ${formatName(type)}`}
          {fullSize}
        </Button>
        {(maySaveSizes ? sizes : []).map(({ preset, width, height }) => (
          <Button key={preset} icon={Download} onClick={() => void download(() => rendition(preset))}>
            {capitalized(preset)}
            <small>
              {width} × {height}
            </small>
          </Button>
        ))}
      </div>
      {hasJpeg && (
        <p className={style['quiet']} role="status">
          {isBusy
            ? 'A JPEG of a large picture takes some seconds at first.'
            : "The original may tell where and when it was taken, and with which camera. The JPEG doesn't."}
        </p>
      )}
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
