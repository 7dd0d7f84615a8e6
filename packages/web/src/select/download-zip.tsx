import { explain, type SafelightClient } from '@safelight/client';
import type { ReactNode } from 'react';
import type { Member } from '../library/library.ts';
import { numberText } from '../ui/formats.ts';
import { showTask } from '../ui/task.tsx';
import { showToast } from '../ui/toast.tsx';
import { pictureBytes } from './picture-bytes.ts';
import { TooLargeError, type ZipPlace } from './save-zip.ts';
import { createProgress, NoticePanel, ProgressPanel } from './task-panel.tsx';
import { picturesText } from './words.ts';

interface ZipOptions {
  readonly members: readonly Member[];
  /** undefined: the originals. */
  readonly preset: string | undefined;
  readonly place: ZipPlace;
  readonly clientOf: (owner: string) => SafelightClient;
  /** How else to have it, if it is too large. */
  readonly instructions: ReactNode;
}

/** Writes the zip, and says how far it is and how it went. */
export async function downloadZip({ members, preset, place, clientOf, instructions }: ZipOptions): Promise<void> {
  const progress = createProgress({ doing: 'Downloading', total: members.length });
  const [leaving, stopping] = [new AbortController(), new AbortController()];
  const { signal } = leaving;
  progress.subscribe(() => progress.snapshot().isStopped && stopping.abort());
  const close = showTask({ panel: <ProgressPanel progress={progress} />, end: () => leaving.abort() });
  let there = 0;
  const onMember = (isThere: boolean): void => {
    there += isThere ? 1 : 0;
    progress.add(1);
  };
  const isStopped = (): boolean => progress.snapshot().isStopped;
  try {
    const { zipOf } = await import('./zip.ts');
    // A stop doesn't wait for pictures that are on their way: a store may have stopped to send.
    const ending = AbortSignal.any([signal, stopping.signal]);
    const bytesOf = (member: Member) => pictureBytes(clientOf(member.user_id), member, { preset, signal: ending });
    await place.save(zipOf({ members, bytesOf, explain, onMember, isStopped }), signal);
    const missing = members.length - there;
    const rest = missing === 0 ? '' : `. ${numberText(missing)} more: see errors.txt in it`;
    showToast({ text: `Saved ${picturesText(there)} as a zip${rest}` });
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof TooLargeError) {
      const close = showTask({ panel: <NoticePanel onClose={() => close()}>{instructions}</NoticePanel>, end() {} });
    } else if (error instanceof DOMException) showToast({ text: "The file can't be written. Is there enough space?" });
    else showToast({ text: `The zip couldn't be saved. ${explain(error)}` });
  } finally {
    close();
  }
}
