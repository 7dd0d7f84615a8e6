import { BookPlus, BookX, Code, Download, Info, Share2, Star, Trash2 } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { AddToAlbumProps } from '../albums/add-to-album.tsx';
import { askForGuest } from '../albums/contributions/guest-asked.ts';
import { useMembership } from '../albums/use-membership.ts';
import { isFavorite } from '../favorites/favorite.ts';
import { useFavorites } from '../favorites/use-favorites.ts';
import { useRoute } from '../routes.ts';
import { useSession } from '../session/session.tsx';
import { useTrash } from '../trash/use-trash.ts';
import { later } from '../ui/later.tsx';
import { useEdits } from './about/use-edits.ts';
import { Details } from './details.tsx';
import { DownloadDialog } from './download-dialog.tsx';
import { ShareDialog } from './share-dialog.tsx';
import type { UseDialogProps } from './use/use-dialog.tsx';
import { useLatest } from './use-latest.ts';
import { usePhotoSlides } from './use-photo-slides.ts';
import { useViewer } from './use-viewer.ts';
import type { OpenViewerProps } from './viewer.tsx';
import { type ViewerAction, ViewerFrame } from './viewer-frame.tsx';

const UseDialog = later<UseDialogProps>(() => import('./use/use-dialog.tsx').then(({ UseDialog }) => UseDialog));
const AddToAlbum = later<AddToAlbumProps>(() =>
  import('../albums/add-to-album.tsx').then(({ AddToAlbum }) => AddToAlbum),
);

/** A picture that isn't in the trash. */
export function PhotoViewer(props: OpenViewerProps) {
  const { info, mayChange, mayOpenOriginals, maySign } = useSession();
  const { trash } = useTrash();
  const toggleFavorite = useFavorites();
  const membership = useMembership();
  const route = useRoute();
  const album = route.view === 'albums' ? route.album : undefined;
  const [hasDetails, setHasDetails] = useState(false);
  const opened = useViewer(props, usePhotoSlides(), () => setHasDetails(true));
  const { picture, changed } = useLatest(opened.shown?.picture);
  const viewer = { ...opened, shown: opened.shown && picture && { ...opened.shown, picture } };
  const details = useRef<HTMLButtonElement>(null);
  const [dialog, setDialog] = useState<'album' | 'share' | 'download' | 'use'>();
  const edits = useEdits(useCallback(() => setHasDetails(true), []));
  const id = picture?.image_id;
  // Somebody comes back to what couldn't be saved.
  useEffect(() => {
    if (id !== undefined && edits.hasUnsaved(id)) setHasDetails(true);
  }, [edits, id]);
  const closeDialog = (): void => setDialog(undefined);
  const closeDetails = (): void => {
    if (document.activeElement?.closest('aside')) details.current?.focus();
    setHasDetails(false);
  };
  const selectGuest = (guest: string): void => {
    viewer.close();
    askForGuest(guest);
  };
  const share: ViewerAction = {
    icon: Share2,
    label: 'Share',
    key: 's',
    opensDialog: true,
    run: () => setDialog('share'),
  };
  const toTrash: ViewerAction = {
    icon: Trash2,
    label: info.trash_days === 0 ? 'Delete' : 'Move to trash',
    key: 'Delete',
    run: () => viewer.leaveBy(trash),
  };
  const download: ViewerAction = {
    icon: Download,
    label: 'Download',
    key: 'd',
    opensDialog: true,
    run: () => setDialog('download'),
  };
  const star: ViewerAction = {
    icon: Star,
    label: 'Favorite',
    key: 'f',
    isPressed: picture !== undefined && isFavorite(picture),
    run: () => picture && toggleFavorite(picture, changed),
  };
  const toAlbum: ViewerAction = {
    icon: BookPlus,
    label: 'Add to album',
    key: 'b',
    opensDialog: true,
    run: () => setDialog('album'),
  };
  const fromAlbum: ViewerAction = {
    icon: BookX,
    label: 'Remove from album',
    key: 'r',
    run: () => viewer.leaveBy((left, onLeave) => membership.remove(left, album ?? '', onLeave)),
  };
  const use: ViewerAction = {
    icon: Code,
    label: 'Use',
    key: 'c',
    opensDialog: true,
    run: () => setDialog('use'),
  };
  const actions: readonly ViewerAction[] = [
    ...(mayChange ? [star] : []),
    ...(mayChange ? [toAlbum] : []),
    ...(mayChange && album !== undefined ? [fromAlbum] : []),
    ...(mayChange ? [share] : []),
    ...(maySign ? [use] : []),
    ...(mayOpenOriginals ? [download] : []),
    {
      icon: Info,
      label: 'Details',
      key: 'i',
      ref: details,
      isExpanded: hasDetails,
      run: () => (hasDetails ? closeDetails() : setHasDetails(true)),
    },
    ...(mayChange ? [toTrash] : []),
  ];
  return (
    <ViewerFrame
      viewer={viewer}
      actions={actions}
      details={
        hasDetails && picture ? (
          <Details
            picture={picture}
            edits={edits}
            onRead={changed}
            onGuest={album !== undefined && mayChange ? selectGuest : undefined}
            onUse={() => setDialog('use')}
            onClose={closeDetails}
          />
        ) : undefined
      }
      onEscape={hasDetails ? closeDetails : undefined}
    >
      {dialog === 'album' && picture && (
        <AddToAlbum
          pictures={[picture]}
          onClose={closeDialog}
          onChoose={(chosen) => {
            closeDialog();
            void membership.add(picture, chosen);
          }}
        />
      )}
      {dialog === 'share' && picture && <ShareDialog picture={picture} onClose={closeDialog} />}
      {dialog === 'use' && picture && <UseDialog picture={picture} onClose={closeDialog} />}
      {dialog === 'download' && picture && <DownloadDialog picture={picture} onClose={closeDialog} />}
    </ViewerFrame>
  );
}
