import { ChevronDown, ChevronUp, Pause, Play } from 'lucide-react';
import {
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { useLibrary } from '../library/source.tsx';
import { go, toView, useRoute } from '../routes.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { useTitlePart } from '../ui/page-title.ts';
import { useSecondsUntil } from '../ui/use-seconds-until.ts';
import { Announcer } from './announcer.tsx';
import style from './tray.module.css';
import { TrayList } from './tray-list.tsx';
import { summaryOf } from './tray-summary.ts';
import type { UploadQueue } from './upload-queue.ts';
import { useKeptFocus } from './use-kept-focus.ts';
import { headline, progressWords } from './words.ts';

/** For how long the tray says that all is well, before it leaves. */
const GOOD_NEWS_MS = 10_000;

/** Toasts and banners keep out of the tray's way by `--tray`, its height. */
function useToldHeight(element: RefObject<HTMLElement | null>, isShown: boolean): void {
  useEffect(() => {
    const tray = element.current;
    if (!isShown || !tray) return;
    const { style } = document.documentElement;
    const observer = new ResizeObserver(() => style.setProperty('--tray', `${tray.offsetHeight}px`));
    observer.observe(tray);
    return () => {
      observer.disconnect();
      style.removeProperty('--tray');
    };
  }, [element, isShown]);
}

/** Counts while the page shows one picture, or while it shows many. */
interface Choice {
  readonly isViewing: boolean;
  readonly isOpen: boolean;
}

interface TrayProps {
  readonly queue: UploadQueue;
  /** The picture to which Show leads; undefined: there is none. */
  readonly latest: string | undefined;
}

/** What becomes of the uploads: a line in the corner, and a list above it. Absent while there is nothing to say. */
export function Tray({ queue, latest }: TrayProps) {
  const state = useSyncExternalStore(queue.subscribe, queue.snapshot);
  const summary = useMemo(() => summaryOf(state), [state]);
  const { isBusy, problems, lost, progress, total } = summary;
  useTitlePart('uploads', isBusy ? progressWords(summary) : undefined);
  const pauseSeconds = useSecondsUntil(state.stalledUntil);
  const isViewing = useRoute().image !== undefined;
  const [chosen, setChosen] = useState<Choice>();
  const list = useId();
  const element = useRef<HTMLElement>(null);
  const toggle = useRef<HTMLButtonElement>(null);
  useKeptFocus(element, toggle);

  const needsAttention = problems.length > 0 || summary.there > 0 || lost.length > 0;
  const isShown = total > 0 || summary.there > 0 || state.skipped > 0;
  // A list beside a single picture would cover its details.
  const isOpen = chosen?.isViewing === isViewing ? chosen.isOpen : needsAttention && !isViewing;
  const choose = (isOpen: boolean): void => setChosen({ isViewing, isOpen });
  useToldHeight(element, isShown);
  const isGoodNews = isShown && !isBusy && !needsAttention && state.skipped === 0 && !state.isCut;
  useEffect(() => {
    if (!isShown) setChosen(undefined);
  }, [isShown]);
  useEffect(() => {
    if (!isGoodNews) return;
    const leave = (): void => {
      if (element.current?.matches(':focus-within, :hover')) timer = setTimeout(leave, GOOD_NEWS_MS);
      else queue.clear();
    };
    let timer = setTimeout(leave, GOOD_NEWS_MS);
    return () => clearTimeout(timer);
  }, [isGoodNews, queue]);

  const library = useLibrary();
  const shownBy = !isBusy && summary.done > 0 ? latest : undefined;
  const show = (image: string): void => {
    go({ ...toView('photos'), image: isViewing ? image : undefined });
    if (!isViewing) library.reveal(image);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !isOpen) return;
    event.preventDefault();
    choose(false);
    toggle.current?.focus();
  };
  return (
    <>
      <Announcer summary={summary} />
      {isShown && (
        <section
          ref={element}
          className={style['tray']}
          aria-label="Uploads"
          data-beside-viewer=""
          data-theme={isViewing ? 'dark' : undefined}
          onKeyDown={onKeyDown}
        >
          {isBusy && <progress className={style['whole']} aria-label="All uploads" max={1} value={progress} />}
          <header className={style['header']}>
            <p className={style['headline']}>{headline(summary, state, pauseSeconds)}</p>
            {isBusy && state.isPaused && <IconButton icon={Play} label="Resume uploads" onClick={queue.resume} />}
            {isBusy && !state.isPaused && <IconButton icon={Pause} label="Pause uploads" onClick={queue.pause} />}
            {shownBy !== undefined && <Button onClick={() => show(shownBy)}>Show</Button>}
            {!isBusy && <Button onClick={queue.clear}>Clear</Button>}
            <IconButton
              ref={toggle}
              icon={isOpen ? ChevronDown : ChevronUp}
              label={isOpen ? 'Hide the list' : 'Show the list'}
              aria-expanded={isOpen}
              aria-controls={isOpen ? list : undefined}
              onClick={() => choose(!isOpen)}
            />
          </header>
          {isOpen && <TrayList id={list} queue={queue} state={state} summary={summary} />}
        </section>
      )}
    </>
  );
}
