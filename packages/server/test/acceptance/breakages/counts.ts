import { breakages } from './breakage.ts';

/** The numbers of a user's images. */
export const COUNTS = breakages([
  ['a list is counted for everybody', 'imageRoutes', 'asked.count_total ?', 'true ?'],
  ['a list is never counted', 'imageRoutes', 'asked.count_total ?', 'false ?'],
  [
    'only ready images are counted',
    'images.ts: countedBy',
    "status = 'ready' }: Omit<Asked, 'metadata'>) => ({ userId, status })",
    "}: Omit<Asked, 'metadata'>) => ({ userId, status: 'ready' as const })",
  ],
  ['a count ignores a tag', 'besideCount', "'tag', ", ''],
  ['a count ignores dates', 'besideCount', "'start_date', 'end_date'", "'start_date'"],
  [
    'rejected images are counted as none',
    'requireCounted',
    '!isCounted(status)',
    "!isCounted(status) && status !== 'rejected'",
  ],
  ['a list of a header counts that user and lists everybody', 'ownerOfReady', 'isCounted ||', 'false ||'],
  ['a former status keeps its number', 'createImageCounts', 'from.status, -1', 'from.status, 0'],
  ['a new status gets no number', 'createImageCounts', 'to.status, 1)', 'to.status, 0)'],
  [
    'the number of a page is that of all',
    'imageRoutes',
    'total, texts, pending',
    'total: total && texts.length, texts, pending',
  ],
]);
