import { explain, formatName, type ShareLink } from '@safelight/client';
import { Image as ImageIcon } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import type { Picture } from '../library/library.ts';
import { useLibrary } from '../library/source.tsx';
import { useSession } from '../session/session.tsx';
import { Button } from '../ui/button.tsx';
import { capitalized } from '../ui/capitalized.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import style from './dialogs.module.css';
import { isShownByBrowsers } from './full-size.ts';
import { LINK_DURATIONS, USUAL_DURATION } from './link-durations.ts';
import { LinkList } from './link-list.tsx';
import { wholeRenditions } from './renditions.ts';
import { useHasPosition } from './use-has-position.ts';

export interface ShareDialogProps {
  readonly picture: Picture;
  readonly onClose: () => void;
}

const MAY_TELL = 'The original may tell where and when it was taken, and with which camera.';
const TELLS_PLACE =
  'This picture says where it was taken, and a link to the original carries that. It may also tell when, and with which camera.';

/** Links that anyone may open: a new one, and those that exist. */
export function ShareDialog({ picture, onClose }: ShareDialogProps) {
  const { clientOf, info } = useSession();
  const client = clientOf(picture.user_id);
  const library = useLibrary();
  const sizes = wholeRenditions(picture, info.presets).toReversed();
  const [preset, setPreset] = useState(sizes[0]?.preset ?? '');
  const [seconds, setSeconds] = useState(USUAL_DURATION);
  const [created, setCreated] = useState<ShareLink>();
  const [links, setLinks] = useState<readonly ShareLink[]>();
  const [error, setError] = useState<unknown>();
  const [isBusy, setIsBusy] = useState(false);
  const create = useRef<HTMLButtonElement>(null);
  const hasPosition = useHasPosition(picture);
  const id = useId();
  const { image_id } = picture;

  useEffect(() => {
    let isHere = true;
    client.images.links(image_id).then(
      (found) => isHere && setLinks(found),
      (problem: unknown) => isHere && setError(problem),
    );
    return () => {
      isHere = false;
    };
  }, [client, image_id]);

  const doing = async (work: () => Promise<void>): Promise<void> => {
    if (isBusy) return;
    setIsBusy(true);
    setError(undefined);
    try {
      await work();
    } catch (problem) {
      setError(problem);
    } finally {
      setIsBusy(false);
    }
  };
  const createLink = () =>
    doing(async () => {
      const link = await client.images.createLink(image_id, {
        expiresIn: seconds,
        ...(preset !== '' && { preset }),
      });
      setCreated(link);
      setLinks((before) => [link, ...(before ?? [])]);
    });
  const revoke = (link: ShareLink) =>
    doing(async () => {
      await client.images.revokeLink(image_id, link.link_id);
      setLinks((before) => before?.filter(({ link_id }) => link_id !== link.link_id));
      if (created?.link_id === link.link_id) setCreated(undefined);
    });
  const revokeAll = () =>
    doing(async () => {
      await client.images.revokeLinks(image_id);
      setLinks([]);
      setCreated(undefined);
      create.current?.focus();
      library.put(await client.images.get(image_id)); // its own URLs have ended too
    });

  return (
    <Dialog title="Share" onClose={onClose}>
      <p className={style['quiet']}>
        Anyone with the link can see the picture until the link ends. The link opens a page; the picture's own address
        is for pages and programs.
      </p>
      <div className={style['form']}>
        <label htmlFor={`${id}what`}>Show</label>
        <select
          id={`${id}what`}
          aria-describedby={`${id}warning`}
          value={preset}
          onChange={({ target }) => setPreset(target.value)}
        >
          {sizes.map((one) => (
            <option key={one.preset} value={one.preset}>
              {capitalized(one.preset)}, {one.width} × {one.height}
            </option>
          ))}
          <option value="">
            Original, {picture.width} × {picture.height}
          </option>
        </select>
        <p id={`${id}warning`} className={style['warning']} role="status">
          {preset === '' && (hasPosition ? TELLS_PLACE : MAY_TELL)}
          {preset === '' &&
            !isShownByBrowsers(picture.content_type) &&
            ` Its page shows it as a JPEG. Most browsers save a ${formatName(picture.content_type)} instead of showing it.`}
        </p>
        <label htmlFor={`${id}ends`}>Ends after</label>
        <select id={`${id}ends`} value={seconds} onChange={({ target }) => setSeconds(Number(target.value))}>
          {LINK_DURATIONS.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
        <Button ref={create} isMain aria-disabled={isBusy} onClick={() => void createLink()}>
          Create link
        </Button>
      </div>
      {created && (
        <div className={style['created']}>
          <label htmlFor={`${id}page`}>The new link</label>
          <LinkText id={`${id}page`} url={created.page_url} />
          <CopyButton label="Copy the link" text={created.page_url} />
          <label htmlFor={`${id}bytes`}>The picture's own address</label>
          <LinkText id={`${id}bytes`} url={created.url} />
          <CopyButton label="Copy the picture's own address" text={created.url} icon={ImageIcon} />
        </div>
      )}
      {error !== undefined && <p role="alert">{explain(error)}</p>}
      <LinkList links={links} onRevoke={revoke} onRevokeAll={revokeAll} onEmpty={() => create.current?.focus()} />
    </Dialog>
  );
}

const LinkText = ({ id, url }: { readonly id: string; readonly url: string }) => (
  <input id={id} readOnly value={url} onFocus={({ currentTarget }) => currentTarget.select()} />
);
