import { type Album, explain, SafelightError } from '@safelight/client';
import { ArrowLeft, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { go, hrefOf, toAlbum } from '../routes.ts';
import { picturesText } from '../select/words.ts';
import { useSession } from '../session/session.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { numberText } from '../ui/formats.ts';
import { later } from '../ui/later.tsx';
import { showToast } from '../ui/toast.tsx';
import { openView } from '../views.tsx';
import { type AlbumOrder, ORDER_NAMES } from './album-order.ts';
import style from './album-page.module.css';
import { DeleteAlbumDialog } from './delete-album-dialog.tsx';
import type { ShareAlbumDialogProps } from './share/share-album-dialog.tsx';
import { TitleField } from './title-field.tsx';
import type { OpenAlbum } from './use-album.ts';

const ShareAlbumDialog = later<ShareAlbumDialogProps>(() =>
  import('./share/share-album-dialog.tsx').then(({ ShareAlbumDialog }) => ShareAlbumDialog),
);

interface AlbumHeaderProps {
  readonly album: Album;
  readonly open: OpenAlbum;
}

/** The title, which is edited in place, the number of pictures and their order. */
export function AlbumHeader({ album, open }: AlbumHeaderProps) {
  const { info, mayChange } = useSession();
  const [dialog, setDialog] = useState<'share' | 'delete'>();
  const closeDialog = (): void => setDialog(undefined);
  const all = toAlbum(undefined);
  const choose = async (order: AlbumOrder): Promise<void> => {
    try {
      await open.update({ order });
    } catch (error) {
      showToast({ text: orderProblem(error) });
    }
  };
  const orders = Object.entries(ORDER_NAMES).filter(
    ([order]) => info.taken || !order.startsWith('taken-') || order === album.order,
  );
  return (
    <>
      <header>
        <a
          className={style['back']}
          href={hrefOf(all)}
          aria-label="All albums"
          title="All albums"
          onClick={(event) => openView(all, event)}
        >
          <ArrowLeft size={20} strokeWidth={1.75} aria-hidden />
        </a>
        <TitleField album={album} open={open} />
        <p className={style['count']}>{picturesText(album.images)}</p>
        {mayChange && (
          <div className={style['tools']}>
            <select
              aria-label="Order of the pictures"
              value={album.order}
              onChange={({ target }) => void choose(target.value as AlbumOrder)}
            >
              {orders.map(([order, name]) => (
                <option key={order} value={order}>
                  {name}
                </option>
              ))}
            </select>
            <Button aria-label="Share album" aria-haspopup="dialog" onClick={() => setDialog('share')}>
              Share
            </Button>
            <IconButton icon={Trash2} label="Delete album" aria-haspopup="dialog" onClick={() => setDialog('delete')} />
          </div>
        )}
      </header>
      {dialog === 'share' && <ShareAlbumDialog album={album} onClose={closeDialog} />}
      {dialog === 'delete' && (
        <DeleteAlbumDialog album={album} onClose={closeDialog} onDeleted={() => go(all, { replace: true })} />
      )}
    </>
  );
}

function orderProblem(error: unknown): string {
  if (!(error instanceof SafelightError)) throw error;
  if (error.code === 'revision-conflict') return 'Somebody else changed the album meanwhile. Choose again.';
  const { limit } = error.params as { readonly limit?: number };
  if (error.code !== 'album-full' || limit === undefined) return explain(error);
  return `Only up to ${numberText(limit)} pictures can be in an order by hand.`;
}
