import {
  ALBUM,
  BUSY_OWNER,
  COMMON_CAMPAIGN,
  COMMON_TAG,
  COMMON_TYPE,
  COMMON_WORD,
  dataset,
  EARLY_TAG,
  FILTERS,
  FIRST_DAY,
  LAST_DAY,
  LATE_TAG,
  LEFT_TAG,
  RARE_ORDER,
  RARE_OWNER,
  RARE_TAG,
  RIGHT_TAG,
  rareExternalIds,
  SEARCHED_OWNER,
  SECOND_TAG,
  SEPARATE_WORDS,
  THIRD_TAG,
} from './dataset.ts';
import { fullPages, listRequest } from './list-pages.ts';
import { type LoadRequest, load } from './load.ts';
import { compare, judge, type Measurement, milliseconds } from './measurement.ts';
import { startService } from './program.ts';
import { alternate } from './rounds.ts';

const FEW = 1_000;
const MANY = 1_000_000;
const ROUNDS = 5;
const SECONDS = 3;
const WARM_SECONDS = 1;
const CONNECTIONS = 4;
const MOST_PAGES = 10;

type Query = Readonly<Record<string, string | string[]>>;

const LISTS: Readonly<Record<string, Query>> = {
  'one owner of half of all': { user_id: BUSY_OWNER },
  'one owner of 60': { user_id: RARE_OWNER },
  'owner and tag': { user_id: BUSY_OWNER, tag: COMMON_TAG },
  tag: { tag: COMMON_TAG },
  type: { content_type: COMMON_TYPE },
  'tag and type': { tag: COMMON_TAG, content_type: COMMON_TYPE },
  'no filter': {},
  'search, one owner of 100': { user_id: SEARCHED_OWNER, q: COMMON_WORD },
  'search, a letter, one owner of half of all': { user_id: BUSY_OWNER, q: COMMON_WORD.slice(0, 1) },
  'owner and metadata': { user_id: BUSY_OWNER, 'metadata.campaign': COMMON_CAMPAIGN },
  'owner of 60 and metadata': { user_id: RARE_OWNER, 'metadata.order': RARE_ORDER },
  'owner, metadata, tag': { user_id: BUSY_OWNER, 'metadata.campaign': COMMON_CAMPAIGN, tag: COMMON_TAG },
  'owner by capture': { user_id: BUSY_OWNER, order: 'taken-newest' },
  'owner of 60 by capture': { user_id: RARE_OWNER, order: 'taken-newest' },
  'owner by capture from 2021 on': { user_id: BUSY_OWNER, order: 'taken-oldest', taken_from: '2021' },
  'owner and tag by capture': { user_id: BUSY_OWNER, tag: COMMON_TAG, order: 'taken-newest' },
  'tag by capture': { tag: COMMON_TAG, order: 'taken-newest' },
  'no filter, by capture': { order: 'taken-newest' },
  album: { user_id: BUSY_OWNER, album: ALBUM },
  'album and tag': { user_id: BUSY_OWNER, album: ALBUM, tag: COMMON_TAG },
  'album, tag and type': { user_id: BUSY_OWNER, album: ALBUM, tag: COMMON_TAG, content_type: COMMON_TYPE },
  'album by capture': { user_id: BUSY_OWNER, album: ALBUM, order: 'taken-newest' },
  'album by capture, and tag': { user_id: BUSY_OWNER, album: ALBUM, tag: COMMON_TAG, order: 'taken-newest' },
  'album by addition': { user_id: BUSY_OWNER, album: ALBUM, order: 'added' },
  'album by hand': { user_id: BUSY_OWNER, album: ALBUM, order: 'manual' },
  'owner of half of all, counted': { user_id: BUSY_OWNER, count_total: 'true' },
};

