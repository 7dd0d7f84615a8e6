import type { ApiRequest } from '../http/api.ts';

type Query = NonNullable<ApiRequest['query']>;

/** The query of a list: each member of `metadata` is a parameter of its own. */
export function listQueryOf(query: Query, metadata: Readonly<Record<string, string>> | undefined): Query {
  const all: Record<string, Query[string]> = { ...query };
  for (const name in metadata) all[`metadata.${name}`] = metadata[name];
  return all;
}
