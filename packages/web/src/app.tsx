import { useEffect } from 'react';
import { useAddress } from './address.ts';
import { Bar } from './bar.tsx';
import { LibraryProvider } from './library/library-context.tsx';
import { SessionGate } from './session/session-gate.tsx';
import { PhotosView } from './timeline/photos-view.tsx';
import { TrashView } from './trash/trash-view.tsx';
import { Questions } from './ui/question.tsx';
import { listenForShortcuts } from './ui/shortcuts.tsx';
import { Toasts } from './ui/toast.tsx';
import { Uploads } from './uploads/uploads.tsx';
import { Viewer } from './viewer/viewer.tsx';

export function App() {
  useEffect(listenForShortcuts, []);
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
  const { view } = useAddress();
  return (
    <>
      <Bar />
      <LibraryProvider>
        <main>{view === 'trash' ? <TrashView /> : <PhotosView />}</main>
        <Viewer />
        <Uploads />
      </LibraryProvider>
    </>
  );
}
