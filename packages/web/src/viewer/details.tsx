import { explain, formatName, type Image } from '@safelight/client';
import { Code, X } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Picture } from '../library/library.ts';
import { useLibrary } from '../library/source.tsx';
import { useSession } from '../session/session.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { capitalized } from '../ui/capitalized.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { dateAndTime, sizeText } from '../ui/formats.ts';
import { later } from '../ui/later.tsx';
import { useDragAway } from '../ui/use-drag-away.ts';
import type { AboutProps } from './about/about.tsx';
import type { Edits } from './about/edits.ts';
import { AddedBy } from './added-by.tsx';
import style from './details.module.css';
import { FactRows } from './fact-rows.tsx';
import { History } from './history/history.tsx';
import { wholeRenditions } from './renditions.ts';
import { Row } from './row.tsx';
import { useHasPosition } from './use-has-position.ts';

export interface DetailsProps {
  readonly picture: Picture;
  readonly edits: Edits;
  /** The service has described it. */
  readonly onRead: (image: Image) => void;
  /** Asks the album for all that this guest has added. Absent: no album is shown, or nothing can be selected. */
  readonly onGuest: ((guest: string) => void) | undefined;
  /** Somebody wants to show it in a page. */
  readonly onUse: () => void;
  readonly onClose: () => void;
}

const About = later<AboutProps>(() => import('./about/about.tsx').then(({ About }) => About));

/** Who looks through pictures quickly asks for the details of none. */
const REST_MS = 150;

/** Beside the picture; on a phone below it. */
export function Details({ picture, edits, onRead, onGuest, onUse, onClose }: DetailsProps) {
  const { client, info, user, ownUser, mayChange, maySign } = useSession();
  const sheet = useRef<HTMLElement>(null);
  const drag = useDragAway(sheet, onClose);
  const [image, setImage] = useState<Image>();
  const [error, setError] = useState<unknown>();
  const hasPosition = useHasPosition(picture);
  const read = useCallback(
    (found: Image) => {
      setImage(found);
      onRead(found);
    },
    [onRead],
  );
  const { image_id: id, filename, width, height, content_type, created_at, user_id } = picture;
  /** Another object once somebody has changed it. */
  const loaded = useLibrary().loaded(id);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed picture is described again.
  useEffect(() => {
    let isHere = true;
    setError(undefined);
    const timer = setTimeout(() => {
      client.images.get(id).then(
        (found) => isHere && read(found),
        (problem: unknown) => isHere && setError(problem),
      );
    }, REST_MS);
    return () => {
      isHere = false;
      clearTimeout(timer);
    };
  }, [client, id, read, loaded]);

  const full = image?.image_id === id ? image : undefined;
  const description = full ? full.description : picture.description;
  return (
    <aside ref={sheet} className={style['details']} aria-label="Details" tabIndex={-1}>
      <header {...drag}>
        <h3>Details</h3>
        <IconButton icon={X} label="Close details" shortcut="i" onClick={onClose} />
      </header>
      {mayChange && full && <About edits={edits} image={full} onChange={read} />}
      {!mayChange && description && (
        <p className={style['description']} dir="auto">
          {description}
        </p>
      )}
      {!mayChange && full && full.tags.length > 0 && (
        <ul className={style['tags']} aria-label="Tags">
          {full.tags.map((tag) => (
            <li key={tag}>
              <bdi>{tag}</bdi>
            </li>
          ))}
        </ul>
      )}
      <dl>
        <Row name="Name">
          <bdi>{filename}</bdi>
        </Row>
        {(user === undefined || user_id !== ownUser) && (
          <Row name="User">
            <bdi>{user_id}</bdi>
          </Row>
        )}
        <Row name="Uploaded">
          <time dateTime={created_at}>{dateAndTime(Date.parse(created_at))}</time>
        </Row>
        {full?.added_by && <AddedBy guest={full.added_by} onGuest={onGuest} />}
        {full?.facts && <FactRows facts={full.facts} hasDate={!mayChange} />}
        {hasPosition && <Row name="Place">This picture says where it was taken</Row>}
        {width !== null && height !== null && (
          <Row name="Dimensions">
            {width} × {height}
          </Row>
        )}
        <Row name="Type">
          <bdi>{formatName(content_type)}</bdi>
        </Row>
        {full?.size != null && <Row name="Size">{sizeText(full.size)}</Row>}
        {full?.sha256 != null && (
          <Row name="SHA-256">
            <span className={style['hash']}>
              <code title={full.sha256}>{full.sha256.slice(0, 12)}…</code>
              <CopyButton label="Copy the hash" text={full.sha256} />
            </span>
          </Row>
        )}
        {wholeRenditions(picture, info.presets)
          .filter((one) => one.width !== width || one.height !== height)
          .map((one) => (
            <Row key={one.preset} name={capitalized(one.preset)}>
              {one.width} × {one.height}
            </Row>
          ))}
      </dl>
      {maySign && (
        <Button className={style['use'] ?? ''} icon={Code} aria-haspopup="dialog" onClick={onUse}>
          Use in a page
        </Button>
      )}
      {full && <History picture={full} />}
      {error !== undefined && <p role="alert">{explain(error)}</p>}
    </aside>
  );
}
