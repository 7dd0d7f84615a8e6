/** What the bytes under an original's key turned out to be. `same`: the verified ones, which the store has under this tag now. */
export type OriginalCheck =
  | { readonly outcome: 'same'; readonly objectTag: string | null }
  | { readonly outcome: 'replaced' };
