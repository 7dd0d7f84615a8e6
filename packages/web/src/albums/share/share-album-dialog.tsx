import {
  type Album,
  type AlbumLink,
  type AlbumLinkChanges,
  explain,
  type NewAlbumLink,
  SafelightError,
} from '@safelight/client';
import { useEffect, useId, useRef, useState } from 'react';
import { useSession } from '../../session/session.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { AlbumLinkList } from './album-link-list.tsx';
import { NewLinkForm } from './new-link-form.tsx';
import style from './share-album.module.css';

export interface ShareAlbumDialogProps {
  readonly album: Album;
  readonly onClose: () => void;
}

/** Links that open an album to anyone: a new one, and those that exist, which can be changed. */
export function ShareAlbumDialog({ album, onClose }: ShareAlbumDialogProps) {
  const { clientOf } = useSession();
  const { album_id: albumId, user_id: owner } = album;
  const { links: service } = clientOf(owner).albums;
  const [created, setCreated] = useState<AlbumLink>();
  const [links, setLinks] = useState<readonly AlbumLink[]>();
  const [error, setError] = useState<unknown>();
  const [isBusy, setIsBusy] = useState(false);
  const create = useRef<HTMLButtonElement>(null);
  const id = useId();

  useEffect(() => {
    let isHere = true;
    service.list(albumId).then(
      (found) => isHere && setLinks(found.toReversed()),
      (problem: unknown) => isHere && setError(problem),
    );
    return () => {
      isHere = false;
    };
  }, [service, albumId]);

  /** Resolves with whether it succeeded. */
  const doing = async (work: () => Promise<void>): Promise<boolean> => {
    if (isBusy) return false;
    setIsBusy(true);
    setError(undefined);
    try {
      await work();
      return true;
    } catch (problem) {
      setError(problem);
      return false;
    } finally {
      setIsBusy(false);
    }
  };
  const createLink = (asked: NewAlbumLink) =>
    doing(async () => {
      const link = await service.create(albumId, asked);
      setCreated(link);
      setLinks((before) => [link, ...(before ?? [])]);
    });
  const change = ({ link_id: linkId }: AlbumLink, changes: AlbumLinkChanges) =>
    doing(async () => {
      const link = await service.change(albumId, linkId, changes);
      setLinks((before) => before?.map((one) => (one.link_id === linkId ? link : one)));
    });
  const revoke = (link: AlbumLink) =>
    doing(async () => {
      await service.revoke(albumId, link.link_id);
      setLinks((before) => before?.filter(({ link_id }) => link_id !== link.link_id));
      if (created?.link_id === link.link_id) setCreated(undefined);
    });

  return (
    <Dialog title="Share album" onClose={onClose}>
      <p>Anyone with the link may do what it says, until it ends. Pictures that are added later are shown too.</p>
      <NewLinkForm isBusy={isBusy} create={create} onCreate={(asked) => void createLink(asked)} />
      {created && (
        <div className={style['created']}>
          <label htmlFor={id}>The new link</label>
          <input id={id} readOnly value={created.page_url} onFocus={({ currentTarget }) => currentTarget.select()} />
          <CopyButton label="Copy the link" text={created.page_url} />
        </div>
      )}
      {error !== undefined && <p role="alert">{problemOf(error)}</p>}
      {links !== undefined && links.length > 0 && (
        <AlbumLinkList
          links={links}
          isBusy={isBusy}
          onChange={change}
          onRevoke={(link) => void revoke(link)}
          onEmpty={() => create.current?.focus()}
        />
      )}
    </Dialog>
  );
}

const problemOf = (error: unknown): string =>
  error instanceof SafelightError && error.code === 'too-many-links'
    ? 'This album has as many links as it can. Revoke one first.'
    : explain(error);
