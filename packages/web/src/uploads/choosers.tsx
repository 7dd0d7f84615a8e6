import { type ChangeEvent, useRef } from 'react';
import { useAskedForFiles } from './ask-for-files.ts';
import { type Found, foundIn } from './found-files.ts';
import { useAccept } from './use-accept.ts';

/** React's types don't know it. */
const FOLDER = { webkitdirectory: '' };

/** The browser's dialogs for files, a folder and the camera. */
export function Choosers({ onFound }: { readonly onFound: (found: Found) => void }) {
  const accept = useAccept();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  useAskedForFiles((chooser) => ({ files, folder, camera })[chooser].current?.click());
  const chosen = ({ target }: ChangeEvent<HTMLInputElement>): void => {
    const found = foundIn(target.files ?? []);
    target.value = ''; // the same files can be chosen again
    onFound(found);
  };
  return (
    <>
      <input ref={files} type="file" hidden multiple accept={accept} data-chooser="files" onChange={chosen} />
      <input ref={folder} type="file" hidden {...FOLDER} data-chooser="folder" onChange={chosen} />
      <input
        ref={camera}
        type="file"
        hidden
        accept={accept}
        capture="environment"
        data-chooser="camera"
        onChange={chosen}
      />
    </>
  );
}
