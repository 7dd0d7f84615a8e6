import { Agent, get } from 'node:http';
import { answerTo } from './load.ts';

/** A transform of an image, with its parameters as in the query. */
export interface Render {
  readonly image_id: string;
  readonly [parameter: string]: string | number;
}

/** The limit of one signing request. */
const SIGNED_AT_ONCE = 1_000;

/** With one request that has the bytes as its body; returns the image's id. */
export async function uploadPicture(origin: string, bytes: Buffer, type: string): Promise<string> {
  const answer = await fetch(`${origin}/images/upload?user_id=ada`, {
    method: 'POST',
    headers: { 'Content-Type': type },
    body: new Uint8Array(bytes),
  });
  const body = await answer.text();
  if (answer.status !== 200) throw new Error(`expected 200 to an upload; got ${answer.status} ${body}`);
  return (JSON.parse(body) as { image_id: string }).image_id;
}

/** Path and query of each, signed. */
export async function signedRenders(origin: string, renders: readonly Render[]): Promise<string[]> {
  const paths: string[] = [];
  for (let first = 0; first < renders.length; first += SIGNED_AT_ONCE) {
    const json = { user_id: 'ada', renders: renders.slice(first, first + SIGNED_AT_ONCE) };
    const answer = await answerTo(origin, { method: 'POST', path: '/render-urls', json });
    const { results } = JSON.parse(answer.toString()) as { results: { url?: string; error?: unknown }[] };
    for (const { url, error } of results) {
      if (url === undefined) throw new Error(`expected a signed URL; got ${JSON.stringify(error)}`);
      paths.push(url.slice(origin.length));
    }
  }
  return paths;
}

export interface PictureAnswer {
  readonly status: number;
  readonly type: string;
  /** In seconds, if the service sends Retry-After. */
  readonly retryAfter: number;
  readonly bytes: Buffer;
}

/** Cheaper than fetch, so that the client isn't what is measured. */
export interface PictureClient extends Disposable {
  get(path: string): Promise<PictureAnswer>;
}

export function createPictureClient(origin: string): PictureClient {
  const agent = new Agent({ keepAlive: true });
  return {
    get: (path) =>
      new Promise((resolve, reject) => {
        const asked = get(`${origin}${path}`, { agent }, (response) => {
          const chunks: Buffer[] = [];
          response
            .on('data', (chunk: Buffer) => chunks.push(chunk))
            .once('error', reject)
            .once('end', () =>
              resolve({
                status: response.statusCode ?? 0,
                type: response.headers['content-type'] ?? '',
                retryAfter: Number(response.headers['retry-after'] ?? 0),
                bytes: Buffer.concat(chunks),
              }),
            );
        });
        asked.once('error', reject);
      }),
    [Symbol.dispose]: () => agent.destroy(),
  };
}
