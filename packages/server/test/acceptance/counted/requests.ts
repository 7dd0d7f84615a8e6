import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Asked {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

/** A request on a connection of its own, without the checks of `fetch`. Its client may leave. */
export const beginTo = (origin: string, { path, ...asked }: Asked): ClientRequest =>
  request(new URL(path, origin), { agent: false, ...asked }).on('error', () => undefined);

export interface Answer {
  readonly status: number;
  readonly code: string | undefined;
}

/** The whole answer. */
export async function answerOf(asked: ClientRequest): Promise<Answer> {
  const [incoming] = (await once(asked, 'response')) as [IncomingMessage];
  const body = await text(incoming);
  return { status: incoming.statusCode ?? 0, code: /"code":"([\w-]+)"/.exec(body)?.[1] };
}