const INTERSECTIONS: Readonly<Record<string, Query>> = {
  'two common tags': { tag: [COMMON_TAG, SECOND_TAG] },
  'three common tags': { tag: [COMMON_TAG, SECOND_TAG, THIRD_TAG] },
  'common and rare tag': { tag: [COMMON_TAG, RARE_TAG] },
  'disjoint tags, turn by turn': { tag: [LEFT_TAG, RIGHT_TAG] },
  'disjoint tags, half by half': { tag: [EARLY_TAG, LATE_TAG] },
  'owner, two tags, type': { user_id: BUSY_OWNER, tag: [COMMON_TAG, SECOND_TAG], content_type: COMMON_TYPE },
  'owner, disjoint tags': { user_id: BUSY_OWNER, tag: [LEFT_TAG, RIGHT_TAG] },
  'owner, two common tags, by capture': { user_id: BUSY_OWNER, tag: [COMMON_TAG, SECOND_TAG], order: 'taken-newest' },
  'owner, disjoint tags, by capture': { user_id: BUSY_OWNER, tag: [LEFT_TAG, RIGHT_TAG], order: 'taken-newest' },
  'two common tags, any': { tag: [COMMON_TAG, SECOND_TAG], tag_mode: 'any' },
  'owner, metadata and tag that never meet': {
    user_id: BUSY_OWNER,
    'metadata.campaign': COMMON_CAMPAIGN,
    tag: RIGHT_TAG,
  },
  'search, two words that never meet': { user_id: BUSY_OWNER, q: SEPARATE_WORDS },
  'two common tags, pages of 100': { tag: [COMMON_TAG, LEFT_TAG], limit: '100' },
};

export async function listScale(): Promise<readonly Measurement[]> {
  const environment = { METADATA_FILTERS: FILTERS.join() };
  await using few = await startService({ folder: await dataset(FEW, FILTERS), environment });
  await using many = await startService({ folder: await dataset(MANY, FILTERS), environment });

  const p99 = async (origin: string, requests: readonly LoadRequest[], seconds: number) =>
    (await load({ origin, requests, connections: CONNECTIONS, seconds })).p99Ms;
  const ofBoth = async (what: string, requests: { few: readonly LoadRequest[]; many: readonly LoadRequest[] }) => {
    await p99(few.origin, requests.few, WARM_SECONDS);
    await p99(many.origin, requests.many, WARM_SECONDS);
    const rounds = await alternate(ROUNDS, {
      floor: () => p99(few.origin, requests.few, SECONDS),
      subject: () => p99(many.origin, requests.many, SECONDS),
    });
    return compare(`list-scale, ${what}`, rounds, { unit: milliseconds, goal: { atMost: 1.5 } });
  };

  const measured: Measurement[] = [];
  for (const [what, query] of Object.entries(LISTS)) {
    const pages = await fullPages(few.origin, query, MOST_PAGES);
    const same = await fullPages(many.origin, query, pages.length);
    if (pages.length === 0 || same.length < pages.length) throw new Error(`expected full pages of ${what}; got none`);
    measured.push(await ofBoth(what, { few: pages, many: same }));
  }
  measured.push(await ofBoth('dates', { few: pagesByDate(), many: pagesByDate() }));
  measured.push(await ofBoth('months of an owner', { few: MONTHS, many: MONTHS }));
  measured.push(await ofBoth('external id', { few: byExternalId(FEW), many: byExternalId(MANY) }));

  for (const [what, query] of Object.entries(INTERSECTIONS)) {
    const requests = [listRequest(query)];
    await p99(many.origin, requests, WARM_SECONDS);
    const { subject } = await alternate(ROUNDS, { subject: () => p99(many.origin, requests, SECONDS) });
    measured.push(judge(`list-scale, ${what}`, subject, { unit: milliseconds, goal: { atMost: 5 } }));
  }
  return measured;
}

const MONTHS: readonly LoadRequest[] = [{ method: 'GET', path: `/images/months?user_id=${BUSY_OWNER}` }];

/** Ranges of three months each, with random starts: the thousand contain more than a page. */
function pagesByDate(): LoadRequest[] {
  const length = (LAST_DAY - FIRST_DAY) / 8;
  return Array.from({ length: MOST_PAGES }, (_, index) => {
    const start = FIRST_DAY + ((LAST_DAY - FIRST_DAY - length) * index) / (MOST_PAGES - 1);
    const [start_date = '', end_date = ''] = [start, start + length].map((time) => new Date(time).toISOString());
    return listRequest({ start_date, end_date });
  });
}

const byExternalId = (count: number): LoadRequest[] =>
  rareExternalIds(count).map((external_id) => listRequest({ user_id: RARE_OWNER, external_id }));
