import type { ImgAttributes } from '@safelight/client';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => ESCAPES[sign] ?? sign);

type Img = Pick<ImgAttributes, 'src' | 'width' | 'height' | 'alt'> & Partial<Pick<ImgAttributes, 'srcSet' | 'sizes'>>;

/** An `<img>` that is never wider than its place. */
export function imgHtml({ src, srcSet, sizes, width, height, alt }: Img): string {
  const attributes = {
    src,
    ...(srcSet && { srcset: srcSet, sizes: sizes ?? '100vw' }),
    width,
    height,
    alt,
    loading: 'lazy',
    style: 'max-width: 100%; height: auto',
  };
  const all = Object.entries(attributes).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return `<img ${all.join(' ')}>`;
}

export interface PictureCode {
  readonly baseUrl: string;
  readonly id: string;
  readonly presets: readonly string[];
  /** Whether the service needs a credential. */
  readonly isClosed: boolean;
}

/** A module with a component of the client's `<Picture>`. */
export function pictureCode({ baseUrl, id, presets, isClosed }: PictureCode): string {
  const options = isClosed ? `{ baseUrl: ${quoted(baseUrl)}, token: fetchToken }` : `{ baseUrl: ${quoted(baseUrl)} }`;
  const token = `
// Your backend asks POST /view-tokens, and hands on the answer.
async function fetchToken() {
  const answer = await fetch('/view-token', { method: 'POST' });
  return (await answer.json()).token;
}
`;
  return `import { createClient } from '@safelight/client';
import { Picture } from '@safelight/client/react';

const client = createClient(${options});
const image = await client.images.get(${quoted(id)});

export const Photo = () => (
  <Picture client={client} image={image} preset={[${presets.map(quoted).join(', ')}]} sizes="100vw" />
);
${isClosed ? token : ''}`;
}

/** A string of JavaScript. */
const quoted = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
