import { createClient, type SafelightClient } from '@safelight/client';
import type { Picture } from './library.ts';
import { type Position, positionOf, timeOf } from './position.ts';

/** Lists of a service, for a library that is tested without a browser. */
export interface Listed {
  readonly client: SafelightClient;
  /** By id: what the service has now. */
  readonly pictures: Map<string, Picture>;
  /** The lists of images that were asked for. */
  readonly asked: URLSearchParams[];
}

interface ListedOptions {
  /** Instead of the counts by month, as while the service counts again. */
  readonly months?: () => Response;
  /** Which pictures a list has by its filters; absent: all. */
  readonly filtered?: (picture: Picture, query: URLSearchParams) => boolean;
  /** What an answer, which is ready, waits for before it arrives. */
  readonly arriving?: () => Promise<void>;
}

const CURSOR_END = 'after-';

export function listed(
  pictures: readonly Picture[],
  { months, filtered = () => true, arriving }: ListedOptions = {},
): Listed {
  const stored = new Map(pictures.map((picture) => [picture.image_id, picture]));
  const asked: URLSearchParams[] = [];
  const answers = (path: string, query: URLSearchParams): Response => {
    if (path === '/images/months')
      return months?.() ?? Response.json({ months: monthsOf([...stored.values()]), next_cursor: null });
    if (path === '/images') {
      asked.push(query);
      const found = [...stored.values()].filter((picture) => filtered(picture, query));
      return Response.json(pageOf(found, query));
    }
    const picture = stored.get(path.split('/')[2] ?? '');
    if (picture) return Response.json(picture);
    return Response.json({ status: 404, code: 'image-not-found', detail: 'none' }, { status: 404 });
  };
  const client = createClient({
    baseUrl: 'http://localhost',
    fetch: async (input) => {
      const { pathname, searchParams } = new URL(String(input));
      const answer = answers(pathname, searchParams);
      await arriving?.();
      return answer;
    },
  });
  return { client, pictures: stored, asked };
}

function pageOf(pictures: readonly Picture[], query: URLSearchParams) {
  const order = query.get('order') ?? '';
  const place = (picture: Picture): Position => positionOf(picture, order.startsWith('taken') ? 'capture' : 'upload');
  const [from, to, cursor] = ['taken_from', 'taken_to', 'cursor'].map((name) => query.get(name));
  const isNewest = order.endsWith('newest');
  const after = cursor?.slice(CURSOR_END.length);
  const [start, end] = ['start_date', 'end_date'].map((name) => Date.parse(query.get(name) ?? ''));
  const taken = (picture: Picture): Position => positionOf(picture, 'capture');
  const all = pictures
    .filter((picture) => (from ? taken(picture) >= from : true) && (to ? taken(picture) < `${to}~` : true))
    .filter(({ image_id: id }) => !(timeOf(id) < Number(start)) && !(timeOf(id) > Number(end)))
    .filter((picture) => !after || (isNewest ? place(picture) < after : place(picture) > after))
    .toSorted((one, other) => (place(one) < place(other) === isNewest ? 1 : -1));
  const images = all.slice(0, Number(query.get('limit')));
  const last = images.at(-1);
  return { images, next_cursor: last && images.length < all.length ? `${CURSOR_END}${place(last)}` : null };
}

function monthsOf(pictures: readonly Picture[]) {
  const months = Map.groupBy(pictures, (picture) => positionOf(picture, 'capture').slice(0, '2024-07'.length));
  return [...months]
    .map(([month, { length }]) => ({ month, images: length }))
    .toSorted((one, other) => (one.month < other.month ? 1 : -1));
}
