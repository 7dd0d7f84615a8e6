import { type ComponentType, useLayoutEffect } from 'react';
import { Bar } from './bar.tsx';
import { Foot } from './foot.tsx';
import { AllPictures } from './library/all-pictures.tsx';
import { useRoute, type View } from './routes.ts';
import { useSession } from './session/session.tsx';
import { SessionGate } from './session/session-gate.tsx';
import { UploadOnly } from './session/upload-only.tsx';
import { PhotosView } from './timeline/photos-view.tsx';
import { later } from './ui/later.tsx';
import { catchLostFocus } from './ui/lost-focus.ts';
import { useIsNarrow } from './ui/media.ts';
import { swallowOutsidePresses } from './ui/outside-presses.ts';
import { Questions } from './ui/question.tsx';
import { listenForShortcuts } from './ui/shortcuts.tsx';
import { Tasks } from './ui/task.tsx';
import { Toasts, undoLatest } from './ui/toast.tsx';
import { UploadsLater } from './uploads/uploads-later.tsx';

const VIEWS: { readonly [Name in View]: ComponentType } = {
  photos: PhotosView,
  albums: later(() => import('./albums/albums-view.tsx').then(({ AlbumsView }) => AlbumsView)),
  trash: later(() => import('./trash/trash-view.tsx').then(({ TrashView }) => TrashView)),
};

export function App() {
  useLayoutEffect(() => listenForShortcuts(undoLatest), []);
  useLayoutEffect(catchLostFocus, []);
  useLayoutEffect(swallowOutsidePresses, []);
  return (
    <>
      <SessionGate>
        <Views />
      </SessionGate>
      <Questions />
      <Toasts />
    </>
  );
}

function Views() {
  const { view } = useRoute();
  const { mayRead, mayUpload } = useSession();
  const Shown = mayRead ? VIEWS[view] : UploadOnly;
  const hasFoot = useIsNarrow() && mayRead;
  return (
    <AllPictures>
      <Bar />
      <main tabIndex={-1}>
        <Shown />
      </main>
      {hasFoot && <Foot />}
      {mayUpload && <UploadsLater />}
      <Tasks />
    </AllPictures>
  );
}
