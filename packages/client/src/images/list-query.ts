import type { ApiRequest } from '../http/api.ts';

type Query = NonNullable<ApiRequest['query']>;

/** The query of a list: each member of `metadata` is a parameter of its own. */
export const listQueryOf = (query: Query, metadata: Readonly<Record<string, string>> = {}): Query => ({
  ...query,
  ...Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`metadata.${name}`, value])),
});
