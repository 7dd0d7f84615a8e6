import { connectionFault } from './advice.ts';

/** The client makes further attempts meanwhile. */
const PATIENCE_MS = 3_000;

/** `fetching`, which tells the person once no connection has come about for three seconds, and why. */
export function tellingOfNoConnection(fetching: typeof fetch, say: (text: string) => void): typeof fetch {
  let fault: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (): void => say(`No connection to the service: ${fault}. Trying again.`);
  return async (...request) => {
    try {
      const response = await fetching(...request);
      clearTimeout(timer);
      timer = undefined;
      return response;
    } catch (error) {
      const found = connectionFault(error);
      if (found !== undefined) {
        fault = found;
        timer ??= setTimeout(tell, PATIENCE_MS).unref();
      }
      throw error;
    }
  };
}
