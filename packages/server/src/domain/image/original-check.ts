/** The result of looking at the bytes under an original's key. `same`: the verified bytes, now under this ETag. */
export type OriginalCheck =
  | { readonly outcome: 'same'; readonly objectTag: string | null }
  | { readonly outcome: 'replaced' | 'missing' };
