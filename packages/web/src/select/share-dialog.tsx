import type { ShareLink } from '@safelight/client';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { useSession } from '../session/session.tsx';
import { Button } from '../ui/button.tsx';
import { capitalized } from '../ui/capitalized.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { numberText } from '../ui/formats.ts';
import { LINK_DURATIONS, USUAL_DURATION } from '../viewer/link-durations.ts';
import { wholeRenditions } from '../viewer/renditions.ts';
import { createLinks, type Links } from './create-links.ts';
import type { Selecting } from './create-selecting.ts';
import style from './dialogs.module.css';
import { picturesText } from './words.ts';

interface ShareDialogProps {
  readonly selecting: Selecting;
  readonly onClose: () => void;
}

/** Each link is a request, and a list of more is no message. */
const MOST_SHARED = 500;
const LARGE = { width: 30_000, height: 30_000 };

/** A link for each of the selected pictures, as a list to copy. */
export function ShareDialog({ selecting, onClose }: ShareDialogProps) {
  const { clientOf, info } = useSession();
  const members = useMemo(() => selecting.members(), [selecting]);
  const sizes = wholeRenditions({ ...LARGE, renditions: info.presets }, info.presets).toReversed();
  const [preset, setPreset] = useState(sizes[0]?.preset ?? '');
  const [seconds, setSeconds] = useState(USUAL_DURATION);
  const [links, setLinks] = useState<Links>();
  const leaving = useRef(new AbortController());
  const id = useId();
  useEffect(() => {
    const { current } = leaving;
    return () => current.abort();
  }, []);
  const isTooMany = members.length > MOST_SHARED;
  const isBusy = links !== undefined && links.left > 0;
  const create = (asked: typeof members, before: readonly ShareLink[]): void => {
    const wanted = { expiresIn: seconds, ...(preset !== '' && { preset }) };
    const create = ({ image_id, user_id }: (typeof members)[number]) =>
      clientOf(user_id).images.createLink(image_id, wanted);
    void createLinks({ members: asked, before, create, onChange: setLinks, signal: leaving.current.signal });
  };
  const text = links?.made.map(({ page_url }) => page_url).join('\n') ?? '';
  return (
    <Dialog title={`Share ${picturesText(members.length)}`} onClose={onClose}>
      <div className={style['form']}>
        <p className={style['quiet']}>
          {isTooMany
            ? `At most ${numberText(MOST_SHARED)} pictures can be shared at once.`
            : 'A link for each. Anyone with a link can see its picture until the link ends.'}
        </p>
        {links === undefined && (
          <>
            <label htmlFor={`${id}what`}>Show</label>
            <select id={`${id}what`} value={preset} onChange={({ target }) => setPreset(target.value)}>
              {sizes.map((one) => (
                <option key={one.preset} value={one.preset}>
                  {capitalized(one.preset)}
                </option>
              ))}
              <option value="">Originals</option>
            </select>
            {preset === '' && (
              <p className={style['quiet']}>
                Originals may tell where and when they were taken, and with which camera.
              </p>
            )}
            <label htmlFor={`${id}ends`}>Ends after</label>
            <select id={`${id}ends`} value={seconds} onChange={({ target }) => setSeconds(Number(target.value))}>
              {LINK_DURATIONS.map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
            <Button isMain aria-disabled={isTooMany} onClick={() => !isTooMany && create(members, [])}>
              Create links
            </Button>
          </>
        )}
        {links && (
          <>
            <p role="status">{statusOf(links, members.length)}</p>
            {links.made.length > 0 && (
              <div className={style['copied']}>
                <textarea readOnly aria-label="Links" rows={6} value={text} />
                <CopyButton label="Copy all" text={text} />
              </div>
            )}
            {!isBusy && links.reasons.length > 0 && (
              <>
                <ul className={style['quiet']}>
                  {links.reasons.map((reason) => (
                    <li key={reason}>{reason}</li>
                  ))}
                </ul>
                <Button onClick={() => create(links.failed, links.made)}>Retry</Button>
              </>
            )}
          </>
        )}
      </div>
    </Dialog>
  );
}

function statusOf({ made, failed, left }: Links, total: number): string {
  if (left > 0) return `Creating links… ${numberText(total - left)} of ${numberText(total)}`;
  const links = made.length === 1 ? '1 link' : `${numberText(made.length)} links`;
  return failed.length === 0 ? links : `${links}; ${numberText(failed.length)} of ${picturesText(total)} failed.`;
}
