import type { Uploader } from '@safelight/client';

/** Every tab takes uploads from the queue of this name: a pause holds for all of them, also for those that open later. */
export function sharePause(name: string, { pause, resume, snapshot }: Pick<Uploader, 'pause' | 'resume' | 'snapshot'>) {
  const tabs = new BroadcastChannel(`${name} pause`);
  tabs.onmessage = ({ data }: MessageEvent<'ask' | 'begin' | 'end'>) => {
    if (data === 'begin') pause();
    else if (data === 'end') resume();
    else if (snapshot().isPaused) tabs.postMessage('begin');
  };
  tabs.postMessage('ask');
  return {
    begin(): void {
      pause();
      tabs.postMessage('begin');
    },
    end(): void {
      resume();
      tabs.postMessage('end');
    },
    close: (): void => tabs.close(),
  };
}
