import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Its functions are called by the test. The page knows the address of the service, and a token. */
const HTML = `<!doctype html>
<meta charset="utf-8">
<title>A page of another site</title>
<style>body { font: 16px sans-serif } figure { display: inline-block; margin: 8px } img { height: 160px; min-width: 40px; outline: 1px solid }</style>
<h1></h1>
<main></main>
<script>
  document.querySelector('h1').textContent = location.origin;

  const bytesOf = (base64) => Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));

  /** The status and JSON of an answer, or 'refused' if the browser keeps it from the page. */
  const byFetch = (url, { method = 'GET', headers = {}, body } = {}) =>
    fetch(url, { method, headers, body }).then(
      async (answer) => ({ status: answer.status, body: await answer.text() }),
      () => ({ status: 'refused', body: '' }),
    );

  const byXhr = (url, { method = 'GET', headers = {}, body } = {}) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open(method, url);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.onload = () => resolve({ status: request.status, body: request.responseText });
      request.onerror = () => resolve({ status: 'refused', body: '' });
      request.send(body);
    });

  const WAYS = { fetch: byFetch, XHR: byXhr };

  /** A grant, the bytes to its presigned URL, complete: the statuses, and the image as the last answer has it. */
  async function uploadByGrant(way, { base, token, base64 }) {
    const send = WAYS[way];
    const authorization = { Authorization: 'Bearer ' + token };
    const body = JSON.stringify({ content_type: 'image/jpeg', filename: way + '.jpg' });
    const granted = await send(base + '/uploads', {
      method: 'POST', headers: { ...authorization, 'Content-Type': 'application/json' }, body,
    });
    if (granted.status !== 201) return { statuses: [granted.status] };
    const grant = JSON.parse(granted.body);
    const put = await send(grant.upload_url, { method: grant.method, headers: grant.headers, body: bytesOf(base64) });
    const completed = await send(base + '/images/' + grant.image_id + '/complete', { method: 'POST', headers: authorization });
    return { statuses: [granted.status, put.status, completed.status], image: JSON.parse(completed.body) };
  }

  async function uploadByForm(way, { base, token, base64 }) {
    const form = new FormData();
    form.set('file', new File([bytesOf(base64)], way + '.jpg', { type: 'image/jpeg' }));
    const answer = await WAYS[way](base + '/images', { method: 'POST', headers: { Authorization: 'Bearer ' + token }, body: form });
    return { statuses: [answer.status], image: answer.status === 201 ? JSON.parse(answer.body) : undefined };
  }

  /** Its width, or 'error'. */
  async function show(name, url) {
    const figure = document.createElement('figure');
    const picture = new Image();
    picture.alt = name;
    const caption = document.createElement('figcaption');
    figure.append(picture, caption);
    document.querySelector('main').append(figure);
    picture.src = url;
    const shown = await picture.decode().then(() => picture.naturalWidth, () => 'error');
    caption.textContent = name + ': ' + shown;
    return shown;
  }
</script>`;

/** Two sites with one page: both names are of this machine, by `RESOLVER`. */
export interface ForeignPages extends AsyncDisposable {
  /** In CORS_ORIGINS. */
  readonly listed: string;
  readonly unlisted: string;
}

/** An argument of Chromium: the names of both sites. */
export const RESOLVER = '--host-resolver-rules=MAP app.example 127.0.0.1, MAP elsewhere.test 127.0.0.1';

/**
 * The service's name, of a third site. Below `localhost`, because browsers report pages (`Sec-Fetch-Site`) to
 * trustworthy origins only: https, or this machine.
 */
export const SERVICE_HOST = 'images.localhost';

export async function servePages(): Promise<ForeignPages> {
  const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(HTML));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    listed: `http://app.example:${port}`,
    unlisted: `http://elsewhere.test:${port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
