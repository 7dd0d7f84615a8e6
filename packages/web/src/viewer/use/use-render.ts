import { type RenderUrl, SafelightError } from '@safelight/client';
import { useEffect, useRef, useState } from 'react';
import { useSession } from '../../session/session.tsx';

/** A rendition that was made. */
export interface Rendered {
  readonly url: string;
  /** What an `<img>` of this page shows. */
  readonly shown: string;
  /** undefined: it comes from another host, which doesn't tell. */
  readonly bytes: number | undefined;
  readonly type: string | undefined;
}

export interface Rendering {
  /** The `<img>` couldn't load what it shows. */
  fail(): void;
  readonly rendered: Rendered | undefined;
  readonly error: unknown;
  readonly isBusy: boolean;
}

/** While somebody types nothing is asked for, in milliseconds. */
const REST_MS = 400;
/** As a page's `<img>` asks for it, so that the same format comes. */
const ACCEPT = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';

/** Signs the transform, and fetches what it makes. `body`: JSON; undefined: it has a fault. */
export function useRender(owner: string, id: string, body: string | undefined): Rendering {
  const { clientOf } = useSession();
  const client = clientOf(owner);
  /** The blob URL that is shown until there is another. */
  const made = useRef<string>(undefined);
  const [state, setState] = useState<Omit<Rendering, 'fail'>>({ rendered: undefined, error: undefined, isBusy: true });
  useEffect(() => {
    const left = new AbortController();
    const { signal } = left;
    setState((before) => ({ ...before, isBusy: body !== undefined }));
    if (body === undefined) return;
    const render = async (): Promise<void> => {
      try {
        const path = `/images/${encodeURIComponent(id)}/render-url`;
        const { url } = (await client.request(path, { method: 'POST', body: JSON.parse(body), signal })) as RenderUrl;
        const blob = await fetched(url, signal);
        if (signal.aborted) return;
        URL.revokeObjectURL(made.current ?? '');
        made.current = blob && URL.createObjectURL(blob);
        setState({
          rendered: { url, shown: made.current ?? url, bytes: blob?.size, type: blob?.type },
          error: undefined,
          isBusy: false,
        });
      } catch (error) {
        if (!signal.aborted) setState({ rendered: undefined, error, isBusy: false });
      }
    };
    const resting = setTimeout(() => void render(), REST_MS);
    return () => {
      clearTimeout(resting);
      left.abort();
    };
  }, [client, id, body]);
  useEffect(() => () => URL.revokeObjectURL(made.current ?? ''), []);
  return {
    ...state,
    fail: () =>
      setState({
        rendered: undefined,
        error: new SafelightError('network', 'expected a picture; got none'),
        isBusy: false,
      }),
  };
}

/** undefined: the page may not read it there, or nobody answers; an `<img>` tells which. Errors: `SafelightError`. */
async function fetched(url: string, signal: AbortSignal): Promise<Blob | undefined> {
  const answer = await fetch(url, { headers: { accept: ACCEPT }, credentials: 'omit', signal }).catch(() => undefined);
  if (!answer) return undefined;
  if (answer.ok) return answer.blob();
  const { code = 'internal', detail = '', params } = Object(await answer.json().catch(() => undefined));
  const retryAfter = Number(answer.headers.get('retry-after')) || undefined;
  throw new SafelightError(code, detail, { params, retryAfter, status: answer.status });
}
