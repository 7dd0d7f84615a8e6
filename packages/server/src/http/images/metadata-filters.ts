import { type AppError, invalidField } from '../../domain/errors.ts';
import { isByCapture, isOfAlbum, type ListOrder } from '../../domain/lists/list-position.ts';
import { isFilterValue, MAX_VALUE_BYTES, type MetadataFilter } from '../../domain/metadata/metadata-filters.ts';
import { preview } from '../../text/preview.ts';
import { didYouMean } from '../../text/similar-name.ts';
import { METADATA_PARAMETER, searchOf } from '../request/query.ts';
import type { RouteContext } from '../route.ts';

/** The parameters beside which a list may not be filtered by metadata. */
interface Beside {
  readonly q?: string | undefined;
  readonly external_id?: string | undefined;
  readonly status?: string | undefined;
  readonly count_total?: boolean | undefined;
  readonly order?: ListOrder | undefined;
}

/**
 * The parameters `metadata.NAME`, of the raw query: an empty one, ignored, would list everything. `names`: of
 * METADATA_FILTERS. Errors: `invalid-request`.
 */
export function metadataFiltersIn(c: RouteContext, names: readonly string[], asked: Beside): MetadataFilter[] {
  const entries = [...new URLSearchParams(searchOf(c))].filter(([name]) => name.startsWith(METADATA_PARAMETER));
  const values = Map.groupBy(entries, ([name]) => name);
  const filters = [...values].map(([parameter, given]): MetadataFilter => {
    const name = parameter.slice(METADATA_PARAMETER.length);
    if (!names.includes(name)) throw unknownFilter(parameter, names);
    const refused = (expected: string, got: string): AppError =>
      invalidField(`?${parameter}`, `expected ${expected}; got ${got}`);
    if (given.length > 1) throw refused(`${parameter} once`, `${given.length} values`);
    const value = given[0]?.[1] ?? '';
    if (value === '') throw refused(`a text of 1 to ${MAX_VALUE_BYTES} bytes`, 'none');
    if (!isFilterValue(value))
      throw refused(`at most ${MAX_VALUE_BYTES} bytes of UTF-8`, String(Buffer.byteLength(value)));
    return { name, value };
  });
  const [first] = filters;
  if (first) requireBeside(`${METADATA_PARAMETER}${first.name}`, asked);
  return filters;
}

function unknownFilter(parameter: string, names: readonly string[]): AppError {
  const known = names.map((name) => `${METADATA_PARAMETER}${name}`);
  const detail =
    known.length > 0
      ? `expected one of ${known.join(', ')}, as METADATA_FILTERS names them; got ${preview(parameter)}${didYouMean(parameter, known)}`
      : `expected a list without filters by metadata, since METADATA_FILTERS names none; got ${preview(parameter)}`;
  return invalidField(`?${parameter}`, detail);
}

function requireBeside(
  parameter: string,
  { q, external_id, status = 'ready', count_total, order = 'newest' }: Beside,
): void {
  if (q !== undefined) throw invalidField('?q', `expected q without filters by metadata; got ${parameter}`);
  if (external_id !== undefined)
    throw invalidField('?external_id', `expected external_id without filters by metadata; got ${parameter}`);
  if (status !== 'ready')
    throw invalidField('?status', `expected filters by metadata with status ready only; got ${status}`);
  if (isByCapture(order) || isOfAlbum(order))
    throw invalidField('?order', `expected an order by upload with ${parameter}; got ${order}`);
  if (count_total)
    throw invalidField('?count_total', `expected count_total without filters by metadata; got ${parameter}`);
}
