import { answerTo, type LoadRequest } from './load.ts';

export const PAGE = 50;

interface ListBody {
  readonly count: number;
  readonly next_cursor: string | null;
  readonly images: readonly { readonly image_id: string; readonly renditions: Readonly<Record<string, string>> }[];
}

export const listRequest = (query: Readonly<Record<string, string | string[]>>, cursor?: string): LoadRequest => {
  const parameters = new URLSearchParams({ limit: String(PAGE) });
  for (const [name, values] of Object.entries(query)) {
    if (name === 'limit') parameters.set(name, String(values));
    else for (const value of [values].flat()) parameters.append(name, value);
  }
  if (cursor !== undefined) parameters.set('cursor', cursor);
  return { method: 'GET', path: `/images?${parameters}` };
};

export async function listAnswer(origin: string, request: LoadRequest): Promise<ListBody> {
  return JSON.parse((await answerTo(origin, request)).toString()) as ListBody;
}

/** Requests for up to `most` full pages of a list, from its start. */
export async function fullPages(
  origin: string,
  query: Readonly<Record<string, string | string[]>>,
  most: number,
): Promise<LoadRequest[]> {
  const pages: LoadRequest[] = [];
  let cursor: string | undefined;
  while (pages.length < most) {
    const request = listRequest(query, cursor);
    const { count, next_cursor } = await listAnswer(origin, request);
    if (count < PAGE) break;
    pages.push(request);
    if (next_cursor === null) break;
    cursor = next_cursor;
  }
  return pages;
}
