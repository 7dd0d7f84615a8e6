import { explain } from '@safelight/client';
import { useEffect, useId, useState } from 'react';
import type { Picture } from '../../library/library.ts';
import { useSession } from '../../session/session.tsx';
import { capitalized } from '../../ui/capitalized.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { dateAndTime } from '../../ui/formats.ts';
import { Builder } from './builder.tsx';
import { type Sources, sourcesOf } from './signed-sources.ts';
import { Snippet } from './snippet.tsx';
import { imgHtml, pictureCode } from './snippets.ts';
import style from './use.module.css';

export interface UseDialogProps {
  readonly picture: Picture;
  readonly onClose: () => void;
}

const DAY = 86_400;
const ENDS = [
  ['', 'Never'],
  [String(DAY), 'In a day'],
  [String(30 * DAY), 'In 30 days'],
  [String(365 * DAY), 'In a year'],
] as const;

/** What a page or a program needs to show the picture. */
export function UseDialog({ picture, onClose }: UseDialogProps) {
  const { clientOf, info } = useSession();
  const client = clientOf(picture.user_id);
  const { presets } = info;
  const id = useId();
  const [ends, setEnds] = useState('');
  const [sources, setSources] = useState<Sources>();
  /** Whether the service signs sizes of one's own. */
  const [signs, setSigns] = useState(false);
  const [error, setError] = useState<unknown>();
  const [chosen, setChosen] = useState<string>();
  useEffect(() => {
    let isHere = true;
    setSources(undefined);
    setError(undefined);
    const read = async (): Promise<void> => {
      try {
        const { presets_only: isPresetsOnly } = await client.service();
        const expiresIn = ends === '' ? null : Number(ends);
        const found = await sourcesOf(client, picture, { presets, isPresetsOnly, expiresIn });
        if (!isHere) return;
        setSources(found);
        setSigns(!isPresetsOnly);
      } catch (problem) {
        if (isHere) setError(problem);
      }
    };
    void read();
    return () => {
      isHere = false;
    };
  }, [client, picture, presets, ends]);

  const names = sources && Object.keys(sources.renditions);
  const attributes =
    sources && names && names.length > 0
      ? client.urls.srcset({ ...picture, renditions: { ...sources.renditions } }, { sizes: '100vw', presets: names })
      : undefined;
  const preset = chosen ?? names?.at(-1);
  return (
    <Dialog title="Use" isWide onClose={onClose}>
      <div className={style['use']}>
        <Snippet label="<img>" rows={4} text={attributes && imgHtml(attributes)} />
        <p className={style['ends']}>
          {(sources ?? SIGNED).kind === 'signed' && (
            <>
              <label htmlFor={`${id}ends`}>The addresses end</label>
              <select id={`${id}ends`} value={ends} onChange={({ target }) => setEnds(target.value)}>
                {ENDS.map(([value, text]) => (
                  <option key={value} value={value}>
                    {text}
                  </option>
                ))}
              </select>
            </>
          )}
          <span role="status">{sources && untilText(sources)}</span>
        </p>
        {error !== undefined && <p role="alert">{explain(error)}</p>}
        <Snippet
          label="React"
          rows={4}
          text={
            names &&
            pictureCode({
              baseUrl: originOf(picture),
              id: picture.image_id,
              presets: names,
              isClosed: info.auth.length > 0,
            })
          }
        />
        <Snippet label="Id" text={picture.image_id} />
        {names && names.length > 0 && (
          <div className={style['address']}>
            <label htmlFor={`${id}preset`}>Size of the address</label>
            <select id={`${id}preset`} value={preset} onChange={({ target }) => setChosen(target.value)}>
              {names.map((name) => (
                <option key={name} value={name}>
                  {capitalized(name)}
                </option>
              ))}
            </select>
            <Snippet label="Address" rows={2} text={preset && sources?.renditions[preset]} />
          </div>
        )}
        {signs && <Builder picture={picture} expiresIn={ends === '' ? null : Number(ends)} />}
      </div>
    </Dialog>
  );
}

const SIGNED = { kind: 'signed' } as const;

function untilText({ kind, until }: Sources): string {
  if (until) return `They work until ${dateAndTime(until.getTime())}.`;
  switch (kind) {
    case 'public':
      return 'These addresses work until the picture is private, or deleted.';
    case 'signed':
      return 'Anyone who has them sees these sizes, until the visibility changes or the picture is deleted.';
    case 'presets':
      return 'These addresses have no signature: they work on pages of this service only.';
  }
}

/** The service, as its own addresses begin. */
function originOf({ renditions }: Picture): string {
  const [url = ''] = Object.values(renditions ?? {});
  return URL.canParse(url) ? url.slice(0, url.indexOf('/images/')) : location.origin;
}
