import { useSession } from '../session/session.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { useIsTouch } from '../ui/media.ts';
import { FirstPictures } from '../uploads/first-pictures.tsx';
import style from './first-run.module.css';
import { codeLines, curlLine } from './snippets.ts';

/** An empty gallery: three ways to fill it. */
export function FirstRun() {
  const { info, user, ownUser, mayUpload } = useSession();
  const isTouch = useIsTouch();
  if (user !== undefined && user !== ownUser)
    return (
      <div className={style['place']}>
        <p>
          <bdi>{user}</bdi> has no pictures yet.
        </p>
      </div>
    );
  if (!mayUpload)
    return (
      <div className={style['place']}>
        <p>There are no pictures yet.</p>
      </div>
    );
  if (isTouch)
    return (
      <section className={style['hand']}>
        <h2>Your photographs go here</h2>
        <FirstPictures />
      </section>
    );
  const place = { origin: location.origin, user: ownUser, needsCredential: info.auth.length > 0 };
  return (
    <div className={style['place']}>
      <section className={style['hand']} aria-labelledby="first-run">
        <h2 id="first-run">Drop photographs here</h2>
        <p>Or whole folders, anywhere on this page.</p>
        <FirstPictures />
      </section>
      <Snippet title="Or send one from a terminal:" copyLabel="Copy the command" text={curlLine(place)} />
      <Snippet title="Or from your own code:" copyLabel="Copy the code" text={codeLines(place)} />
      <p className={style['more']}>
        {place.needsCredential && (
          <>
            <code>TOKEN</code> is an API key, or a token of your sign-in.{' '}
          </>
        )}
        Every request is described in <a href="/docs">the documentation</a>.
      </p>
    </div>
  );
}

interface SnippetProps {
  readonly title: string;
  readonly copyLabel: string;
  readonly text: string;
}

function Snippet({ title, copyLabel, text }: SnippetProps) {
  return (
    <section className={style['snippet']} aria-label={title}>
      <header>
        <h3>{title}</h3>
        <CopyButton label={copyLabel} text={text} />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls where it is too narrow, so a keyboard must reach it */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </section>
  );
}
