import type { RouteContext } from '../route.ts';
import { parameters, requireKnown } from './validation.ts';

/** The raw query, without its `?`. */
export const searchOf = (c: RouteContext): string => {
  const { url } = c.req;
  const start = url.indexOf('?');
  const end = url.indexOf('#');
  return start === -1 ? '' : url.slice(start + 1, end === -1 ? undefined : end);
};

/** The query's parameters, decoded. An empty one counts as absent, except those in `kept`. */
export const parametersOf = (c: RouteContext, kept: readonly string[] = []): ReturnType<typeof parameters> =>
  parameters(c.req.url.includes('?') ? new URL(c.req.url).searchParams : [], kept);

/** Every parameter of the query must be one of these, for an operation that reads fewer in some forms of its body. */
export const requireParameters = (c: RouteContext, known: readonly string[]): void =>
  requireKnown(namesIn(c, { withValue: false }), known, 'query');

/** How the names of parameters begin that filter a list by a member of metadata. */
export const METADATA_PARAMETER = 'metadata.';

/** The names of the query's parameters; `withValue`: of those with a value. */
export const namesIn = (c: RouteContext, { withValue }: { readonly withValue: boolean }): string[] =>
  [...new URLSearchParams(searchOf(c))].flatMap(([name, value]) => (withValue && value === '' ? [] : [name]));
