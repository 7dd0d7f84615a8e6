import { createContext, useContext } from 'react';
import type { Library } from './library.ts';

/** Has nothing loaded, so that the service is asked. */
const NOTHING: Library = {
  snapshot: () => ({ pictures: [], isEmpty: undefined, error: undefined }),
  subscribe: () => () => {},
  nextOf: async () => undefined,
  previousOf: async () => undefined,
  put() {},
  remove() {},
  refresh() {},
  close() {},
};

const LibraryContext = createContext(NOTHING);
export const LibraryProvider = LibraryContext.Provider;

export const useLibrary = (): Library => useContext(LibraryContext);
