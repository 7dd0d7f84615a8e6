import { explain } from '@safelight/client';
import { Download } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useSession } from '../session/session.tsx';
import { Button } from '../ui/button.tsx';
import { capitalized } from '../ui/capitalized.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { numberText, sizeText } from '../ui/formats.ts';
import { wholeRenditions } from '../viewer/renditions.ts';
import { cliCommand, IDS_FILE } from './cli-command.ts';
import type { Selecting } from './create-selecting.ts';
import style from './dialogs.module.css';
import { downloadZip } from './download-zip.tsx';
import { canStream, chooseZipPlace, MOST_IN_MEMORY } from './save-zip.ts';
import { picturesText } from './words.ts';

interface DownloadDialogProps {
  readonly selecting: Selecting;
  readonly onClose: () => void;
}

/** A square larger than any preset: it tells which presets show whole pictures. */
const LARGE = { width: 30_000, height: 30_000 };

/** The selected pictures as one zip: the originals, or a size. */
export function DownloadDialog({ selecting, onClose }: DownloadDialogProps) {
  const { clientOf, info, user, callerKind, mayOpenOriginals, maySaveSizes } = useSession();
  const members = useMemo(() => selecting.members(), [selecting]);
  const bytes = members.reduce((sum, { size }) => sum + (size ?? 0), 0);
  const sizes = wholeRenditions({ ...LARGE, renditions: info.presets }, info.presets).toReversed();
  /** What is too much for this browser; null: the originals. */
  const [tooMuch, setTooMuch] = useState<string | null>();
  const [problem, setProblem] = useState<unknown>();
  const instructionsFor = (preset: string | undefined) => (
    <Instructions
      ids={members.map(({ image_id }) => image_id)}
      command={cliCommand({
        origin: location.origin,
        user: callerKind === 'open' || callerKind === 'service' ? user : undefined,
        preset,
      })}
    />
  );
  const download = async (preset: string | undefined): Promise<void> => {
    setProblem(undefined);
    if (preset === undefined && bytes > MOST_IN_MEMORY && !canStream()) return setTooMuch(null);
    try {
      const place = await chooseZipPlace(`safelight-${new Date().toISOString().slice(0, 10)}.zip`);
      if (!place) return;
      onClose();
      void downloadZip({ members, preset, place, clientOf, instructions: instructionsFor(preset) });
    } catch (error) {
      setProblem(error);
    }
  };
  return (
    <Dialog title={`Download ${picturesText(members.length)}`} onClose={onClose}>
      {tooMuch === undefined ? (
        <>
          <div className={style['buttons']}>
            {mayOpenOriginals && (
              <Button icon={Download} onClick={() => void download(undefined)}>
                Originals
                <small>{sizeText(bytes)}</small>
              </Button>
            )}
            {(maySaveSizes ? sizes : []).map(({ preset, width }) => (
              <Button key={preset} icon={Download} onClick={() => void download(preset)}>
                {capitalized(preset)}
                {width < LARGE.width && <small>up to {numberText(width)} pixels</small>}
              </Button>
            ))}
          </div>
          <p className={style['quiet']}>
            As one zip. Originals may tell where and when they were taken, and with which camera.
          </p>
        </>
      ) : (
        instructionsFor(tooMuch ?? undefined)
      )}
      {problem !== undefined && <p role="alert">{explain(problem)}</p>}
    </Dialog>
  );
}

/** How the command line downloads what this browser can't. */
function Instructions({ ids, command }: { readonly ids: readonly string[]; readonly command: string }) {
  const list = useMemo(() => `data:text/plain,${encodeURIComponent(`${ids.join('\n')}\n`)}`, [ids]);
  return (
    <div className={style['form']}>
      <p role="status">
        This is more than {sizeText(MOST_IN_MEMORY)}, and this browser can't write a zip to a file as it comes. Save the
        list of pictures, and run the command line beside it:
      </p>
      <a href={list} download={IDS_FILE}>
        Save {IDS_FILE}
      </a>
      <div className={style['copied']}>
        <input readOnly aria-label="Command" value={command} onFocus={({ currentTarget }) => currentTarget.select()} />
        <CopyButton label="Copy the command" text={command} />
      </div>
    </div>
  );
}
